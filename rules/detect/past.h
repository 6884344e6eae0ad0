// What is remembered of an endpoint beyond the day, for rules/foresee: weeks of trouble and whether its busy
// hour was strained. 32 bytes an endpoint; plain data, filled by the detector as it goes.
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
  std::array<Week, 5> weeks{};    // the present one first
  std::uint16_t week = 0;         // number of weeks[0] since 1970; 0: nothing yet
  std::uint16_t day = 0;          // local, that `rounds` belongs to; 0: nothing yet
  std::uint16_t strained = 0;     // bit n: the busy hour n + 1 days ago was strained,
  std::uint16_t measured = 0;     // and measured
  std::uint8_t hour = UINT8_MAX;  // local busy hour of `day`; UINT8_MAX: none
  std::uint8_t rounds = 0;        // in it, today
  std::uint8_t strained_rounds = 0;
  bool operator==(const Past&) const = default;
};
static_assert(sizeof(Past) <= 32);

// The week that `now` lies in; older ones move on.
Week& week_at(Past& past, Timestamp now);
// As sliding windows: of the oldest week that is only partly inside, that part.
LearntTroubles troubles_of(Past past, Timestamp now);

// Closes the days up to `day`: of the day before it is noted whether most rounds of the busy hour were
// strained.
void begin_day(Past& past, std::uint16_t day, double share_of_rounds);
void note_busy_round(Past& past, bool strained);
LearntBusyHour busy_hour_of(const Past& past);

}  // namespace faultline::detect
