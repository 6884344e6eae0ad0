// What a counter of an SNMP agent says: nothing by itself, but by how much it grew between two answers. A
// wrap is counted through; a counter that began anew says nothing of that time. Pure; used by device
// profiles.
#pragma once

#include "rules/model/time.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace faultline::session {

// What is made of the growth.
enum class Change : std::uint8_t {
  per_second,
  per_hour,
  share_of_time,  // the counter counts seconds: how many of those that went by, 0 … 1
  share,          // of the growth of several counters together, 0 … 1
};
inline constexpr std::array<std::string_view, 4> kChangeNames = {"per_second", "per_hour", "share_of_time",
                                                                 "share"};

struct Count {
  std::uint64_t value = 0;
  int bits = 0;  // 32 or 64: it wraps there (Counter32, Counter64); 0: it only falls when it begins anew

  bool operator==(const Count&) const = default;
};

// By how much it grew. Nothing if it began anew: it fell, and that is no wrap, or it grew by a quarter of
// what it can hold, which no two answers in a row are apart.
std::optional<std::uint64_t> growth(const Count& before, const Count& now);

// Whether something that counts the seconds since a counter began shows that it began anew in the last
// `seconds`: it went back, or is younger than that.
bool began_anew(double age_before, double age_now, double seconds);

// The metric, from what the counter grew by in so many seconds, and of a share what all of its counters grew
// by together. Nothing if no value follows: of fewer than kLeastWhole a share says little, and more seconds
// than went by are none (a few more are the agent's rounding, and taken for all).
inline constexpr double kLeastWhole = 100;
std::optional<double> change_of(Change change, double grown, double whole, double seconds);

// How far apart two answers must be. Sooner, as when a measurement is asked for right after a scheduled one,
// a single event would look like a storm; later, the former says little about now, and a wrap may hide
// another.
struct SpanLimits {
  Duration shortest{};
  Duration longest{};
};
// For answers that are to come once an interval.
SpanLimits span_limits(Duration interval);

enum class Span : std::uint8_t { good, too_short, too_long };
Span judge_span(Duration elapsed, const SpanLimits& limits);

}  // namespace faultline::session
