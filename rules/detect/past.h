// What is remembered of an endpoint beyond the day, for rules/foresee: weeks of trouble, on which days some
// hour was strained, how restless its values were. 36 bytes an endpoint; plain data, filled by the detector
// as it goes.
#pragma once

#include "rules/model/learnt.h"
#include "rules/model/time.h"

#include <array>
#include <cstdint>

namespace faultline::detect {

struct Week {
  std::uint16_t bad_minutes = 0;
  std::uint8_t suspicions = 0;
  std::uint8_t falls = 0;  // became bad
  bool operator==(const Week&) const = default;
};

struct Past {
  std::array<Week, 5> weeks{};  // the present one first
  std::uint16_t week = 0;       // number of weeks[0] since 1970; 0: nothing yet
  std::uint16_t day = 0;        // local, the present one; 0: nothing yet
  std::uint16_t strained = 0;   // bit n: n days ago some hour was strained,
  std::uint16_t measured = 0;   // or at least measured
  std::uint8_t busy_hour =
      UINT8_MAX;          // local, the latest that was strained, else the profile's; UINT8_MAX: none
  std::uint8_t hour = 0;  // local, that the two below belong to
  std::uint8_t rounds = 0;
  std::uint8_t strained_rounds = 0;
  std::uint16_t scale_day = 0;  // local, that the next was last moved on
  std::uint8_t scale_before =
      0;  // scale code of its most restless metric, followed by a step a day; 0: not seen
  bool operator==(const Past&) const = default;
};
static_assert(sizeof(Past) <= 36);

// The week that `now` lies in; older ones move on.
Week& week_at(Past& past, Timestamp now);
// As sliding windows: of the oldest week that is only partly inside, that part.
LearntTroubles troubles_of(Past past, Timestamp now);

// One round of an hour. An hour is strained if at least `share_of_rounds` of its rounds are. Which hour that
// is may differ from day to day: peaks move, and the profile does not know an hour in which the endpoint was
// always bad.
void note_load(Past& past, std::uint16_t day, std::uint8_t hour, bool strained, double share_of_rounds);
// `code`: of its most restless metric today (mean_scale_code); 0: nothing is known.
void follow_scale(Past& past, std::uint16_t day, std::uint8_t code);
// The last 14 days that are over.
LearntBusyHour busy_hour_of(const Past& past);

}  // namespace faultline::detect
