// A thread around one shard: takes commands from the engine, ticks, sleeps until the next tick. The only
// place where the packet engine waits.
#pragma once

#include "probes/packet/shard.h"
#include "probes/packet/stamp_clock.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

namespace faultline::packet {

struct AddTarget {
  std::uint32_t slot;
  NewTarget target;
};
struct RemoveTarget {
  std::uint32_t slot;
};
struct ChangeAddress {
  std::uint32_t slot;
  std::optional<IpAddress> address;
};
struct StartBurst {
  std::uint32_t slot;
  BurstPlan plan;
};
// Channels and settings that the commands after it need.
using Setup = std::function<void(Shard&)>;
using Command = std::variant<AddTarget, RemoveTarget, ChangeAddress, StartBurst, Setup>;

class Worker {
 public:
  Worker(unsigned number, const EngineOptions& options, RoundSink sink, wire::SipKey key);
  ~Worker();  // stops
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Carried out in order, a few thousand a tick, so that a reload holds nothing up.
  void post(std::vector<Command> commands);
  void stop();
  EngineStats stats() const;

  // For the sockets and codecs of this shard; they live as long as the worker.
  StampClock& clock() { return clock_; }
  const bool& clock_synchronised() const { return clock_synchronised_; }
  std::uint32_t first_slot() const { return first_slot_; }

 private:
  void run(unsigned number);
  bool take_commands();
  void carry_out(Command& command);
  void publish();
  void wait_until(Nanos when);
  void wake();
  Now now();

  StampClock clock_;                 // the shard's thread only
  bool clock_synchronised_ = false;  // the same
  Nanos synchronised_asked_at_ = 0;
  Shard shard_;
  std::uint32_t first_slot_;
  std::vector<Command> pending_;  // being carried out
  std::size_t pending_done_ = 0;
  int wake_descriptor_;

  mutable std::mutex mutex_;  // guards the next four
  std::vector<std::vector<Command>> posted_;
  EngineStats published_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace faultline::packet
