#include "rules/decide/recurrence.h"

#include <chrono>
#include <iterator>
#include <set>

namespace faultline::decide {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr Duration kWeek = days(7);
constexpr Duration kSlack = hours(12);   // of a day's beginnings are one day's
constexpr std::size_t kMostOnsets = 64;  // of one root; what flaps more often says nothing by its hours

}  // namespace

void Recurrence::note(const Root& root, Timestamp onset) {
  forget(onset);
  std::vector<Timestamp>& mine = onsets_[root];
  if (mine.size() == kMostOnsets) mine.erase(mine.begin());
  mine.push_back(onset);
}

std::size_t Recurrence::other_days(const Root& root, Timestamp onset, const CauseRules& rules) const {
  const auto found = onsets_.find(root);
  if (found == onsets_.end()) return 0;
  std::set<std::int64_t> which;
  for (const Timestamp earlier : found->second) {
    const Duration before = onset - earlier;
    if (before < kSlack || before > kWeek + kSlack) continue;
    const auto count = std::chrono::round<days>(before);
    if (std::chrono::abs(before - count) <= rules.same_hour) which.insert(count.count());
  }
  return which.size();
}

// Once a day, so that it costs nothing.
void Recurrence::forget(Timestamp now) {
  if (now - forgot_ < days(1)) return;
  forgot_ = now;
  for (auto entry = onsets_.begin(); entry != onsets_.end();) {
    std::erase_if(entry->second, [&](Timestamp onset) { return now - onset > kWeek + kSlack; });
    entry = entry->second.empty() ? onsets_.erase(entry) : std::next(entry);
  }
}

}  // namespace faultline::decide
