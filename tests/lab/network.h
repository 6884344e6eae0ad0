// The emulated network's thread: reads packets from a TUN device and writes the answers to it at the right
// microsecond. It sleeps while nothing is due and spins for the last moments before something is, so at a
// high rate it uses one core whole.
#pragma once

#include "tests/lab/emulator.h"

#include <atomic>
#include <cstdint>
#include <thread>

namespace faultline::lab {

// CLOCK_MONOTONIC and CLOCK_REALTIME in nanoseconds.
std::uint64_t monotonic_ns();
std::uint64_t wall_ns();

class Network {
 public:
  // `tun`: a non-blocking descriptor that gives and takes one IP packet a call; stays the caller's.
  Network(int tun, Emulator& emulator);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // `realtime`: SCHED_FIFO where the process may and there is more than one core, so that a busy machine
  // delays no answer.
  void start(bool realtime = false);
  // One turn of the thread's loop without its sleep: reads a few packets, sends what is due. True if there
  // may be more to read. For those who drive the network themselves, instead of start().
  bool step();
  // Ends the thread; answers that are still held are dropped. Called by the destructor too.
  void stop();
  // CPU time that the thread used, after stop().
  std::uint64_t cpu_ns() const { return cpu_ns_; }
  std::uint64_t write_failures() const { return write_failures_; }

 private:
  void run(bool realtime);
  bool read_some();
  void send_due();
  void sleep_until_needed();

  int tun_;
  int wake_;  // eventfd: stop
  Emulator& emulator_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::uint64_t seen_empty_ns_ = 0;  // when the device was last known to hold nothing
  std::uint64_t cpu_ns_ = 0, write_failures_ = 0;
};

}  // namespace faultline::lab
