// Latest values and totals of every endpoint and probe, in flat arrays, for /metrics. Written on the main
// loop only, about 50 ns a round; read through snapshots, which any thread may render. The arrays lie in
// chunks that are copied when they are written after a snapshot, so that taking one costs microseconds at a
// million endpoints. 96 bytes and the label text (about 60) for each series owner.
#pragma once

#include "rules/model/round.h"
#include "rules/model/topology.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::metrics {

inline constexpr std::size_t kChunkRows = 4096;

// One endpoint and probe.
struct Row {
  std::uint32_t rounds = 0;  // valid ones, scheduled and on demand
  std::uint32_t not_measured = 0;
  std::uint32_t sent = 0, lost = 0, late = 0, duplicates = 0;  // packets since the start
  float loss_ratio = kNoValue;                                 // of the latest valid round
  float rtt_ms = kNoValue, rtt_minimum_ms = kNoValue, rtt_p95_ms = kNoValue, ipdv_ms = kNoValue;
  float late_rtt_ms = kNoValue;  // of the latest answer after its time-out
  // Other metrics that the latest valid round carried, value_count of them.
  std::array<float, kMetricsPerRound> values{};
  std::array<Metric, kMetricsPerRound> metrics{};
  EndpointIndex endpoint;
  ProbeKindIndex probe = 0;
  std::uint8_t value_count = 0;
  bool is_packet_probe = false;
  std::int8_t up = -1;  // 1 answered, 0 not, -1 no valid round yet
};

static_assert(sizeof(Row) == 116);

// `endpoint="a",technology="lte",probe="icmp"` of every row of a chunk, one after the other.
struct LabelChunk {
  std::string text;
  std::array<std::uint32_t, kChunkRows> end{};  // row i: end[i - 1] (or 0) … end[i]
};
struct RowChunk {
  std::uint32_t count = 0;
  std::array<Row, kChunkRows> rows;
};

// Immutable; keeps its chunks alive.
struct Snapshot {
  std::vector<std::shared_ptr<const RowChunk>> rows;
  std::vector<std::shared_ptr<const LabelChunk>> labels;
};

class EndpointTable {
 public:
  // True if this probe measures this endpoint by the configuration of now.
  using Measures = std::function<bool(EndpointIndex, ProbeKindIndex)>;

  // `probe_names[k]` is the name of probe kind k.
  explicit EndpointTable(std::vector<std::string> probe_names);

  // Sets or swaps the inventory: totals of what stays are kept, series of what is retired or not measured any
  // more vanish. Call before the first round. An empty `measures` means everything.
  void set_topology(std::shared_ptr<const Topology> topology, const Measures& measures = {});
  // A round of an endpoint that is retired or unknown is ignored. Before the first round a series does not
  // exist.
  void on_round(const Round& round);
  // Ignored where there has been no round.
  void on_late(const LateReply& reply);

  Snapshot snapshot();
  std::size_t size() const { return row_count_; }

 private:
  std::uint32_t find_row(EndpointIndex endpoint, ProbeKindIndex probe) const;
  bool is_measured(EndpointIndex endpoint, ProbeKindIndex probe) const;
  Row& writable(std::uint32_t row);
  std::uint32_t add_row(EndpointIndex endpoint, ProbeKindIndex probe);
  LabelChunk& writable_labels(std::size_t chunk);
  void append_labels(std::string& out, EndpointIndex endpoint, ProbeKindIndex probe) const;

  std::vector<std::string> probe_names_;
  std::shared_ptr<const Topology> topology_;
  Measures measures_;
  std::vector<std::uint32_t> row_of_;  // endpoint × probe kind → row, kNoRow
  std::vector<std::shared_ptr<RowChunk>> chunks_;
  std::vector<std::shared_ptr<LabelChunk>> labels_;
  std::vector<std::uint32_t> chunk_epoch_, label_epoch_;  // not shared with a snapshot while equal to epoch_
  std::uint32_t epoch_ = 0;
  std::uint32_t row_count_ = 0;
};

}  // namespace faultline::metrics
