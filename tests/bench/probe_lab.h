// A place to measure probers in: the virtual network in a namespace of its own, on a core of its own, with
// the truth of every packet, and the CPU time of whoever probes. Hosts are 10.16.0.0 and the addresses after
// it; 1 % of the packets is lost.
#pragma once

#include "rules/model/result.h"
#include "tests/lab/netns.h"
#include "tests/lab/network.h"

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace faultline::bench {

using Nanos = std::int64_t;  // of CLOCK_MONOTONIC

Nanos steady_now();
void sleep_until(Nanos when);
// CPU time of all threads of a process so far, without those of the lab, if that runs in it.
Nanos cpu_time(pid_t pid);

struct HostPlan {
  std::uint32_t hosts = 10'000;
  std::uint32_t dead = 0;  // every so-many-th answers nothing; 0 = none
  std::uint32_t slow = 0;  // so many of the others answer 900 ms later
  double loss_ratio = 0.01;
  double forge_ratio = 0;  // before so many of the answers comes one with a wrong token, a quarter earlier
  std::size_t packets = 1'000'000;  // that the truth is kept of
  bool v6 = false;
};

class ProbeLab {
 public:
  // Puts this process, which must have one thread yet, into the namespace and on the first core, and the
  // network on the second.
  static Result<std::unique_ptr<ProbeLab>> start(const HostPlan& plan);

  std::string address(std::uint32_t host) const;
  bool is_dead(std::uint32_t host) const { return plan_.dead != 0 && host % plan_.dead == 0; }
  bool is_slow(std::uint32_t host) const { return host < plan_.slow && !is_dead(host); }

  // Ends the network; the truth is complete then.
  void stop();
  struct Truth {
    bool answered = false;
    // False: it may have stood in the device's queue while the lab was busy, so that nobody knows exactly how
    // long it was under way. Such packets say nothing about a prober's exactness (but all about its losses).
    bool exact = false;
    std::uint32_t held_us10 = 0;  // in 100 ns
  };
  // The n-th packet that the host got; not answered if it never got one.
  Truth truth(std::uint32_t host, std::uint32_t n) const;
  // Packets that reached the network, and those that the device's queue dropped before it.
  std::uint64_t arrived() const { return emulator_->counters().received; }
  std::uint64_t answered() const { return emulator_->counters().answered; }
  std::uint64_t dropped() const;

 private:
  explicit ProbeLab(const HostPlan& plan) : plan_(plan) {}

  HostPlan plan_;
  lab::Descriptor tun_;
  std::unique_ptr<lab::Emulator> emulator_;
  std::unique_ptr<lab::Network> network_;
  std::vector<std::vector<Truth>> truth_;
};

// Differences between what a prober says and the truth, and what they come to.
class Errors {
 public:
  void add(Nanos difference) { all_.push_back(difference < 0 ? -difference : difference); }
  std::size_t count() const { return all_.size(); }
  double quantile_us(double share);

 private:
  std::vector<Nanos> all_;
};

}  // namespace faultline::bench
