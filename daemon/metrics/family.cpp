#include "daemon/metrics/family.h"

#include <fmt/format.h>

#include <stdexcept>

namespace faultline::metrics {
namespace {

constexpr std::string_view kPrefix = "faultline_endpoint_";

constexpr std::array<FamilyInfo, kFamilyCount> kFamilies = {{
    {Family::rounds, "faultline_endpoint_rounds_total", true,
     "Rounds that measured the endpoint, scheduled and on demand."},
    {Family::rounds_not_measured, "faultline_endpoint_rounds_not_measured_total", true,
     "Rounds that say nothing about the endpoint: the probe itself could not measure."},
    {Family::up, "faultline_endpoint_up", false, "1 if the latest valid round got an answer, else 0."},
    {Family::packets_sent, "faultline_endpoint_packets_sent_total", true, "Probe packets sent."},
    {Family::packets_lost, "faultline_endpoint_packets_lost_total", true, "Probe packets never answered."},
    {Family::packets_late, "faultline_endpoint_packets_late_total", true,
     "Probe packets answered after the time-out, also those that their round had counted as lost."},
    {Family::packets_duplicate, "faultline_endpoint_packets_duplicate_total", true,
     "Answers that came more than once."},
    {Family::loss_ratio, "faultline_endpoint_loss_ratio", false,
     "Share of packets lost in the latest valid round, 0 to 1."},
    {Family::rtt, "faultline_endpoint_rtt_seconds", false,
     "Median round-trip time of the latest valid round."},
    {Family::rtt_minimum, "faultline_endpoint_rtt_minimum_seconds", false,
     "Shortest round-trip time of the latest valid round."},
    {Family::rtt_p95, "faultline_endpoint_rtt_p95_seconds", false,
     "95th percentile of the round-trip time in the latest valid round."},
    {Family::ipdv, "faultline_endpoint_ipdv_seconds", false,
     "Delay variation (RFC 3393: 95th percentile minus minimum) of the latest valid round."},
    {Family::rsrp, "faultline_endpoint_rsrp_dbm", false, "Reference signal received power, latest value."},
    {Family::rsrq, "faultline_endpoint_rsrq_db", false, "Reference signal received quality, latest value."},
    {Family::sinr, "faultline_endpoint_sinr_db", false, "Signal to interference and noise, latest value."},
    {Family::rssi, "faultline_endpoint_rssi_dbm", false, "Received signal strength, latest value."},
    {Family::throughput, "faultline_endpoint_throughput_bps", false,
     "Throughput in bits per second, latest value."},
    {Family::late_rtt, "faultline_endpoint_late_rtt_seconds", false,
     "Round-trip time of the latest answer that came after its time-out."},
    {Family::optical_rx, "faultline_endpoint_optical_rx_dbm", false, "Received optical power, latest value."},
    {Family::mer, "faultline_endpoint_mer_db", false,
     "DOCSIS downstream modulation error ratio, latest value."},
    {Family::upstream_snr, "faultline_endpoint_upstream_snr_db", false,
     "DOCSIS upstream signal to noise, latest value."},
    {Family::traffic, "faultline_endpoint_traffic_bps", false,
     "Traffic carried in bits per second, latest value."},
    {Family::utilisation, "faultline_endpoint_utilisation_ratio", false,
     "Share of the capacity that is used, 0 to 1, latest value."},
    {Family::active_users, "faultline_endpoint_active_users", false,
     "Users attached or active, latest value."},
}};

bool positions_are_families() {
  for (std::size_t i = 0; i < kFamilyCount; ++i)
    if (static_cast<std::size_t>(kFamilies[i].family) != i) return false;
  return true;
}

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
  static const bool in_order = positions_are_families();
  if (!in_order) throw std::logic_error("family_infos: the table is not in the order of Family");
  return kFamilies;
}

Result<FamilySet> parse_families(std::span<const std::string> names) {
  FamilySet set;
  if (names.empty()) return set.set();
  for (const std::string& given : names) {
    bool found = false;
    for (const FamilyInfo& info : family_infos()) {
      if (given != info.name && given != info.name.substr(kPrefix.size())) continue;
      set.set(static_cast<std::size_t>(info.family));
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
