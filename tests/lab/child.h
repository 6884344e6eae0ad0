// The program under the lab: started inside the namespace, given the outer world's listening sockets as
// systemd would, signalled and waited for.
#pragma once

#include "rules/model/result.h"
#include "tests/lab/netns.h"

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

namespace faultline::lab {

// "127.0.0.1:9464" or "[::1]:9464", bound and listening in the present namespace; port 0 takes any.
Result<Descriptor> listen_on(const std::string& address_and_port);

class Child {
 public:
  // Forks at once, so the caller must still have one thread; the child waits for let_go(). `sockets` become
  // its descriptors 3, 4, … with LISTEN_FDS and LISTEN_PID set (sd_listen_fds(3)).
  static Result<Child> prepare(const std::vector<std::string>& command,
                               const std::vector<Descriptor>& sockets);

  void let_go();
  void signal(int number) const;
  // The exit status as a shell has it (128 + signal number), once it has ended.
  bool has_ended(int& status);
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  Descriptor gate_;
};

}  // namespace faultline::lab
