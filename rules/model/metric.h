// The quantities that a round can carry. Whether one is judged, only learnt, or merely carried is said by
// rules/defaults/detect.yaml. The names are those of the rule files, of /metrics and of the API; the unit is
// part of the name. Append only: saved baselines hold the numbers.
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
  throughput_bps,   // what a test transfer reached
  optical_rx_dbm,   // received light of an ONU or OLT port
  mer_db,           // DOCSIS downstream modulation error ratio, SCTE 84-1
  upstream_snr_db,  // DOCSIS upstream signal to noise
  traffic_bps,      // carried, from counters
  utilisation,      // of the capacity, 0 … 1, from counters
  active_users,     // attached or active, a number
};
inline constexpr std::size_t kMetricCount = 14;
inline constexpr std::array<std::string_view, kMetricCount> kMetricNames = {
    "loss_ratio",      "rtt_ms",      "ipdv_ms",        "rsrp_dbm",       "rsrq_db",
    "sinr_db",         "rssi_dbm",    "throughput_bps", "optical_rx_dbm", "mer_db",
    "upstream_snr_db", "traffic_bps", "utilisation",    "active_users"};

constexpr std::string_view name(Metric metric) {
  return kMetricNames[static_cast<std::size_t>(metric)];
}
constexpr std::optional<Metric> metric_from_name(std::string_view text) {
  for (std::size_t i = 0; i < kMetricCount; ++i)
    if (kMetricNames[i] == text) return static_cast<Metric>(i);
  return std::nullopt;
}

}  // namespace faultline
