// What was learnt about one endpoint as bytes, for the store: little-endian, with version and checksum. The
// bytes that come back are not trusted: lengths, ranges and every number are checked before anything is
// taken.
#pragma once

#include "rules/detect/state.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace faultline::detect {

// 1 had neither today_count of a metric nor the past; it is read, and they begin anew.
inline constexpr std::uint8_t kBaselineVersion = 2;
inline constexpr std::size_t kMostProbes = 16;

// The lasting part of a ProbeTrack and its metrics; statistics and times of the moment are not kept.
struct LearntProbe {
  ProbeKindIndex probe = 0;
  float interval_s = 0;
  std::array<float, kBlocks> usual{};
  std::vector<ContinuousMetric> metrics;
};

// Empty if there is nothing to keep.
std::vector<std::byte> encode_baseline(std::span<const LearntProbe> probes, const Past& past = {});
// Nothing if the bytes are not exactly what encode_baseline of this version, or that of version 1, writes.
std::optional<std::vector<LearntProbe>> decode_baseline(std::span<const std::byte> bytes,
                                                        Past* past = nullptr);

}  // namespace faultline::detect
