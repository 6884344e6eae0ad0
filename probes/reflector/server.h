// A reflector on real sockets: answers until a signal says stop. One thread, no allocation a packet.
#pragma once

#include "probes/reflector/reflector.h"
#include "rules/model/result.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace faultline::reflector {

struct Counts {
  std::array<std::uint64_t, kVerdictCount> by_verdict{};
  std::uint64_t not_sent = 0;  // answers that the kernel did not take
  std::uint64_t of(Verdict verdict) const { return by_verdict[static_cast<std::size_t>(verdict)]; }
};

class Server {
 public:
  // Binds at once. `addresses`: literals; none = every address of both families. Port 0: one that the kernel
  // chooses (with one address only). The error names the address and what can be done.
  static Result<std::unique_ptr<Server>> open(const std::vector<std::string>& addresses,
                                              ReflectorSettings settings);
  ~Server();

  std::uint16_t port() const;
  // Until stop(), which any thread and any signal handler may call.
  void run();
  void stop();
  // To be asked after run().
  Counts counts() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::reflector
