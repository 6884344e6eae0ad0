#include "rules/decide/narrowing.h"

#include "rules/model/step_back.h"

#include <algorithm>
#include <utility>

namespace faultline::decide {
namespace {

// So many questions in a row may be left out, by a busy loop or a clock's jump, before "on end" is not known.
constexpr int kMostMissed = 4;
constexpr std::size_t kThousands = 2000;

// Single endpoints gain nothing over "each by itself", so that they have no lead. Where too little is left
// for the root they are what is left; one alone may still be its last straggler (ending.last_members).
bool is_narrower(const Remainder& left, const NarrowingRules& rules) {
  if (left.parts.empty()) return false;
  if (left.lead_nats > rules.lead_nats) return true;
  return left.root_fails && left.parts.size() > 1 &&
         std::all_of(left.parts.begin(), left.parts.end(),
                     [](const Hypothesis& part) { return part.level == Level::endpoint; });
}

}  // namespace

bool Narrowing::is_due(const std::vector<EndpointIndex>& bad, std::size_t most_bad, Timestamp now,
                       const NarrowingRules& rules) const {
  if (bad.size() >= kThousands && bad.size() * 10 >= most_bad * 9) return false;
  if (bad.empty() || (asked_at_ != Timestamp{} && now - asked_at_ < rules.every)) return false;
  return !parts_.empty() || bad != asked_;
}

void Narrowing::note(const Remainder& left, const std::vector<EndpointIndex>& bad, Timestamp opened,
                     Timestamp now, const NarrowingRules& rules) {
  std::vector<LastingPart> before;
  if (now - asked_at_ <= kMostMissed * rules.every) before = std::move(parts_);
  asked_ = bad;
  asked_at_ = now;
  lead_nats_ = left.lead_nats;
  parts_.clear();
  if (!is_narrower(left, rules)) return;
  for (const Hypothesis& part : left.parts) {
    const auto known = std::find_if(before.begin(), before.end(),
                                    [&](const LastingPart& one) { return one.what.root == part.root; });
    parts_.push_back({part, known == before.end() ? std::max(now, opened + rules.age) : known->since});
  }
}

std::vector<const LastingPart*> Narrowing::settled(Timestamp now, const NarrowingRules& rules) const {
  std::vector<const LastingPart*> found;
  for (const LastingPart& part : parts_) {
    if (now - part.since >= rules.patience)
      found.push_back(&part);
    else if (part.what.level != Level::endpoint)
      return {};
  }
  return found;
}

bool Narrowing::is_of_node(EndpointIndex endpoint) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const LastingPart& part) {
    return part.what.level != Level::endpoint &&
           std::binary_search(part.what.bad.begin(), part.what.bad.end(), endpoint);
  });
}

void Narrowing::set_back(Timestamp now, Duration by) {
  for (LastingPart& part : parts_) step_back(part.since, now, by);
  step_back(asked_at_, now, by);
}

}  // namespace faultline::decide
