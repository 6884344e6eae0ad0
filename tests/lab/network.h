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

  void start();
  // Ends the thread; answers that are still held are dropped. Called by the destructor too.
  void stop();
  // CPU time that the thread used, after stop().
  std::uint64_t cpu_ns() const { return cpu_ns_; }
  std::uint64_t write_failures() const { return write_failures_; }

 private:
  void run();
  bool read_some();
  void send_due();
  void sleep_until_needed();

  int tun_;
  int wake_;  // eventfd: stop
  Emulator& emulator_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::uint64_t seen_empty_ns_ = 0;  // when the device was last known to hold nothing; 0 after a sleep
  std::uint64_t cpu_ns_ = 0, write_failures_ = 0;
};

}  // namespace faultline::lab
