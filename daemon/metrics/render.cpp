#include "daemon/metrics/render.h"

#include "rules/model/voice.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace faultline::metrics {
namespace {

// Value of the row in the family, as text; nothing if it has none.
std::string_view write(float value, std::array<char, 32>& buffer) {
  if (std::isnan(value)) return {};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

std::string_view write(std::uint32_t value, std::array<char, 32>& buffer) {
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

std::string_view packets(const Row& row, std::uint32_t value, std::array<char, 32>& buffer) {
  return row.is_packet_probe ? write(value, buffer) : std::string_view{};
}

float metric_value(const Row& row, Metric metric) {
  for (std::size_t i = 0; i < row.value_count; ++i)
    if (row.metrics[i] == metric) return row.values[i];
  return kNoValue;
}

VoiceQuality voice_of(const Row& row) {
  return voice_quality(row.rtt_ms, row.ipdv_ms, row.loss_ratio);
}

std::string_view value_of(const Row& row, std::size_t family, std::array<char, 32>& buffer) {
  const float divisor = family_infos()[family].divisor;
  switch (static_cast<Family>(family)) {
    case Family::rounds:
      return write(row.rounds, buffer);
    case Family::rounds_not_measured:
      return write(row.not_measured, buffer);
    case Family::up:
      return row.up < 0 ? std::string_view{} : row.up > 0 ? "1" : "0";
    case Family::packets_sent:
      return packets(row, row.sent, buffer);
    case Family::packets_lost:
      return packets(row, row.lost, buffer);
    case Family::packets_late:
      return packets(row, row.late, buffer);
    case Family::packets_duplicate:
      return packets(row, row.duplicates, buffer);
    case Family::loss_ratio:
      return write(row.loss_ratio, buffer);
    case Family::rtt:
      return write(row.rtt_ms / divisor, buffer);
    case Family::rtt_minimum:
      return write(row.rtt_minimum_ms / divisor, buffer);
    case Family::rtt_p95:
      return write(row.rtt_p95_ms / divisor, buffer);
    case Family::ipdv:
      return write(row.ipdv_ms / divisor, buffer);
    case Family::late_rtt:
      return write(row.late_rtt_ms / divisor, buffer);
    case Family::voice_r_factor:
      return row.is_packet_probe ? write(static_cast<float>(voice_of(row).r_factor), buffer)
                                 : std::string_view{};
    case Family::voice_mos:
      return row.is_packet_probe ? write(static_cast<float>(voice_of(row).mos), buffer) : std::string_view{};
    default:
      return write(metric_value(row, metric_of(family)) / divisor, buffer);
  }
}

void append_head(std::string& out, const FamilyInfo& info) {
  out += "# HELP ";
  out += info.name;
  out += ' ';
  out += info.help;
  out += "\n# TYPE ";
  out += info.name;
  out += info.is_counter ? " counter\n" : " gauge\n";
}

}  // namespace

Renderer::Renderer(Snapshot snapshot, FamilySet families)
    : snapshot_(std::move(snapshot)), families_(families) {}

bool Renderer::append(std::string& out, std::size_t limit) {
  while (family_ < kFamilyCount) {
    if (families_[family_]) {
      while (chunk_ < snapshot_.rows.size()) {
        append_chunk_rows(out, limit);
        if (out.size() >= limit) return true;
        ++chunk_;
        row_ = 0;
      }
    }
    ++family_;
    chunk_ = 0;
    row_ = 0;
    headed_ = false;
  }
  return false;
}

// From row_ to the end of the chunk, or until the limit.
void Renderer::append_chunk_rows(std::string& out, std::size_t limit) {
  const RowChunk& chunk = *snapshot_.rows[chunk_];
  const LabelChunk& labels = *snapshot_.labels[chunk_];
  for (; row_ < chunk.count; ++row_) {
    if (out.size() >= limit) return;
    const std::uint32_t begin = row_ == 0 ? 0 : labels.end[row_ - 1];
    append_line(out, chunk.rows[row_], std::string_view(labels.text).substr(begin, labels.end[row_] - begin));
  }
}

void Renderer::append_line(std::string& out, const Row& row, std::string_view labels) {
  const FamilyInfo& info = family_infos()[family_];
  std::array<char, 32> buffer;
  const std::string_view value = value_of(row, family_, buffer);
  if (value.empty()) return;
  if (!headed_) append_head(out, info);
  headed_ = true;
  out += info.name;
  out += '{';
  out += labels;
  out += "} ";
  out += value;
  out += '\n';
}

}  // namespace faultline::metrics
