// The running parts of one daemon, as the application made them and the API's backend uses them. All of it
// belongs to the main loop's thread.
#pragma once

#include "daemon/alarms/desk.h"
#include "daemon/app/bookkeeper.h"
#include "daemon/app/observations.h"
#include "daemon/app/probing.h"
#include "daemon/app/setup.h"
#include "daemon/metrics/daemon_metrics.h"
#include "daemon/metrics/endpoint_table.h"
#include "daemon/store/history.h"
#include "daemon/store/state.h"
#include "daemon/store/store.h"
#include "probes/registry.h"
#include "rules/pipeline.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace faultline::app {

// The latest round of every endpoint and probe kind, for the API.
class LatestRounds {
 public:
  // Also one that could not be measured: a value that nobody has seen for hours is not the latest.
  void keep(const Round& round) {
    const std::size_t at = cell(round.endpoint, round.probe);
    if (at >= place_.size()) place_.resize(at + probe_kinds().size(), kNone);
    if (place_[at] == kNone) {
      place_[at] = static_cast<std::uint32_t>(rounds_.size());
      rounds_.emplace_back();
    }
    rounds_[place_[at]] = round;
  }
  // In the round that it belongs to, if that is still the latest.
  void count_late(const LateReply& reply) {
    const std::size_t at = cell(reply.endpoint, reply.probe);
    if (at >= place_.size() || place_[at] == kNone) return;
    Round& round = rounds_[place_[at]];
    if (round.started != reply.round_started || !reply.after_round) return;
    if (round.packets.received + round.packets.late < round.packets.sent) ++round.packets.late;
  }
  const Round* find(EndpointIndex endpoint, ProbeKindIndex kind) const {
    const std::size_t at = cell(endpoint, kind);
    return at >= place_.size() || place_[at] == kNone ? nullptr : &rounds_[place_[at]];
  }
  void forget_retired(const Topology& topology) {
    LatestRounds kept;
    for (const Round& round : rounds_)
      if (!topology.endpoint(round.endpoint).retired) kept.keep(round);
    *this = std::move(kept);
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static std::size_t cell(EndpointIndex endpoint, ProbeKindIndex kind) {
    return std::size_t{endpoint.value} * probe_kinds().size() + kind;
  }
  std::vector<std::uint32_t> place_;  // in rounds_
  std::vector<Round> rounds_;
};

struct Services {
  store::Poster post;  // runs it on the main loop, behind what waits there
  Timestamp started{};
  Setup setup;
  std::vector<store::StoredMaintenance> api_maintenance;  // windows that were added over the API
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::History> history;  // null: switched off
  std::optional<Pipeline> pipeline;
  std::unique_ptr<Bookkeeper> bookkeeper;
  std::unique_ptr<Observations> observations;
  std::unique_ptr<Probing> probing;
  std::unique_ptr<metrics::EndpointTable> table;
  std::unique_ptr<metrics::DaemonMetrics> metrics;
  std::unique_ptr<alarms::Desk> alarms;  // of other systems
  LatestRounds latest;
  std::uint64_t rounds = 0;      // since the start
  double rounds_per_second = 0;  // of late, as are the next two
  double packets_per_second = 0;
  double engine_lag_seconds = 0;
  std::uint64_t rounds_before = 0;  // a second ago, as is the next
  packet::EngineStats engine_before;
  std::deque<Timestamp> complaints;  // receipt times, those of the last 24 hours and older ones
  bool probe_host_healthy = true;    // at the last tick
  std::map<std::string, double> tickets_by_status;  // as of the last look, as are the next two
  double outbox_depth = 0;
  double outbox_oldest_age_seconds = 0;

  // Records, counts, logs and carries out what the rules decided.
  void carry_out(const Actions& actions);
  // The file's windows and the API's, as the rules take them.
  void apply_maintenance();
};

}  // namespace faultline::app
