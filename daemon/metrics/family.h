// The per-endpoint families of /metrics, as data: name, type, HELP. Pure. Every series carries the labels
// endpoint, technology, region (left out if empty) and probe.
#pragma once

#include "rules/model/result.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace faultline::metrics {

enum class Family : std::uint8_t {
  rounds,
  rounds_not_measured,
  up,
  packets_sent,
  packets_lost,
  packets_late,
  packets_duplicate,
  loss_ratio,
  rtt,
  rtt_minimum,
  rtt_p95,
  ipdv,
  rsrp,
  rsrq,
  sinr,
  rssi,
  throughput,
  late_rtt,
  optical_rx,
  mer,
  upstream_snr,
  traffic,
  utilisation,
  active_users,
};
inline constexpr std::size_t kFamilyCount = 24;
using FamilySet = std::bitset<kFamilyCount>;

struct FamilyInfo {
  Family family;
  std::string_view name;  // full: "faultline_endpoint_rtt_seconds"
  bool is_counter;
  std::string_view help;
};
const std::array<FamilyInfo, kFamilyCount>& family_infos();

// From configuration: full names, or without "faultline_endpoint_": "rtt_seconds". None given: all. The error
// names the unknown one and lists those there are.
Result<FamilySet> parse_families(std::span<const std::string> names);

// `\`, `"` and line feed escaped as the text format 0.0.4 wants it in label values.
void append_escaped_label(std::string& out, std::string_view value);

}  // namespace faultline::metrics
