// What a quantity is called in a sentence, and its unit with the space before it.
#pragma once

#include "rules/model/metric.h"

namespace faultline {

struct MetricWords {
  const char* name;
  const char* unit;
};
constexpr MetricWords words_of(Metric metric) {
  switch (metric) {
    case Metric::rtt_ms:
      return {"round trip", " ms"};
    case Metric::ipdv_ms:
      return {"delay variation", " ms"};
    case Metric::rsrp_dbm:
      return {"RSRP", " dBm"};
    case Metric::rsrq_db:
      return {"RSRQ", " dB"};
    case Metric::sinr_db:
      return {"SINR", " dB"};
    case Metric::rssi_dbm:
      return {"RSSI", " dBm"};
    case Metric::throughput_bps:
      return {"throughput", " bit/s"};
    case Metric::optical_rx_dbm:
      return {"received light", " dBm"};
    case Metric::mer_db:
      return {"downstream MER", " dB"};
    case Metric::upstream_snr_db:
      return {"upstream SNR", " dB"};
    case Metric::traffic_bps:
      return {"traffic", " bit/s"};
    case Metric::utilisation:
      return {"utilisation", ""};
    case Metric::active_users:
      return {"active users", ""};
    case Metric::connect_ms:
      return {"time to connect", " ms"};
    case Metric::dns_ms:
      return {"time of a DNS answer", " ms"};
    case Metric::resolve_ms:
      return {"time to resolve the name", " ms"};
    case Metric::tls_ms:
      return {"TLS handshake", " ms"};
    case Metric::first_byte_ms:
      return {"time to the first byte", " ms"};
    case Metric::http_ms:
      return {"time of an HTTP answer", " ms"};
    case Metric::certificate_days:
      return {"certificate ends in", " d"};
    case Metric::http_status:
      return {"HTTP status", ""};
    case Metric::http_bytes:
      return {"HTTP body", " B"};
    case Metric::optical_tx_dbm:
      return {"launched light", " dBm"};
    case Metric::downstream_power_dbmv:
      return {"downstream level", " dBmV"};
    case Metric::upstream_power_dbmv:
      return {"upstream level", " dBmV"};
    case Metric::margin_down_db:
      return {"downstream noise margin", " dB"};
    case Metric::margin_up_db:
      return {"upstream noise margin", " dB"};
    case Metric::attenuation_down_db:
      return {"downstream attenuation", " dB"};
    case Metric::attenuation_up_db:
      return {"upstream attenuation", " dB"};
    case Metric::rate_down_bps:
      return {"downstream line rate", " bit/s"};
    case Metric::rate_up_bps:
      return {"upstream line rate", " bit/s"};
    case Metric::temperature_c:
      return {"temperature", " C"};
    case Metric::power_w:
      return {"power drawn", " W"};
    case Metric::availability_ratio:
      return {"availability", ""};
    case Metric::drop_ratio:
      return {"drop rate", ""};
    case Metric::throughput_up_bps:
      return {"upstream throughput", " bit/s"};
    case Metric::rscp_dbm:
      return {"RSCP", " dBm"};
    case Metric::ecio_db:
      return {"Ec/Io", " dB"};
    case Metric::corrected_ratio:
      return {"corrected codewords", ""};
    case Metric::uncorrectable_ratio:
      return {"uncorrectable codewords", ""};
    case Metric::t3_timeouts_per_hour:
      return {"T3 timeouts", " an hour"};
    case Metric::t4_timeouts_per_hour:
      return {"T4 timeouts", " an hour"};
    case Metric::errored_seconds_ratio:
      return {"errored seconds", ""};
    case Metric::severely_errored_seconds_ratio:
      return {"severely errored seconds", ""};
    case Metric::unavailable_seconds_ratio:
      return {"unavailable seconds", ""};
    case Metric::reinits_per_hour:
      return {"re-initialisations", " an hour"};
    case Metric::power_losses_per_hour:
      return {"losses of power", " an hour"};
    case Metric::loss_ratio:
      break;
  }
  return {"loss", ""};
}

}  // namespace faultline
