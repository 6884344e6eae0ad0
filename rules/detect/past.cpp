#include "rules/detect/past.h"

#include <algorithm>
#include <bit>

namespace faultline::detect {
namespace {

constexpr std::int64_t kWeekS = 7 * 86400;
constexpr unsigned kBusyDays = 14;
constexpr std::uint8_t kFewestRounds = 3;  // fewer say nothing about an hour

std::int64_t seconds_of(Timestamp t) {
  return std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count());
}

void end_hour(Past& past, double share_of_rounds) {
  if (past.rounds >= kFewestRounds) {
    past.measured |= 1U;
    if (past.strained_rounds >= share_of_rounds * past.rounds) {
      past.strained |= 1U;
      past.busy_hour = past.hour;
    }
  }
  past.rounds = past.strained_rounds = 0;
}

}  // namespace

Week& week_at(Past& past, Timestamp now) {
  const auto week = static_cast<std::uint16_t>(seconds_of(now) / kWeekS);
  if (past.week == 0 || week < past.week) past.week = week;  // the clock was set back: go on in the latest
  for (; past.week < week; ++past.week) {
    if (week - past.week > static_cast<int>(past.weeks.size())) {
      past.weeks = {};
      past.week = week;
      break;
    }
    std::rotate(past.weeks.begin(), past.weeks.end() - 1, past.weeks.end());
    past.weeks[0] = Week{};
  }
  return past.weeks[0];
}

LearntTroubles troubles_of(Past past, Timestamp now) {
  week_at(past, now);
  const double left = 1 - static_cast<double>(seconds_of(now) % kWeekS) / kWeekS;
  const auto& w = past.weeks;
  const auto last_7 = [&](auto member) { return w[0].*member + left * (w[1].*member); };
  const auto last_28 = [&](auto member) {
    return w[0].*member + w[1].*member + w[2].*member + w[3].*member + left * (w[4].*member);
  };
  return {last_7(&Week::bad_minutes), last_28(&Week::bad_minutes), last_7(&Week::suspicions),
          last_28(&Week::falls)};
}

void note_load(Past& past, std::uint16_t day, std::uint8_t hour, bool strained, double share_of_rounds) {
  if (day != past.day || hour != past.hour) end_hour(past, share_of_rounds);
  if (past.day != 0 && day > past.day) {
    const unsigned gap = std::min<unsigned>(day - past.day, 16);
    past.strained = static_cast<std::uint16_t>((std::uint32_t{past.strained} << gap) & 0xFFFFU);
    past.measured = static_cast<std::uint16_t>((std::uint32_t{past.measured} << gap) & 0xFFFFU);
  }
  past.day = day;
  past.hour = hour;
  if (past.rounds == UINT8_MAX) {
    past.rounds /= 2;
    past.strained_rounds /= 2;
  }
  ++past.rounds;
  past.strained_rounds = static_cast<std::uint8_t>(past.strained_rounds + (strained ? 1 : 0));
}

void follow_scale(Past& past, std::uint16_t day, std::uint8_t code) {
  past.scale_day = day;
  if (code == 0) return;
  if (past.scale_before == 0) past.scale_before = code;
  if (code > past.scale_before) ++past.scale_before;
  if (code < past.scale_before) --past.scale_before;
}

LearntBusyHour busy_hour_of(const Past& past) {
  constexpr unsigned kMask = (1U << kBusyDays) - 1;
  const auto days = [&](std::uint16_t bits) {
    return static_cast<std::uint8_t>(std::popcount((std::uint32_t{bits} >> 1U) & kMask));
  };
  return {past.busy_hour, days(past.measured), days(past.strained)};
}

}  // namespace faultline::detect
