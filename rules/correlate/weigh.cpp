#include "rules/correlate/weigh.h"

#include "rules/correlate/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace faultline::correlate {
namespace {

bool is_in(std::span<const EndpointIndex> sorted, EndpointIndex endpoint) {
  return std::binary_search(sorted.begin(), sorted.end(), endpoint);
}

// Of sorted endpoints.
void count(const Question& question, std::span<const EndpointIndex> endpoints, GroupFacts& facts) {
  if (endpoints.empty()) return;
  auto bad = std::lower_bound(question.bad.begin(), question.bad.end(), endpoints.front(),
                              [](const BadEndpoint& one, EndpointIndex e) { return one.endpoint < e; });
  for (const EndpointIndex endpoint : endpoints) {
    while (bad != question.bad.end() && bad->endpoint < endpoint) ++bad;
    if (bad != question.bad.end() && bad->endpoint == endpoint)
      ++facts.bad;
    else if (question.is_healthy(endpoint, question.onset))
      ++facts.good;
    else
      ++facts.unmeasured;
  }
}

std::string name_of(const ChildGroup& group, const Topology& topology) {
  return group.node.valid() ? topology.node(group.node).name
                            : topology.endpoint(group.endpoints.front()).name;
}

std::string node_text(NodeIndex node, const Topology& topology) {
  return fmt::format("{} {}", name(topology.node(node).kind), topology.node(node).name);
}

// The groups that the root would hit: child groups of a node, sites of an area.
std::vector<GroupFacts> groups_of(const Question& question) {
  const Topology& topology = question.footprints.topology();
  std::vector<GroupFacts> groups;
  if (const auto* node = std::get_if<NodeIndex>(&question.root)) {
    for (const ChildGroup& group : question.footprints.groups(*node)) {
      groups.push_back({name_of(group, topology), 0, 0, 0});
      count(question, group.endpoints, groups.back());
    }
  } else if (const auto* endpoint = std::get_if<EndpointIndex>(&question.root)) {
    groups.push_back({topology.endpoint(*endpoint).name, 0, 0, 0});
    count(question, {endpoint, 1}, groups.back());
  } else {
    for (const NodeIndex part : std::get<Area>(question.root).nodes) {
      groups.push_back({topology.node(part).name, 0, 0, 0});
      count(question, question.footprints.endpoints(part), groups.back());
    }
  }
  return groups;
}

void add_groups(const Question& question, Argument& argument) {
  auto groups = groups_of(question);
  for (const GroupFacts& group : groups) {
    argument.bad += group.bad;
    argument.good += group.good;
    argument.unmeasured += group.unmeasured;
  }
  std::stable_sort(groups.begin(), groups.end(), [](const GroupFacts& a, const GroupFacts& b) {
    return a.bad != b.bad ? a.bad > b.bad : a.good > b.good;
  });
  if (groups.size() > kMostGroups) {
    argument.more_groups = static_cast<std::uint32_t>(groups.size() - kMostGroups);
    groups.resize(kMostGroups);
  }
  argument.groups = std::move(groups);
}

// "beside it below aggregation agg-1: 0 of 46 measured endpoints in 23 groups are bad, 92 are not measured"
void add_neighbours(const Question& question, Argument& argument) {
  const Topology& topology = question.footprints.topology();
  const auto parents = parents_of(question.root, topology);
  const auto* root = std::get_if<NodeIndex>(&question.root);
  const auto* endpoint = std::get_if<EndpointIndex>(&question.root);
  for (std::size_t i = 0; i < std::min(kMostParents, parents.size()); ++i) {
    GroupFacts facts;
    std::size_t beside = 0, hit = 0;
    for (const ChildGroup& group : question.footprints.groups(parents[i])) {
      const bool is_root =
          root != nullptr ? group.node == *root : endpoint != nullptr && is_in(group.endpoints, *endpoint);
      if (is_root) continue;
      GroupFacts one;
      count(question, group.endpoints, one);
      ++beside;
      if (one.bad > 0) ++hit;
      facts.bad += one.bad, facts.good += one.good, facts.unmeasured += one.unmeasured;
    }
    if (beside == 0) continue;
    std::string in_groups = root == nullptr ? "" : fmt::format(" ({} of {} groups)", hit, beside);
    argument.measured.push_back(
        fmt::format("beside it below {}: {} bad{}, {} measured good since the onset, {} not measured",
                    node_text(parents[i], topology), facts.bad, in_groups, facts.good, facts.unmeasured));
  }
}

// Why the guard of B.4 forbids the node, with the figures it goes by; empty if it does not.
std::string forbidden(const Candidate& candidate, std::span<const GroupEvidence> groups,
                      const LocaliseRules& rules) {
  if (passes_guard(candidate, groups, rules)) return "";
  const GuardRules* of_kind = guard_of(candidate.kind, rules);
  if (of_kind == nullptr) return "guard: needs two bad endpoints";
  const GuardRules& guard = *of_kind;
  std::size_t convincing = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const std::uint32_t results = groups[g].bad + groups[g].healthy;
    const std::size_t enough = std::min<std::size_t>(guard.results, candidate.groups[g].endpoints.size());
    if (groups[g].bad > 0 && results >= enough && groups[g].bad >= guard.bad_share * results) ++convincing;
  }
  const double all = static_cast<double>(groups.size());
  const double needed =
      std::max({2.0, std::min<double>(guard.groups, all), std::ceil(guard.group_share * all)});
  return fmt::format(
      "guard: {} of its {} groups {} at least {:.0f} % of the measured endpoints bad, {:.0f} needed",
      convincing, groups.size(), convincing == 1 ? "has" : "have", 100 * guard.bad_share, needed);
}

// Of one incident, over the localiser's own candidates.
class Scales {
 public:
  explicit Scales(const Question& question)
      : question_(question),
        candidates_(candidates_of(question.footprints, question.rules, question.bad, question.is_healthy,
                                  question.members)),
        scene_(question.rules, question.footprints.topology(), question.bad, candidates_),
        all_(question.bad.size(), 1) {}

  void weigh(Argument& argument) {
    const auto* root = std::get_if<NodeIndex>(&question_.root);
    std::vector<Pick> others;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const Candidate& candidate = candidates_[i];
      if (!concerns(candidate)) continue;
      if (root != nullptr && candidate.node == *root)
        add_chosen(i, argument);
      else if (root == nullptr || !topology().is_at_or_above(*root, candidate.node))
        others.push_back(pick_of(i));
    }
    if (root == nullptr) add_without_node(argument);
    std::stable_sort(others.begin(), others.end(),
                     [](const Pick& a, const Pick& b) { return a.gain.nats > b.gain.nats; });
    for (const Pick& pick : others) {
      if (argument.explanations.size() >= kMostExplanations) break;
      argument.explanations.push_back(other(pick));
    }
  }

 private:
  const Topology& topology() const { return question_.footprints.topology(); }
  bool concerns(const Candidate& candidate) const {
    return std::any_of(candidate.members.begin(), candidate.members.end(), [&](const Member& member) {
      return is_in(question_.members, question_.bad[member.position].endpoint);
    });
  }
  // As the search would take it, whatever a guard says.
  Pick pick_of(std::size_t index) const {
    const Candidate& candidate = candidates_[index];
    const auto groups = evidence_of(candidate, question_.bad, all_);
    const bool is_core = candidate.kind == NodeKind::core || candidate.kind == NodeKind::upstream;
    const double prior =
        prior_nats(question_.rules.node_faults_per_year[static_cast<std::size_t>(candidate.kind)],
                   question_.rules.correlation_window);
    Pick pick{index,
              gain(prior, groups, question_.rules.spared,
                   is_core ? question_.rules.spread_core : question_.rules.spread),
              {}};
    pick.explained = explained_by(candidate, groups, pick.gain, all_);
    return pick;
  }
  // The best explanation of the same endpoints without it and without what is above it.
  Rival rival(const Pick& pick) const {
    return rival_of(scene_, std::vector<char>(candidates_.size(), 0), pick);
  }
  std::string rival_text(const Rival& rival) const {
    std::vector<std::string> names;
    for (const std::size_t one : rival.candidates)
      names.push_back(node_text(candidates_[one].node, topology()));
    return some_of(names);
  }

  void add_chosen(std::size_t index, Argument& argument) {
    const Pick pick = pick_of(index);
    const Rival next = rival(pick);
    const auto explains = static_cast<std::uint32_t>(pick.explained.size());
    auto& list = argument.explanations;
    list.push_back({node_text(candidates_[index].node, topology()), explains, pick.gain.nats,
                    std::max(next.nats, 0.0) - pick.gain.nats, "chosen"});
    if (!next.candidates.empty()) {
      std::size_t faults = next.candidates.size();
      list.push_back({rival_text(next), explains, next.nats, pick.gain.nats - next.nats,
                      fmt::format("{} fault{} at the same time: {:.1f} nats less likely", faults,
                                  faults == 1 ? "" : "s", pick.gain.nats - next.nats)});
    }
    list.push_back({fmt::format("each of the {} endpoints broke by itself", explains), explains, 0,
                    pick.gain.nats, fmt::format("{:.1f} nats less likely", pick.gain.nats)});
  }

  // A single endpoint, or an area of which the inventory knows no common node.
  void add_without_node(Argument& argument) {
    const auto explains = static_cast<std::uint32_t>(question_.members.size());
    if (const auto* endpoint = std::get_if<EndpointIndex>(&question_.root)) {
      argument.explanations.push_back(
          {fmt::format("endpoint {} by itself", topology().endpoint(*endpoint).name), explains, 0, 0,
           "chosen: no node explains it better"});
      return;
    }
    double sum = 0;
    std::size_t parts = 0;
    const auto& nodes = std::get<Area>(question_.root).nodes;
    for (std::size_t i = 0; i < candidates_.size(); ++i)
      if (std::find(nodes.begin(), nodes.end(), candidates_[i].node) != nodes.end())
        sum += pick_of(i).gain.nats, ++parts;
    argument.explanations.push_back({text_of(question_.root, topology()), explains, sum, 0,
                                     "chosen: neighbours that failed together, without a common node in the "
                                     "inventory"});
    if (parts > 1)
      argument.explanations.push_back(
          {fmt::format("{} faults at the same time by chance", parts), explains, sum, 0,
           fmt::format("the same score, but within {:.0f} s and {:.0f} km of each other",
                       to_seconds(question_.rules.hidden_spread), question_.rules.hidden_distance_m / 1000)});
  }

  WeighedExplanation other(const Pick& pick) const {
    const Candidate& candidate = candidates_[pick.candidate];
    WeighedExplanation one{node_text(candidate.node, topology()),
                           static_cast<std::uint32_t>(pick.explained.size()), pick.gain.nats, 0, ""};
    const auto groups = evidence_of(candidate, question_.bad, all_);
    const Rival next = rival(pick);
    one.behind_nats = std::max(next.nats, 0.0) - pick.gain.nats;
    one.verdict = forbidden(candidate, groups, question_.rules);
    if (!one.verdict.empty()) return one;
    const std::string instead = next.candidates.empty() ? "separate endpoint faults" : rival_text(next);
    if (pick.explained.empty())
      one.verdict = "explains none of them";
    else if (one.behind_nats >= 0)
      one.verdict = fmt::format("{:.1f} nats less likely than {}", one.behind_nats, instead);
    else if (-one.behind_nats < question_.rules.ambiguity_nats)
      one.verdict = fmt::format("only {:.1f} nats better than {}; {:.1f} are needed", -one.behind_nats,
                                instead, question_.rules.ambiguity_nats);
    else
      one.verdict = fmt::format("explains {} of them, {:.1f} nats better than {}", pick.explained.size(),
                                -one.behind_nats, instead);
    return one;
  }

  const Question& question_;
  std::vector<Candidate> candidates_;
  Scene scene_;
  std::vector<char> all_;
};

}  // namespace

std::string text_of(const Root& root, const Topology& topology) {
  if (const auto* node = std::get_if<NodeIndex>(&root)) return node_text(*node, topology);
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root))
    return "endpoint " + topology.endpoint(*endpoint).name;
  std::vector<std::string> names;
  for (const NodeIndex node : std::get<Area>(root).nodes) names.push_back(topology.node(node).name);
  return "the area of " + some_of(names);
}

std::string some_of(std::span<const std::string> names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

std::vector<NodeIndex> parents_of(const Root& root, const Topology& topology) {
  std::vector<NodeIndex> parents;
  const auto add = [&](const std::vector<ParentEdge>& edges) {
    for (const ParentEdge& edge : edges)
      if (topology.node(edge.parent).kind != NodeKind::probe_host) parents.push_back(edge.parent);
  };
  if (const auto* node = std::get_if<NodeIndex>(&root)) add(topology.node(*node).parents);
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root)) add(topology.endpoint(*endpoint).parents);
  return parents;
}

void count_around(const Question& question, Argument& argument) {
  add_groups(question, argument);
  add_neighbours(question, argument);
}

void weigh(const Question& question, Argument& argument) {
  if (!question.bad.empty() && !question.members.empty()) Scales(question).weigh(argument);
}

}  // namespace faultline::correlate
