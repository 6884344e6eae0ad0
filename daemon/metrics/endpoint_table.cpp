#include "daemon/metrics/endpoint_table.h"

#include "daemon/metrics/family.h"

#include <utility>

namespace faultline::metrics {
namespace {

constexpr std::uint32_t kNoRow = UINT32_MAX;

bool answered(Outcome outcome) {
  return outcome == Outcome::ok || outcome == Outcome::partial;
}

void take_packets(Row& row, const Round& round) {
  const PacketCounts& packets = round.packets;
  row.is_packet_probe = true;
  row.sent += packets.sent;
  row.lost += packets.lost();
  row.late += packets.late;
  row.duplicates += packets.duplicates;
  row.loss_ratio = static_cast<float>(packets.lost()) / static_cast<float>(packets.sent);
  row.rtt_ms = round.rtt.median_ms;
  row.rtt_minimum_ms = round.rtt.minimum_ms;
  row.rtt_p95_ms = round.rtt.p95_ms;
  row.ipdv_ms = round.rtt.ipdv_ms;
}

void take_values(Row& row, const Round& round) {
  row.value_count = 0;
  for (const MetricValue& value : round.metric_values()) {
    switch (value.metric) {
      case Metric::loss_ratio:
        row.loss_ratio = value.value;
        break;
      case Metric::rtt_ms:
        row.rtt_ms = value.value;
        break;
      case Metric::ipdv_ms:
        row.ipdv_ms = value.value;
        break;
      default:
        row.values[row.value_count] = value.value;
        row.metrics[row.value_count++] = value.metric;
    }
  }
}

}  // namespace

EndpointTable::EndpointTable(std::vector<std::string> probe_names) : probe_names_(std::move(probe_names)) {}

void EndpointTable::set_topology(std::shared_ptr<const Topology> topology, const Measures& measures) {
  topology_ = std::move(topology);
  measures_ = measures;
  const auto old_chunks = std::move(chunks_);
  chunks_.clear();
  labels_.clear();
  chunk_epoch_.clear();
  label_epoch_.clear();
  row_count_ = 0;
  row_of_.assign(topology_->endpoints().size() * probe_names_.size(), kNoRow);
  for (const auto& chunk : old_chunks) {
    for (std::uint32_t i = 0; i < chunk->count; ++i) {
      const Row& old = chunk->rows[i];
      if (!is_measured(old.endpoint, old.probe)) continue;
      writable(add_row(old.endpoint, old.probe)) = old;
    }
  }
}

bool EndpointTable::is_measured(EndpointIndex endpoint, ProbeKindIndex probe) const {
  if (!topology_ || endpoint.value >= topology_->endpoints().size() || probe >= probe_names_.size())
    return false;
  if (topology_->endpoint(endpoint).retired) return false;
  return !measures_ || measures_(endpoint, probe);
}

std::uint32_t EndpointTable::find_row(EndpointIndex endpoint, ProbeKindIndex probe) const {
  const std::size_t cell = std::size_t{endpoint.value} * probe_names_.size() + probe;
  return probe < probe_names_.size() && cell < row_of_.size() ? row_of_[cell] : kNoRow;
}

void EndpointTable::on_late(const LateReply& reply) {
  const std::uint32_t index = find_row(reply.endpoint, reply.probe);
  if (index == kNoRow) return;
  Row& row = writable(index);
  row.late_rtt_ms = reply.rtt_ms;
  if (reply.after_round) ++row.late;  // the round has counted the others itself
}

void EndpointTable::on_round(const Round& round) {
  std::uint32_t index = find_row(round.endpoint, round.probe);
  if (index == kNoRow) {
    if (!is_measured(round.endpoint, round.probe)) return;
    index = add_row(round.endpoint, round.probe);
  }
  Row& row = writable(index);
  if (round.outcome == Outcome::not_measured) {
    ++row.not_measured;
    return;
  }
  ++row.rounds;
  row.up = answered(round.outcome) ? 1 : 0;
  if (round.packets.sent > 0) take_packets(row, round);
  if (round.packets.sent == 0 || round.value_count > 0) take_values(row, round);
}

Snapshot EndpointTable::snapshot() {
  Snapshot snapshot;
  snapshot.rows.assign(chunks_.begin(), chunks_.end());
  snapshot.labels.assign(labels_.begin(), labels_.end());
  ++epoch_;
  return snapshot;
}

// A chunk that a snapshot holds is left to it, and written in a copy.
Row& EndpointTable::writable(std::uint32_t row) {
  const std::size_t chunk = row / kChunkRows;
  if (chunk_epoch_[chunk] != epoch_) {
    chunks_[chunk] = std::make_shared<RowChunk>(*chunks_[chunk]);
    chunk_epoch_[chunk] = epoch_;
  }
  return chunks_[chunk]->rows[row % kChunkRows];
}

LabelChunk& EndpointTable::writable_labels(std::size_t chunk) {
  if (label_epoch_[chunk] != epoch_) {
    labels_[chunk] = std::make_shared<LabelChunk>(*labels_[chunk]);
    label_epoch_[chunk] = epoch_;
  }
  return *labels_[chunk];
}

std::uint32_t EndpointTable::add_row(EndpointIndex endpoint, ProbeKindIndex probe) {
  const std::uint32_t index = row_count_++;
  const std::size_t chunk = index / kChunkRows;
  if (chunk == chunks_.size()) {
    chunks_.push_back(std::make_shared<RowChunk>());
    labels_.push_back(std::make_shared<LabelChunk>());
    chunk_epoch_.push_back(epoch_);
    label_epoch_.push_back(epoch_);
  }
  Row& row = writable(index);
  row = Row{};
  row.endpoint = endpoint;
  row.probe = probe;
  chunks_[chunk]->count = static_cast<std::uint32_t>(index % kChunkRows) + 1;
  LabelChunk& labels = writable_labels(chunk);
  append_labels(labels.text, endpoint, probe);
  labels.end[index % kChunkRows] = static_cast<std::uint32_t>(labels.text.size());
  row_of_[std::size_t{endpoint.value} * probe_names_.size() + probe] = index;
  return index;
}

void EndpointTable::append_labels(std::string& out, EndpointIndex index, ProbeKindIndex probe) const {
  const Endpoint& endpoint = topology_->endpoint(index);
  out += "endpoint=\"";
  append_escaped_label(out, endpoint.name);
  out += "\",technology=\"";
  out += name(endpoint.technology);
  if (!endpoint.region.empty()) {
    out += "\",region=\"";
    append_escaped_label(out, endpoint.region);
  }
  out += "\",probe=\"";
  append_escaped_label(out, probe_names_[probe]);
  out += '"';
}

}  // namespace faultline::metrics
