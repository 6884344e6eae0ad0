// Which narrower explanations of what is left of one incident hold, and since when without a break. Says when
// to ask the localiser again and which parts have held for long enough; what becomes of them is split.cpp's.
// Lives in memory only: after a restart, a reload or a time in which nothing could be seen the parts wait
// anew, which costs minutes; a place that shrank too early would send a crew home.
#pragma once

#include "rules/model/decide_rules.h"
#include "rules/model/hypothesis.h"
#include "rules/model/time.h"

#include <vector>

namespace faultline::decide {

struct LastingPart {
  Hypothesis what;  // as it was found last
  Timestamp since;  // it has held; may lie ahead while the incident is young
};

class Narrowing {
 public:
  // Worth a localisation now? Only if the bad members are others than those of the last one, or parts wait.
  // Of thousands, `most_bad` at the worst, a tenth must be well: until then it is dear and nothing is
  // narrower.
  bool is_due(const std::vector<EndpointIndex>& bad, std::size_t most_bad, Timestamp now,
              const NarrowingRules& rules) const;
  // The localiser's answer about the members that are bad now; `opened`: the incident.
  void note(const Remainder& left, const std::vector<EndpointIndex>& bad, Timestamp opened, Timestamp now,
            const NarrowingRules& rules);
  // Those that have held for the patience, in the localiser's order (nodes first); none while a part at a
  // node has not: it is not clear yet what is left.
  std::vector<const LastingPart*> settled(Timestamp now, const NarrowingRules& rules) const;
  // A part at a node has this endpoint: it is not bad by itself.
  bool is_of_node(EndpointIndex endpoint) const;
  // Of the latest answer: by how much the parts are better than the whole, nats.
  double lead_nats() const { return lead_nats_; }

  void clear() { *this = Narrowing(); }
  // The clock was set back (rules/model/step_back.h).
  void set_back(Timestamp now, Duration by);

 private:
  std::vector<LastingPart> parts_;
  double lead_nats_ = 0;
  std::vector<EndpointIndex> asked_;  // bad members at the last question,
  Timestamp asked_at_{};              // which was then; epoch = never
};

}  // namespace faultline::decide
