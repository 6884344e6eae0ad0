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
  throughput_bps,         // what a test transfer reached
  optical_rx_dbm,         // received light of an ONU or OLT port
  mer_db,                 // DOCSIS downstream modulation error ratio, SCTE 84-1
  upstream_snr_db,        // DOCSIS upstream signal to noise
  traffic_bps,            // carried, from counters
  utilisation,            // of the capacity, 0 … 1, from counters
  active_users,           // attached or active, a number
  connect_ms,             // of a TCP connection, from the first packet until it stands
  dns_ms,                 // from a question to its whole answer
  resolve_ms,             // of a name to an address, before a conversation
  tls_ms,                 // of a TLS handshake
  first_byte_ms,          // from the request to the first byte of the answer
  http_ms,                // the whole of it: name, connection, TLS, request and answer
  certificate_days,       // until a server's certificate ends; negative: it has ended
  http_status,            // the answer's number, such as 200
  http_bytes,             // of the answer's body, as far as it was read
  optical_tx_dbm,         // launched light of an ONU or OLT port
  downstream_power_dbmv,  // level that a cable modem receives
  upstream_power_dbmv,    // level that a cable modem sends at
  margin_down_db,         // DSL noise margin, RFC 2662 and RFC 5650
  margin_up_db,
  attenuation_down_db,  // of the loop
  attenuation_up_db,
  rate_down_bps,  // that a line has or could have, not what is carried
  rate_up_bps,
  temperature_c,          // of the device or its optics
  power_w,                // that the device draws
  availability_ratio,     // share of the time in which a cell or port served, 0 … 1, from counters
  drop_ratio,             // share of the calls or sessions that ended abnormally, 0 … 1, from counters
  throughput_up_bps,      // what a test transfer reached towards the network
  rscp_dbm,               // UMTS, 3GPP TS 25.215
  ecio_db,                // UMTS CPICH Ec/N0, 3GPP TS 25.215
  corrected_ratio,        // share of DOCSIS codewords with errors that were corrected, 0 … 1, from counters
  uncorrectable_ratio,    // share of DOCSIS codewords that were lost, 0 … 1, from counters
  t3_timeouts_per_hour,   // of a cable modem: ranging requests without an answer, from counters
  t4_timeouts_per_hour,   // of a cable modem: no chance to range for 30 s, from counters
  errored_seconds_ratio,  // share of a DSL line's seconds with an error, 0 … 1, ITU-T G.997.1
  severely_errored_seconds_ratio,  // as before, with many errors
  unavailable_seconds_ratio,       // share of a DSL line's seconds out of service, 0 … 1, ITU-T G.997.1
  reinits_per_hour,                // trainings of a DSL line, from counters
  power_losses_per_hour,           // of the customer's DSL modem (dying gasp), from counters
};
inline constexpr std::size_t kMetricCount = 48;
// One a line, as the enumerators are.
// clang-format off
inline constexpr std::array<std::string_view, kMetricCount> kMetricNames = {
    "loss_ratio",
    "rtt_ms",
    "ipdv_ms",
    "rsrp_dbm",
    "rsrq_db",
    "sinr_db",
    "rssi_dbm",
    "throughput_bps",
    "optical_rx_dbm",
    "mer_db",
    "upstream_snr_db",
    "traffic_bps",
    "utilisation",
    "active_users",
    "connect_ms",
    "dns_ms",
    "resolve_ms",
    "tls_ms",
    "first_byte_ms",
    "http_ms",
    "certificate_days",
    "http_status",
    "http_bytes",
    "optical_tx_dbm",
    "downstream_power_dbmv",
    "upstream_power_dbmv",
    "margin_down_db",
    "margin_up_db",
    "attenuation_down_db",
    "attenuation_up_db",
    "rate_down_bps",
    "rate_up_bps",
    "temperature_c",
    "power_w",
    "availability_ratio",
    "drop_ratio",
    "throughput_up_bps",
    "rscp_dbm",
    "ecio_db",
    "corrected_ratio",
    "uncorrectable_ratio",
    "t3_timeouts_per_hour",
    "t4_timeouts_per_hour",
    "errored_seconds_ratio",
    "severely_errored_seconds_ratio",
    "unavailable_seconds_ratio",
    "reinits_per_hour",
    "power_losses_per_hour",
};
// clang-format on

constexpr std::string_view name(Metric metric) {
  return kMetricNames[static_cast<std::size_t>(metric)];
}
constexpr std::optional<Metric> metric_from_name(std::string_view text) {
  for (std::size_t i = 0; i < kMetricCount; ++i)
    if (kMetricNames[i] == text) return static_cast<Metric>(i);
  return std::nullopt;
}

}  // namespace faultline
