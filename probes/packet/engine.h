// The packet engine: sends ICMP echoes and STAMP packets to every target on its schedule and gives out one
// Round per target and interval. It runs one thread a shard, which owns its sockets and its targets.
// Everything here may be called from one thread (the application's main loop) and returns without waiting
// for the network; the sink is called from the shards' threads.
#pragma once

#include "probes/packet/address.h"
#include "probes/packet/settings.h"
#include "probes/packet/stats.h"
#include "rules/model/result.h"
#include "rules/model/round.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace faultline::packet {

class EarlySockets;

// Finished rounds, of some 10 ms at most. Called on a shard's thread; must not block and must copy what it
// keeps.
using RoundSink = std::function<void(std::span<const Round>)>;

// Answers after their time-out. As above; empty = nobody wants to know.
using LateSink = std::function<void(std::span<const LateReply>)>;

struct EngineOptions {
  unsigned shards = 1;
  std::uint32_t receive_buffer_bytes = 16U
                                       << 20;  // per socket; less without CAP_NET_ADMIN (net.core.rmem_max)
  std::uint32_t bursts_at_once = 4096;         // per shard; more are refused
  std::uint32_t packets_per_prefix_ms = 64;    // most packets in a millisecond to one /24 or /64
  LateSink late_sink{};
  // Used before any other is opened; none: all are opened when settings need them.
  std::shared_ptr<EarlySockets> early_sockets{};
};

// One endpoint's one packet probe. At most one target per endpoint and probe kind: the last one counts.
struct PacketTarget {
  EndpointIndex endpoint;
  std::uint16_t settings = 0;        // position in the list given with it
  std::optional<IpAddress> address;  // none: a name that set_address will bring, or has brought before
};

// A sequential burst: `first` packets, and the rest of `total` only if one of those is lost or late.
struct BurstPlan {
  std::uint16_t first = 5;
  std::uint16_t total = 20;
  Duration spacing = std::chrono::milliseconds(150);
};

class Engine {
 public:
  static Result<std::unique_ptr<Engine>> start(EngineOptions options, const RoundSink& sink);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Replaces all targets by difference: one whose endpoint, settings (by value) and address are what they
  // were keeps its schedule and its round in progress. Opens the sockets it needs first; on an error (no
  // right to send ICMP: the message names the remedies) nothing is changed.
  Result<void> set_targets(std::span<const PacketSettings> settings, std::span<const PacketTarget> targets);

  // Another address for all of the endpoint's targets, or none: then its rounds are not_measured
  // (name_unresolved). A round in progress is given up as not_measured (cancelled). Unknown endpoints are
  // ignored.
  void set_address(EndpointIndex endpoint, std::optional<IpAddress> address);

  // Measures the target at once, from another source port or ICMP identifier, beside its schedule. Its round
  // has on_demand set. False if there is no such target. While a burst of the same target runs, another one
  // is answered by its round.
  bool burst(EndpointIndex endpoint, ProbeKindIndex kind, BurstPlan plan = {});

  EngineStats stats() const;

  // Ends the shards' threads; the sink is not called afterwards. The destructor does the same.
  void stop();

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::packet
