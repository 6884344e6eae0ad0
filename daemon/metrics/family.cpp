#include "daemon/metrics/family.h"

#include <fmt/format.h>

namespace faultline::metrics {
namespace {

constexpr std::string_view kPrefix = "faultline_endpoint_";

constexpr std::array<FamilyInfo, kFamilyCount> kFamilies = {{
    // In the order of Family.
    {"faultline_endpoint_rounds_total", true, "Rounds that measured the endpoint, scheduled and on demand."},
    {"faultline_endpoint_rounds_not_measured_total", true,
     "Rounds that say nothing about the endpoint: the probe itself could not measure."},
    {"faultline_endpoint_up", false, "1 if the latest valid round got an answer, else 0."},
    {"faultline_endpoint_packets_sent_total", true, "Probe packets sent."},
    {"faultline_endpoint_packets_lost_total", true, "Probe packets never answered."},
    {"faultline_endpoint_packets_late_total", true,
     "Probe packets answered after the time-out, also those that their round had counted as lost."},
    {"faultline_endpoint_packets_duplicate_total", true, "Answers that came more than once."},
    {"faultline_endpoint_loss_ratio", false, "Share of packets lost in the latest valid round, 0 to 1."},
    {"faultline_endpoint_rtt_seconds", false, "Median round-trip time of the latest valid round.", 1000},
    {"faultline_endpoint_rtt_minimum_seconds", false, "Shortest round-trip time of the latest valid round.",
     1000},
    {"faultline_endpoint_rtt_p95_seconds", false,
     "95th percentile of the round-trip time in the latest valid round.", 1000},
    {"faultline_endpoint_ipdv_seconds", false,
     "Delay variation (RFC 3393: 95th percentile minus minimum) of the latest valid round.", 1000},
    {"faultline_endpoint_late_rtt_seconds", false,
     "Round-trip time of the latest answer that came after its time-out.", 1000},
    {"faultline_endpoint_voice_r_factor", false,
     "Estimated R factor of a call (simplified E-model of G.107, G.711 with concealment), latest valid "
     "round."},
    {"faultline_endpoint_voice_mos", false,
     "Estimated mean opinion score of a call, 1 to 4.5, from the R factor."},
    // In the order of Metric, from kFirstValue on.
    {"faultline_endpoint_rsrp_dbm", false, "Reference signal received power, latest value."},
    {"faultline_endpoint_rsrq_db", false, "Reference signal received quality, latest value."},
    {"faultline_endpoint_sinr_db", false, "Signal to interference and noise, latest value."},
    {"faultline_endpoint_rssi_dbm", false, "Received signal strength, latest value."},
    {"faultline_endpoint_throughput_bps", false, "Throughput in bits per second, latest value."},
    {"faultline_endpoint_optical_rx_dbm", false, "Received optical power, latest value."},
    {"faultline_endpoint_mer_db", false, "DOCSIS downstream modulation error ratio, latest value."},
    {"faultline_endpoint_upstream_snr_db", false, "DOCSIS upstream signal to noise, latest value."},
    {"faultline_endpoint_traffic_bps", false, "Traffic carried in bits per second, latest value."},
    {"faultline_endpoint_utilisation_ratio", false,
     "Share of the capacity that is used, 0 to 1, latest value."},
    {"faultline_endpoint_active_users", false, "Users attached or active, latest value."},
    {"faultline_endpoint_connect_seconds", false, "Time to a TCP connection, latest value.", 1000},
    {"faultline_endpoint_dns_seconds", false, "Time from a DNS question to its answer, latest value.", 1000},
    {"faultline_endpoint_resolve_seconds", false,
     "Time to resolve the name before an HTTP request, latest value.", 1000},
    {"faultline_endpoint_tls_seconds", false, "Time of a TLS handshake, latest value.", 1000},
    {"faultline_endpoint_first_byte_seconds", false,
     "Time from an HTTP request to the first byte of its answer, latest value.", 1000},
    {"faultline_endpoint_http_seconds", false,
     "Time of an HTTP conversation from the name to the last byte, latest value.", 1000},
    {"faultline_endpoint_certificate_seconds", false,
     "Time until the server's certificate ends, negative when it has ended, latest value.", 1.0F / 86'400},
    {"faultline_endpoint_http_status", false, "Status of an HTTP answer, latest value."},
    {"faultline_endpoint_http_body_bytes", false,
     "Bytes of an HTTP answer's body that were read, latest value."},
    {"faultline_endpoint_optical_tx_dbm", false, "Launched optical power, latest value."},
    {"faultline_endpoint_downstream_power_dbmv", false, "Level that a cable modem receives, latest value."},
    {"faultline_endpoint_upstream_power_dbmv", false, "Level that a cable modem sends at, latest value."},
    {"faultline_endpoint_margin_down_db", false, "DSL downstream noise margin, latest value."},
    {"faultline_endpoint_margin_up_db", false, "DSL upstream noise margin, latest value."},
    {"faultline_endpoint_attenuation_down_db", false, "DSL downstream attenuation, latest value."},
    {"faultline_endpoint_attenuation_up_db", false, "DSL upstream attenuation, latest value."},
    {"faultline_endpoint_rate_down_bps", false, "Downstream line rate in bits per second, latest value."},
    {"faultline_endpoint_rate_up_bps", false, "Upstream line rate in bits per second, latest value."},
    {"faultline_endpoint_temperature_celsius", false,
     "Temperature of the device or its optics, latest value."},
    {"faultline_endpoint_power_watts", false, "Power that the device draws, latest value."},
    {"faultline_endpoint_availability_ratio", false,
     "Share of the time in which a cell or port served, latest value."},
    {"faultline_endpoint_drop_ratio", false, "Share of calls or sessions that were dropped, latest value."},
    {"faultline_endpoint_throughput_up_bps", false, "Upstream throughput in bits per second, latest value."},
    {"faultline_endpoint_rscp_dbm", false, "Received signal code power (UMTS), latest value."},
    {"faultline_endpoint_ecio_db", false, "Energy per chip to noise (UMTS), latest value."},
    {"faultline_endpoint_corrected_ratio", false,
     "Share of codewords that error correction repaired, latest value."},
    {"faultline_endpoint_uncorrectable_ratio", false,
     "Share of codewords that error correction could not repair, latest value."},
    {"faultline_endpoint_t3_timeouts_per_hour", false, "T3 timeouts of a cable modem an hour, latest value."},
    {"faultline_endpoint_t4_timeouts_per_hour", false, "T4 timeouts of a cable modem an hour, latest value."},
    {"faultline_endpoint_errored_seconds_ratio", false,
     "Share of a line's seconds with an error, latest value."},
    {"faultline_endpoint_severely_errored_seconds_ratio", false,
     "Share of a line's seconds with many errors, latest value."},
    {"faultline_endpoint_unavailable_seconds_ratio", false,
     "Share of a line's seconds out of service, latest value."},
    {"faultline_endpoint_reinits_per_hour", false, "Trainings of a DSL line an hour, latest value."},
    {"faultline_endpoint_power_losses_per_hour", false,
     "Losses of power of a DSL modem an hour, latest value."},
}};

constexpr bool all_are_named() {
  for (const FamilyInfo& info : kFamilies)
    if (info.name.empty()) return false;
  return true;
}
static_assert(all_are_named(), "a metric has no family of its own");

std::string all_short_names() {
  std::string names;
  for (const FamilyInfo& info : kFamilies) {
    if (!names.empty()) names += ' ';
    names += info.name.substr(kPrefix.size());
  }
  return names;
}

}  // namespace

const std::array<FamilyInfo, kFamilyCount>& family_infos() {
  return kFamilies;
}

Result<FamilySet> parse_families(std::span<const std::string> names) {
  FamilySet set;
  if (names.empty()) return set.set();
  for (const std::string& given : names) {
    bool found = false;
    for (std::size_t family = 0; family < kFamilyCount; ++family) {
      const std::string_view name = kFamilies[family].name;
      if (given != name && given != name.substr(kPrefix.size())) continue;
      set.set(family);
      found = true;
    }
    if (!found) return fail(fmt::format("metrics.families: \"{}\" is none of: {}", given, all_short_names()));
  }
  return set;
}

void append_escaped_label(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

}  // namespace faultline::metrics
