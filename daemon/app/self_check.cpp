#include "daemon/app/self_check.h"

#include <algorithm>

namespace faultline::app {

void SelfCheck::set_references(std::size_t count) {
  references_.assign(count, {});
}

void SelfCheck::on_round(const Round& round) {
  const std::size_t i = round.endpoint.value - kFirstReference;
  if (i >= references_.size()) return;
  Reference& reference = references_[i];
  // A reference that could not be measured counts as silent: it is the probe host that could not.
  reference.measured = true;
  reference.good = round.packets.received > 0;
  if (reference.good) reference.answered = round.finished;
}

bool SelfCheck::healthy(Timestamp now) const {
  constexpr Duration kStale = std::chrono::seconds(10);  // five checks in a row that gave no round at all
  if (references_.empty()) return true;
  std::size_t good = 0;
  for (const Reference& reference : references_)
    if (!reference.measured || (reference.good && now - reference.answered < kStale)) ++good;
  return good >= std::min<std::size_t>(2, references_.size());
}

}  // namespace faultline::app
