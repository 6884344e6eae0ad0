// The per-endpoint families of /metrics, as data: name, type, HELP. Pure. Every series carries the labels
// endpoint, technology, region (left out if empty) and probe. What a probe counts has a family by name here,
// and each metric that a round can carry one by its number: a new metric is a line in family.cpp.
#pragma once

#include "rules/model/metric.h"
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
  late_rtt,
  voice_r_factor,
  voice_mos,
  values,  // the first of those of metrics
};
// Loss, round trip and delay variation have their own.
inline constexpr std::size_t kFirstValue = 3;
inline constexpr std::size_t kFixedFamilies = static_cast<std::size_t>(Family::values);
inline constexpr std::size_t kFamilyCount = kFixedFamilies + kMetricCount - kFirstValue;
using FamilySet = std::bitset<kFamilyCount>;

// Of the family at or above Family::values.
constexpr Metric metric_of(std::size_t family) {
  return static_cast<Metric>(family - kFixedFamilies + kFirstValue);
}

struct FamilyInfo {
  std::string_view name;  // full: "faultline_endpoint_rtt_seconds"
  bool is_counter;
  std::string_view help;
  float divisor = 1;  // from the unit that is measured to that of the name
};
const std::array<FamilyInfo, kFamilyCount>& family_infos();

// From configuration: full names, or without "faultline_endpoint_": "rtt_seconds". None given: all. The error
// names the unknown one and lists those there are.
Result<FamilySet> parse_families(std::span<const std::string> names);

// `\`, `"` and line feed escaped as the text format 0.0.4 wants it in label values.
void append_escaped_label(std::string& out, std::string_view value);

}  // namespace faultline::metrics
