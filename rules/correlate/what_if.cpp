#include "rules/correlate/what_if.h"

#include "rules/correlate/hidden_risk.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace faultline::correlate {
namespace {

constexpr std::size_t kPerBad = 400;  // what a bad endpoint costs in the same unit
constexpr std::size_t kMostTests = 6;
constexpr std::size_t kTestsPerGroup = 2;

using Endpoints = std::vector<EndpointIndex>;

struct Answer {
  std::optional<Root> root;  // of most of the members; nothing: several, none of them has most
  std::string text;
};

// Worlds that differ from the real one in some endpoints.
class Worlds {
 public:
  Worlds(const Question& question, std::size_t budget)
      : question_(question), forced_(topology().endpoints().size(), kAsItIs), left_(budget) {
    for (const BadEndpoint& one : question.bad)
      if (std::binary_search(question.members.begin(), question.members.end(), one.endpoint)) like_ = one;
    like_.onset = question.onset;
    like_.flapping = false;
  }

  const Topology& topology() const { return question_.footprints.topology(); }
  // So often, with so many more bad endpoints each time.
  bool may_ask(std::size_t times, std::size_t more_bad) const { return times * cost(more_bad) <= left_; }

  // What the localiser would say of the members that are still bad then; nothing when the budget is used up.
  std::optional<Answer> ask(std::span<const EndpointIndex> turned_bad,
                            std::span<const EndpointIndex> turned_good) {
    if (!may_ask(1, turned_bad.size())) return std::nullopt;
    left_ -= cost(turned_bad.size());
    for (const EndpointIndex endpoint : turned_bad) forced_[endpoint.value] = kBad;
    for (const EndpointIndex endpoint : turned_good) forced_[endpoint.value] = kGood;
    std::vector<BadEndpoint> bad;
    for (const BadEndpoint& one : question_.bad)
      if (forced_[one.endpoint.value] == kAsItIs) bad.push_back(one);
    for (const EndpointIndex endpoint : turned_bad) {
      bad.push_back(like_);
      bad.back().endpoint = endpoint;
    }
    const HealthyAfter is_healthy = [this](EndpointIndex endpoint, Timestamp after) {
      const char forced = forced_[endpoint.value];
      return forced == kAsItIs ? question_.is_healthy(endpoint, after) : forced == kGood;
    };
    auto found = explain(question_.footprints, question_.rules, bad, is_healthy);
    found = join_hidden_risks(topology(), question_.rules, std::move(found));
    for (const EndpointIndex endpoint : turned_bad) forced_[endpoint.value] = kAsItIs;
    Answer answer = answer_of(found);
    for (const EndpointIndex endpoint : turned_good) forced_[endpoint.value] = kAsItIs;
    return answer;
  }

 private:
  enum : char { kAsItIs, kBad, kGood };

  std::size_t cost(std::size_t more_bad) const {
    return topology().endpoints().size() + kPerBad * (question_.bad.size() + more_bad);
  }
  Answer answer_of(std::span<const Hypothesis> found) const {
    std::size_t members = 0, most = 0, alone = 0;
    for (const EndpointIndex member : question_.members)
      if (forced_[member.value] != kGood) ++members;
    const Hypothesis* main = nullptr;
    std::vector<std::string> places;
    for (const Hypothesis& one : found) {
      Endpoints common;
      std::set_intersection(one.bad.begin(), one.bad.end(), question_.members.begin(),
                            question_.members.end(), std::back_inserter(common));
      if (common.empty()) continue;
      if (common.size() > most) most = common.size(), main = &one;
      if (one.level == Level::endpoint) ++alone;
      if (one.level != Level::endpoint) places.push_back(text_of(one.root, topology()));
    }
    if (main == nullptr) return {std::nullopt, "nothing is left to explain"};
    if (2 * most > members && (members == 1 || main->level != Level::endpoint)) {
      std::string text = text_of(main->root, topology());
      if (main->level != Level::endpoint)
        text += main->ambiguous
                    ? std::string(" (hardly better than another explanation)")
                    : fmt::format(" ({:.1f} nats ahead of the next explanation)", main->margin_nats);
      return {main->root, std::move(text)};
    }
    if (alone > 0)
      places.push_back(alone == 1 ? "one endpoint by itself"
                                  : fmt::format("{} endpoints, each by itself", alone));
    return {std::nullopt, fmt::format("{} at the same time", some_of(places))};
  }

  const Question& question_;
  std::vector<char> forced_;
  BadEndpoint like_{};  // a member, as a pattern for others
  std::size_t left_;
};

// A small count in [low, high] for which `holds`: by doubling, since a large world costs more to ask about,
// then by bisection, so that of several stretches any may be found; what is returned does hold.
template <typename Holds>
std::optional<std::size_t> smallest(std::size_t low, std::size_t high, Holds holds) {
  if (high < low) return std::nullopt;
  std::size_t step = 1, end = low;
  while (!holds(end)) {
    if (end == high) return std::nullopt;
    low = end + 1;
    end = std::min(high, end + step);
    step *= 2;
  }
  while (low < end) {
    const std::size_t middle = (low + end) / 2;
    if (holds(middle))
      end = middle;
    else
      low = middle + 1;
  }
  return end;
}

struct NamedGroup {
  std::string name;
  Endpoints endpoints;
};

std::string names_of(std::span<const NamedGroup> groups) {
  std::vector<std::string> names;
  for (const NamedGroup& group : groups) names.push_back(group.name);
  return some_of(names);
}

Endpoints first_of_each(std::span<const NamedGroup> groups, std::size_t count) {
  Endpoints all;
  for (const NamedGroup& group : groups)
    all.insert(
        all.end(), group.endpoints.begin(),
        group.endpoints.begin() + static_cast<std::ptrdiff_t>(std::min(count, group.endpoints.size())));
  std::sort(all.begin(), all.end());
  return all;
}

class Asker {
 public:
  Asker(const Question& question, std::size_t budget) : question_(question), worlds_(question, budget) {}

  std::vector<WhatIf> all() {
    if (std::holds_alternative<Area>(question_.root)) {
      recover();
      return std::move(found_);
    }
    const auto parents = parents_of(question_.root, worlds_.topology());
    for (std::size_t i = 0; i < std::min(kMostParents, parents.size()); ++i) spread_to(parents[i]);
    recover();
    measure_the_unknown(parents);
    return std::move(found_);
  }

 private:
  bool is_member(EndpointIndex endpoint) const {
    return std::binary_search(question_.members.begin(), question_.members.end(), endpoint);
  }
  bool is_bad(EndpointIndex endpoint) const {
    const auto found =
        std::lower_bound(question_.bad.begin(), question_.bad.end(), endpoint,
                         [](const BadEndpoint& one, EndpointIndex e) { return one.endpoint < e; });
    return found != question_.bad.end() && found->endpoint == endpoint;
  }
  std::string node_text(NodeIndex node) const { return text_of(Root(node), worlds_.topology()); }
  std::string name_of(const ChildGroup& group) const {
    return group.node.valid() ? worlds_.topology().node(group.node).name
                              : worlds_.topology().endpoint(group.endpoints.front()).name;
  }
  void add(std::string condition, std::string outcome) {
    found_.push_back({WhatIfKind::place, std::move(condition), std::move(outcome)});
  }

  // Healthy endpoints beside the root turn bad: from how many on would it be the node above?
  void spread_to(NodeIndex parent) {
    std::vector<NamedGroup> beside;
    std::size_t largest = 0, healthy = 0;
    for (const ChildGroup& group : question_.footprints.groups(parent)) {
      if (std::any_of(group.endpoints.begin(), group.endpoints.end(), [&](auto e) { return is_member(e); }))
        continue;
      NamedGroup one{name_of(group), {}};
      for (const EndpointIndex endpoint : group.endpoints)
        if (question_.is_healthy(endpoint, question_.onset)) one.endpoints.push_back(endpoint);
      if (one.endpoints.empty()) continue;
      largest = std::max(largest, one.endpoints.size());
      healthy += one.endpoints.size();
      beside.push_back(std::move(one));
    }
    if (beside.empty()) return;
    const auto would_move = [&](std::size_t groups, std::size_t of_each) {
      const auto answer = worlds_.ask(first_of_each(std::span(beside).first(groups), of_each), {});
      return answer && answer->root == Root(parent);
    };
    const auto groups = smallest(1, beside.size(), [&](std::size_t n) { return would_move(n, largest); });
    if (!groups) return;
    const auto of_each = smallest(1, largest, [&](std::size_t n) { return would_move(*groups, n); });
    const auto used = std::span<const NamedGroup>(beside).first(*groups);
    const Endpoints turned = first_of_each(used, of_each.value_or(largest));
    const auto answer = worlds_.ask(turned, {});
    if (!answer) return;
    if (largest == 1)
      add(fmt::format("{} of the {} healthy endpoints beside it below {} turned bad as well ({})",
                      turned.size(), healthy, node_text(parent), names_of(used)),
          fmt::format("{} would be the place", answer->text));
    else
      add(fmt::format("{} of the {} healthy endpoints of {} turned bad as well", turned.size(),
                      first_of_each(used, largest).size(), names_of(used)),
          fmt::format("{} would be the place", answer->text));
  }

  // Bad endpoints answer again: from how many on would it be something smaller?
  void recover() {
    std::vector<NamedGroup> hit = hit_groups();
    if (hit.size() < 2) return;
    const auto last = [&](std::size_t count) { return std::span<const NamedGroup>(hit).last(count); };
    const auto of_last = [&](std::size_t count) { return first_of_each(last(count), SIZE_MAX); };
    const auto would_move = [&](std::size_t count) {
      const auto answer = worlds_.ask({}, of_last(count));
      return answer && answer->root != question_.root;
    };
    const auto count = smallest(1, hit.size() - 1, would_move);
    if (!count) return;
    const auto answer = worlds_.ask({}, of_last(*count));
    if (!answer) return;
    const bool single =
        std::all_of(hit.begin(), hit.end(), [](const auto& one) { return one.endpoints.size() == 1; });
    add(single ? fmt::format("{} of the {} bad endpoints were measured good ({})", *count, hit.size(),
                             names_of(last(*count)))
               : fmt::format("the bad endpoints of {} of the {} groups hit were measured good ({})", *count,
                             hit.size(), names_of(last(*count))),
        fmt::format("it would be {}", answer->text));
  }

  std::vector<NamedGroup> hit_groups() const {
    std::vector<NamedGroup> hit;
    const auto add_group = [&](std::string name, std::span<const EndpointIndex> endpoints) {
      NamedGroup one{std::move(name), {}};
      for (const EndpointIndex endpoint : endpoints)
        if (is_member(endpoint)) one.endpoints.push_back(endpoint);
      if (!one.endpoints.empty()) hit.push_back(std::move(one));
    };
    if (const auto* node = std::get_if<NodeIndex>(&question_.root))
      for (const ChildGroup& group : question_.footprints.groups(*node))
        add_group(name_of(group), group.endpoints);
    if (const auto* area = std::get_if<Area>(&question_.root))
      for (const NodeIndex node : area->nodes)
        add_group(worlds_.topology().node(node).name, question_.footprints.endpoints(node));
    return hit;
  }

  // Nobody knows these since the onset. Would their answers matter?
  void measure_the_unknown(std::span<const NodeIndex> parents) {
    Endpoints unknown;
    const auto collect = [&](NodeIndex below) {
      for (const ChildGroup& group : question_.footprints.groups(below)) {
        std::size_t of_group = 0;
        for (const EndpointIndex endpoint : group.endpoints) {
          if (unknown.size() >= kMostTests || of_group >= kTestsPerGroup) break;
          if (is_bad(endpoint) || question_.is_healthy(endpoint, question_.onset) ||
              std::find(unknown.begin(), unknown.end(), endpoint) != unknown.end())
            continue;
          unknown.push_back(endpoint);
          ++of_group;
        }
      }
    };
    if (const auto* node = std::get_if<NodeIndex>(&question_.root)) collect(*node);
    for (const NodeIndex parent : parents) collect(parent);
    if (unknown.empty() || !worlds_.may_ask(2, unknown.size())) return;
    std::sort(unknown.begin(), unknown.end());
    const auto if_bad = worlds_.ask(unknown, {});
    const auto if_good = worlds_.ask({}, unknown);
    if (!if_bad || !if_good || if_bad->root == if_good->root) return;
    std::vector<std::string> names;
    for (const EndpointIndex endpoint : unknown) names.push_back(worlds_.topology().endpoint(endpoint).name);
    add(fmt::format("{}, not measured since the onset, answered", some_of(names, kMostTests)),
        fmt::format("all bad: {}; all good: {}", if_bad->text, if_good->text));
  }

  const Question& question_;
  Worlds worlds_;
  std::vector<WhatIf> found_;
};

}  // namespace

std::vector<WhatIf> what_if(const Question& question, std::size_t budget) {
  if (question.members.empty() || question.bad.empty()) return {};
  return Asker(question, budget).all();
}

}  // namespace faultline::correlate
