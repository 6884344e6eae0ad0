// The quantities that a round can carry and the detector judges. The names are those of the rule files, of
// /metrics and of the API; the unit is part of the name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace faultline {

enum class Metric : std::uint8_t {
  loss_ratio,  // 0 … 1, judged from counts
  rtt_ms,      // median of the round
  ipdv_ms,     // RFC 3393 selection: p95 - minimum of the round
  rsrp_dbm,    // 3GPP TS 36.214 / 38.215
  rsrq_db,
  sinr_db,
  rssi_dbm,
  throughput_bps,
};
inline constexpr std::size_t kMetricCount = 8;
inline constexpr std::array<std::string_view, kMetricCount> kMetricNames = {
    "loss_ratio", "rtt_ms", "ipdv_ms", "rsrp_dbm", "rsrq_db", "sinr_db", "rssi_dbm", "throughput_bps"};

constexpr std::string_view name(Metric metric) {
  return kMetricNames[static_cast<std::size_t>(metric)];
}
constexpr std::optional<Metric> metric_from_name(std::string_view text) {
  for (std::size_t i = 0; i < kMetricCount; ++i)
    if (kMetricNames[i] == text) return static_cast<Metric>(i);
  return std::nullopt;
}

}  // namespace faultline
