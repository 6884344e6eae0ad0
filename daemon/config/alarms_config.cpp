// The section `alarms`: what other systems' alarms mean here.
#include "daemon/alarms/mapping.h"
#include "daemon/config/config_parts.h"
#include "daemon/config/names.h"
#include "probes/session/device_profile.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

namespace faultline::config {
namespace {

using alarms::Among;
using alarms::MappingRule;

constexpr std::size_t kMaxRules = 1000;
constexpr std::size_t kMaxFields = 16;    // of one rule
constexpr std::size_t kMaxPatterns = 64;  // of one key
constexpr std::size_t kMaxBytes = 256;    // of a pattern or template

std::optional<std::string> short_text(const Value& value) {
  auto text = value.text();
  if (text && text->size() > kMaxBytes) {
    value.problem(fmt::format("is longer than {} bytes", kMaxBytes));
    return std::nullopt;
  }
  return text;
}

// One pattern or a list of them.
std::vector<std::string> read_patterns(const Value& value, bool is_name) {
  std::vector<std::string> patterns;
  const std::vector<Value> items = value.is_list() ? value.list() : std::vector<Value>{value};
  if (value.is_list() && items.empty()) value.problem("is empty; give a pattern or remove the key");
  for (const Value& item : items) {
    if (patterns.size() == kMaxPatterns) {
      item.problem(fmt::format("more than {} patterns", kMaxPatterns));
      break;
    }
    const auto text = short_text(item);
    if (!text) continue;
    patterns.push_back(is_name ? alarms::plain(*text, true) : *text);
    if (patterns.back().empty())
      item.problem(fmt::format("{} has no letter or digit (try powerProblem)", in_quotes(*text)));
  }
  return patterns;
}

std::vector<std::string> read_names(Map& map, std::string_view key) {
  const auto value = map.find(key);
  return value ? read_patterns(*value, true) : std::vector<std::string>{};
}

void read_match(const Value& value, alarms::Match& match) {
  Map map = value.map();
  if (const auto source = map.find("source"))
    if (const auto index = source->choice(alarms::kSourceNames))
      match.source = static_cast<alarms::Source>(*index);
  match.causes = read_names(map, "probable_cause");
  match.types = read_names(map, "alarm_type");
  match.severities = read_names(map, "severity");
  for (const auto& [field, patterns] : map.map("fields").entries()) {
    if (match.fields.size() == kMaxFields) {
      patterns.problem(fmt::format("more than {} fields", kMaxFields));
      break;
    }
    match.fields.emplace_back(field, read_patterns(patterns, false));
  }
}

void read_target(Map& map, MappingRule& rule) {
  constexpr std::array kKeys = {std::pair{"target", Among::any}, std::pair{"node", Among::nodes},
                                std::pair{"endpoint", Among::endpoints}};
  std::size_t given = 0;
  for (const auto& [key, among] : kKeys) {
    const auto value = map.find(key);
    if (!value) continue;
    if (++given == 2) value->problem("give one of target, node and endpoint");
    const auto text = short_text(*value);
    if (!text) continue;
    if (const auto problem = alarms::template_problem(*text)) value->problem(*problem);
    rule.target = *text;
    rule.among = among;
  }
}

MappingRule read_rule(const Value& item) {
  MappingRule rule;
  Map map = item.map();
  if (const auto match = map.require("match")) read_match(*match, rule.match);
  map.read("ignore", rule.ignore);
  if (const auto kind = map.find("kind"))
    if (const auto index = kind->choice(kAlarmKindNames)) rule.kind = static_cast<AlarmKind>(*index);
  read_target(map, rule);
  const bool says_something = map.has("kind") || !rule.target.empty();
  if (rule.ignore && says_something)
    map.problem("ignores the alarm and says what it means; remove ignore or the rest");
  else if (!rule.ignore && !says_something && item.is_map())
    map.problem("changes nothing; give kind, one of node, endpoint and target, or ignore: true");
  return rule;
}

void read_trap_oid(Map& map, std::string_view key, std::string& oid) {
  const auto value = map.require(key);
  if (!value) return;
  // As it stands: 1.30 is no number here.
  const auto parsed = session::parse_oid(value->is_scalar() ? value->node().text : "");
  if (parsed)
    oid = session::oid_text(*parsed);
  else
    value->problem(parsed.error().message);
}

alarms::TrapPair read_pair(const Value& item) {
  alarms::TrapPair pair;
  Map map = item.map();
  read_trap_oid(map, "raise", pair.raise);
  read_trap_oid(map, "clear", pair.clear);
  if (!pair.raise.empty() && pair.raise == pair.clear)
    map.problem("raise and clear are the same; an alarm needs an end of its own");
  map.read("cause", pair.cause);
  if (map.read("key", pair.key))
    if (const auto problem = alarms::template_problem(pair.key)) map.find("key")->problem(*problem);
  map.read("only", pair.only);
  return pair;
}

void read_traps(Map& section, Config& config) {
  if (!section.has("traps")) return;
  Map map = section.map("traps");
  std::string listen, file;
  if (map.require("listen") && map.read("listen", listen)) {
    auto parsed = parse_listen(listen);
    if (parsed)
      config.traps.listen = std::move(*parsed);
    else
      map.find("listen")->problem(parsed.error().message);
  }
  if (map.require("community_file") && map.read("community_file", file)) {
    auto secret = read_secret_file(config.directory / file);
    if (secret)
      config.traps.community = std::move(*secret);
    else
      map.find("community_file")->problem(secret.error().message);
  }
  map.read("rate_per_second", config.traps.rate_per_second, 1, 100'000);
  for (const Value& item : map.list("pairs")) {
    if (config.alarms.traps.size() == kMaxRules) {
      item.problem(fmt::format("more than {} pairs", kMaxRules));
      break;
    }
    config.alarms.traps.push_back(read_pair(item));
  }
}

}  // namespace

void read_alarms(Map& root, Config& config) {
  Map map = root.map("alarms");
  map.read("expire", config.alarms.expire, std::chrono::hours(1), std::chrono::hours(24 * 90));
  read_traps(map, config);
  for (const Value& item : map.list("rules")) {
    if (config.alarms.rules.size() == kMaxRules) {
      item.problem(fmt::format("more than {} rules", kMaxRules));
      break;
    }
    config.alarms.rules.push_back(read_rule(item));
  }
}

}  // namespace faultline::config
