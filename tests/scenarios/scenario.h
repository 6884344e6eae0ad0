// A scenario as its text file says it: a network, what happens to it, and what Faultline must do. Read by
// read_scenario, played by Player (player.h). The format is described in tests/scenarios/README.md.
#pragma once

#include "rules/model/result.h"
#include "rules/model/time.h"
#include "rules/model/topology.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace faultline::scenarios {

// One line: the time (since the start) that it begins with, if any, then words and key=value pairs.
struct Line {
  int number = 0;
  std::string text;
  std::optional<Duration> at;
  std::vector<std::string> words;                 // without the time and the pairs
  std::map<std::string, std::string> values;      // key=value
  Duration tolerance = std::chrono::seconds(15);  // ~20s

  bool has(const std::string& key) const { return values.count(key) > 0; }
  std::string value(const std::string& key, const std::string& otherwise = "") const;
  double number_of(const std::string& key, double otherwise) const;
  Duration duration_of(const std::string& key, Duration otherwise) const;
};

struct Scenario {
  std::string name;
  std::string title;  // the first comment
  std::vector<NodeRecord> nodes;
  std::vector<EndpointRecord> endpoints;
  std::vector<std::string> rules;  // YAML texts over the defaults
  std::chrono::hours start{10};    // hour of the day at 00:00
  std::vector<Line> events;        // in file order
  std::vector<Line> expected;
};

// "mm:ss", "h:mm:ss" or "90s", "5m", "2h".
std::optional<Duration> read_time(const std::string& text);

Result<Scenario> read_scenario(const std::filesystem::path& file);

}  // namespace faultline::scenarios
