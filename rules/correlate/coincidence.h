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
  void note(Timestamp at, bool gone) { ++of(gone).count_of(at); }

  // What a bad endpoint is worth as evidence for a fault above it, nats: minus the log probability that it
  // became bad by itself within the correlation window. At most rules.bad_nats, which is what a new
  // installation begins with.
  double nats(Timestamp now, bool gone, std::size_t endpoints, const LocaliseRules& rules);
  // The same as a rate: times a year and endpoint, at least rules.endpoint_faults_per_year.
  double per_year(Timestamp now, bool gone, std::size_t endpoints, const LocaliseRules& rules);

  // Are so many that became bad within a time more than those which do so by themselves?
  bool is_unusual(std::size_t count, Duration within, Timestamp now, std::size_t endpoints,
                  const LocaliseRules& rules);

 private:
  static constexpr std::size_t kHours = 24;
  // Of the last hours. Their median is taken: one cut of a ring makes two hundred endpoints bad, but in one
  // hour only.
  struct Hours {
    std::array<std::uint32_t, kHours> counts{};
    std::int64_t hour = -1, first_hour = -1, known_for = -1;
    double median = 0;

    std::uint32_t& count_of(Timestamp at);
    double per_hour(Timestamp now);
  };
  Hours& of(bool gone) { return gone ? gone_ : worse_; }

  Hours gone_, worse_;
};

}  // namespace faultline::correlate
