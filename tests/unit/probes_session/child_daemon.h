// A real program that serves while a test runs: started in a folder of its own, ready when it has printed
// that it is, killed at the end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace faultline {

class ChildDaemon {
 public:
  // `name` is in the folder's name.
  explicit ChildDaemon(const std::string& name);
  ~ChildDaemon();
  ChildDaemon(const ChildDaemon&) = delete;
  ChildDaemon& operator=(const ChildDaemon&) = delete;

  // Starts it, instead of one that runs, and waits until it has printed `ready`. `environment` replaces the
  // test's own unless it is empty.
  bool start(const std::vector<std::string>& command, const std::vector<std::string>& environment,
             const std::string& ready);
  void stop();

  const std::filesystem::path& folder() const { return folder_; }
  bool is_running() const { return process_ > 0; }
  const std::string& said() const { return said_; }  // what it printed until it was ready

 private:
  bool wait_for(const std::string& ready, std::chrono::steady_clock::time_point end);

  std::filesystem::path folder_;
  pid_t process_ = -1;
  int output_ = -1;
  std::string said_;
};

}  // namespace faultline
