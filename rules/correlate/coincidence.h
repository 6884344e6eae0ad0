// How often an endpoint of this network becomes bad by itself, learnt from its own history: what two bad
// endpoints of one site are worth depends on how likely it is that both broke on their own. A network whose
// lines lose packets for a minute a hundred times a year is not one where they do it once.
#pragma once

#include "rules/model/correlate_rules.h"
#include "rules/model/time.h"

#include <array>
#include <cstdint>

namespace faultline::correlate {

class Coincidence {
 public:
  // An endpoint became bad.
  void note(Timestamp at) { ++count_of(at); }

  // What a bad endpoint is worth as evidence for a fault above it, nats: minus the log probability that it
  // became bad by itself within the correlation window. At most rules.bad_nats, which is what a new
  // installation begins with.
  double nats(Timestamp now, std::size_t endpoints, const LocaliseRules& rules);

 private:
  static constexpr std::size_t kHours = 24;
  std::uint32_t& count_of(Timestamp at);

  // Of the last hours. Their median is taken: one cut of a ring makes two hundred endpoints bad, but in one
  // hour only.
  std::array<std::uint32_t, kHours> counts_{};
  std::int64_t hour_ = -1, first_hour_ = -1, known_for_ = -1;
  double per_hour_ = 0;
};

}  // namespace faultline::correlate
