#include "tests/scenarios/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>

namespace faultline::scenarios {
namespace {

const std::map<std::string, std::string> kVerbs = {
    {"open", "opened"},        {"reroot", "rerooted"},   {"recover", "recovering"}, {"relapse", "relapsed"},
    {"resolve", "resolved"},   {"reopen", "reopened"},   {"close", "closed"},       {"merge", "merged"},
    {"withdraw", "withdrawn"}, {"suspect", "suspected"}, {"update", "updated"},     {"attach", "attached"},
    {"detach", "detached"}};

// What must not happen unexpectedly.
const std::set<std::string> kStrict = {"opened", "reopened", "merged", "rerooted"};

constexpr Duration kOnsetTolerance = std::chrono::seconds(10);

// Some sentence of the evidence has the words, which are joined by "_" in the scenario.
bool mentions(const Incident& incident, std::string words) {
  std::replace(words.begin(), words.end(), '_', ' ');
  return std::any_of(incident.evidence.begin(), incident.evidence.end(),
                     [&](const Evidence& one) { return one.text.find(words) != std::string::npos; });
}

bool holds(const std::string& key, const std::string& wanted, const Told& told, const Topology& topology) {
  const Incident& incident = told.incident;
  if (key == "node") return root_name(incident.root, topology) == wanted;
  if (key == "cause")
    return wanted == (incident.causes.empty() ? "none" : std::string(name(incident.causes[0].cause)));
  if (key == "severity") return wanted == name(incident.severity);
  if (key == "complaints") return std::to_string(incident.complaints.size()) == wanted;
  if (key == "bad") return std::to_string(incident.bad.size()) == wanted;
  if (key == "affected") return std::to_string(incident.affected.size()) == wanted;
  if (key == "reopens") return std::to_string(incident.reopens) == wanted;
  if (key == "strays") return std::to_string(incident.suspected_members.size()) == wanted;
  if (key == "id") return told.complaint == wanted;
  if (key == "follows") return incident.follows.has_value() == (wanted == "yes");
  if (key == "split") return incident.split_from.has_value() == (wanted == "yes");
  if (key == "only_complaints") return incident.complaint_only == (wanted == "yes");
  if (key == "evidence" || key == "without") return mentions(incident, wanted) == (key == "evidence");
  if (key == "since") {
    const auto since = read_time(wanted);
    return since && std::chrono::abs(told.at - told.ago(incident.onset) - *since) <= kOnsetTolerance;
  }
  if (key == "says") return told.reason.find(wanted) != std::string::npos;
  return false;
}

bool matches(const Line& line, const Told& told, const Topology& topology) {
  if (told.verb != kVerbs.at(line.words[0])) return false;
  if (line.at && std::chrono::abs(told.at - *line.at) > line.tolerance) return false;
  return std::all_of(line.values.begin(), line.values.end(),
                     [&](const auto& pair) { return holds(pair.first, pair.second, told, topology); });
}

// "finally open=0 resolved=1 attached=3 unattached=1": counts at the end.
std::vector<std::string> check_end(const Line& line, const Player& player) {
  std::map<std::string, std::size_t> count;
  for (const Incident* incident : player.pipeline().incidents()) ++count[std::string(name(incident->state))];
  for (const auto& [id, incident] : player.complaints()) ++count[incident ? "attached" : "unattached"];
  count["bursts"] = player.bursts();
  for (const Told& told : player.story()) count["updates"] += told.verb == "updated" ? 1 : 0;
  std::vector<std::string> problems;
  for (const auto& [key, wanted] : line.values) {
    const std::string value = std::to_string(count[key]);
    if (value != wanted)
      problems.push_back(fmt::format("line {}: {} {} at the end", line.number, key, value));
  }
  return problems;
}

}  // namespace

std::vector<std::string> differences(const Scenario& scenario, const Player& player) {
  const Topology& topology = player.pipeline().topology();
  std::vector<std::string> problems(player.broken().begin(), player.broken().end());
  const auto& story = player.story();
  std::set<std::size_t> used;
  std::size_t from = 0;
  for (const Line& line : scenario.expected) {
    if (line.words.empty()) continue;
    if (line.words[0] == "no") continue;  // said for the reader: nothing else may open anyway
    if (line.words[0] == "finally") {
      const auto more = check_end(line, player);
      problems.insert(problems.end(), more.begin(), more.end());
      continue;
    }
    if (kVerbs.count(line.words[0]) == 0) {
      problems.push_back(fmt::format("line {}: \"{}\" is no expectation", line.number, line.text));
      continue;
    }
    std::size_t i = from;
    while (i < story.size() && !matches(line, story[i], topology)) ++i;
    if (i == story.size()) {
      problems.push_back(fmt::format("line {}: not found (in this order): {}", line.number, line.text));
    } else {
      used.insert(i);
      from = i + 1;
    }
  }
  for (std::size_t i = 0; i < story.size(); ++i)
    if (kStrict.count(story[i].verb) > 0 && used.count(i) == 0 && story[i].incident.opened_at)
      problems.push_back("not expected: " + story[i].text(topology));
  return problems;
}

}  // namespace faultline::scenarios
