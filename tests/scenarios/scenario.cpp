#include "tests/scenarios/scenario.h"

#include "tests/scenarios/city.h"

#include <fmt/format.h>

#include <fstream>
#include <regex>
#include <sstream>

namespace faultline::scenarios {
namespace {

// Splits at spaces; "a=b" becomes a value, "~20s" the tolerance, a leading time the time.
Line split(const std::string& text, int number) {
  Line line;
  line.number = number;
  line.text = text;
  std::istringstream words(text);
  std::string word;
  static const std::regex clock("^(\\d+:)?\\d+:\\d\\d$");
  while (words >> word) {
    const auto equals = word.find('=');
    if (line.words.empty() && line.values.empty() && !line.at && std::regex_match(word, clock))
      line.at = read_time(word);
    else if (word[0] == '~')
      line.tolerance = read_time(word.substr(1)).value_or(line.tolerance);
    else if (equals != std::string::npos)
      line.values[word.substr(0, equals)] = word.substr(equals + 1);
    else
      line.words.push_back(word);
  }
  return line;
}

template <std::size_t n>
std::optional<std::size_t> position(const std::array<std::string_view, n>& names, std::string_view word) {
  for (std::size_t i = 0; i < n; ++i)
    if (names[i] == word) return i;
  return std::nullopt;
}

std::optional<Place> place_of(const Line& line) {
  const std::string text = line.value("at");
  const auto comma = text.find(',');
  if (comma == std::string::npos) return std::nullopt;
  return Place{std::stod(text.substr(0, comma)), std::stod(text.substr(comma + 1))};
}

// "transport:agg-1" from the third word on.
Result<std::vector<ParentName>> parents_of(const Line& line) {
  std::vector<ParentName> parents;
  for (std::size_t i = 3; i < line.words.size(); ++i) {
    const auto colon = line.words[i].find(':');
    const auto edge = position(kEdgeKindNames, line.words[i].substr(0, colon));
    if (colon == std::string::npos || !edge)
      return fail(
          fmt::format("line {}: \"{}\" is no parent (try transport:NODE)", line.number, line.words[i]));
    parents.push_back({static_cast<EdgeKind>(*edge), line.words[i].substr(colon + 1)});
  }
  return parents;
}

Result<void> add_node(const Line& line, Scenario& scenario) {
  const auto kind = line.words.size() < 3 ? std::nullopt : position(kNodeKindNames, line.words[2]);
  if (!kind) return fail(fmt::format("line {}: node NAME KIND expected", line.number));
  auto parents = parents_of(line);
  if (!parents) return tl::make_unexpected(parents.error());
  NodeRecord record;
  record.node.name = line.words[1];
  record.node.kind = static_cast<NodeKind>(*kind);
  record.node.place = place_of(line);
  record.parents = std::move(*parents);
  scenario.nodes.push_back(std::move(record));
  return {};
}

Result<void> add_endpoint(const Line& line, Scenario& scenario) {
  const auto technology = line.words.size() < 3 ? std::nullopt : position(kTechnologyNames, line.words[2]);
  if (!technology) return fail(fmt::format("line {}: endpoint NAME TECHNOLOGY expected", line.number));
  auto parents = parents_of(line);
  if (!parents) return tl::make_unexpected(parents.error());
  EndpointRecord record;
  record.endpoint.name = line.words[1];
  record.endpoint.technology = static_cast<Technology>(*technology);
  record.endpoint.place = place_of(line);
  record.endpoint.coverage_m = static_cast<float>(line.number_of("coverage", 0));
  record.endpoint.customers =
      static_cast<std::uint32_t>(line.number_of("customers", default_customers(record.endpoint.technology)));
  record.parents = std::move(*parents);
  scenario.endpoints.push_back(std::move(record));
  return {};
}

// "rule decide.ending.recovery 20s" becomes nested YAML.
Result<void> add_rule(const Line& line, Scenario& scenario) {
  if (line.words.size() != 3) return fail(fmt::format("line {}: rule KEY.KEY VALUE expected", line.number));
  std::istringstream keys(line.words[1]);
  std::string key, yaml;
  int depth = 0;
  while (std::getline(keys, key, '.')) {
    yaml += fmt::format("{}{:{}}{}:", depth > 0 ? "\n" : "", "", 2 * depth, key);
    ++depth;
  }
  scenario.rules.push_back(yaml + " " + line.words[2] + "\n");
  return {};
}

Result<void> take(const Line& line, Scenario& scenario) {
  if (line.at) {
    scenario.events.push_back(line);
    return {};
  }
  const std::string verb = line.words.empty() ? "" : line.words[0];
  if (verb == "node") return add_node(line, scenario);
  if (verb == "endpoint") return add_endpoint(line, scenario);
  if (verb == "rule") return add_rule(line, scenario);
  if (verb == "city") {
    add_city(city_from(line), scenario);
    return {};
  }
  if (verb == "start" && line.words.size() == 2) {
    scenario.start = std::chrono::hours(std::stoi(line.words[1]));
    return {};
  }
  return fail(fmt::format("line {}: \"{}\" is not understood", line.number, line.text));
}

}  // namespace

std::string Line::value(const std::string& key, const std::string& otherwise) const {
  const auto found = values.find(key);
  return found == values.end() ? otherwise : found->second;
}

double Line::number_of(const std::string& key, double otherwise) const {
  return has(key) ? std::stod(value(key)) : otherwise;
}

Duration Line::duration_of(const std::string& key, Duration otherwise) const {
  return has(key) ? read_time(value(key)).value_or(otherwise) : otherwise;
}

std::optional<Duration> read_time(const std::string& text) {
  static const std::regex clock("^(?:(\\d+):)?(\\d+):(\\d\\d)$");
  static const std::regex plain("^(\\d+)(s|m|h)$");
  std::smatch match;
  if (std::regex_match(text, match, clock)) {
    const int hours = match[1].matched ? std::stoi(match[1]) : 0;
    return std::chrono::hours(hours) + std::chrono::minutes(std::stoi(match[2])) +
           std::chrono::seconds(std::stoi(match[3]));
  }
  if (!std::regex_match(text, match, plain)) return std::nullopt;
  const int scale = match[2] == "h" ? 3600 : match[2] == "m" ? 60 : 1;
  return std::chrono::seconds(std::stoi(match[1]) * scale);
}

Result<Scenario> read_scenario(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return fail(fmt::format("{} cannot be read", file.string()));
  Scenario scenario;
  scenario.name = file.stem().string();
  bool expecting = false;
  std::string text;
  for (int number = 1; std::getline(in, text); ++number) {
    if (scenario.title.empty() && text.starts_with("# ")) scenario.title = text.substr(2);
    text = text.substr(0, text.find('#'));
    if (text.starts_with("----")) {
      expecting = true;
      continue;
    }
    const Line line = split(text, number);
    if (line.words.empty() && line.values.empty() && !line.at) continue;
    if (expecting) {
      scenario.expected.push_back(line);
    } else if (auto taken = take(line, scenario); !taken) {
      return tl::make_unexpected(taken.error());
    }
  }
  if (!expecting) return fail("no line \"----\": nothing is expected");
  return scenario;
}

}  // namespace faultline::scenarios
