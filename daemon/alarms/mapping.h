// From an alarm as another system tells it (Facts) to what the rules understand: a kind, and a node or
// endpoint of the inventory. The operator's ordered rules come first, the built-in meaning of X.733 names
// (x733.h) fills in what they leave open. Pure; the configuration makes a Mapping, the desk uses it.
#pragma once

#include "rules/model/alarm.h"
#include "rules/model/time.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::alarms {

// The ways in.
enum class Source : std::uint8_t { tmf642, alertmanager, trap };
inline constexpr std::array<std::string_view, 3> kSourceNames = {"tmf642", "alertmanager", "trap"};
constexpr std::string_view name(Source source) {
  return kSourceNames[static_cast<std::size_t>(source)];
}

// What an alarm says, flat: "alertname", "alarmedObject.id", an object identifier of a trap's variable.
using Fields = std::map<std::string, std::string, std::less<>>;
struct Facts {
  Source source = Source::tmf642;
  Fields fields;
  // X.733 names as plain() writes them; empty: not said.
  std::string cause, type, severity;

  bool is_cleared() const;  // by its severity or its state
};
// Cause, type and severity from the fields that hold them: probableCause or probable_cause, alarmType or
// alarm_type, perceivedSeverity or severity.
Facts facts_of(Source source, Fields fields);

// "Power Problem", "power-problem" and "powerProblem" are the same: lower-case letters and digits only, and
// of a pattern its * and ? too.
std::string plain(std::string_view name, bool is_pattern = false);
// `*` is any text, also none, `?` one byte; all else stands for itself.
bool matches(std::string_view pattern, std::string_view text);

// What a rule asks of an alarm; of each list one must fit, an empty one asks nothing.
struct Match {
  std::optional<Source> source;
  std::vector<std::string> causes, types, severities;                    // patterns, as plain() has them
  std::vector<std::pair<std::string, std::vector<std::string>>> fields;  // patterns of each; it must be there
};
bool fits(const Match& match, const Facts& facts);

enum class Among : std::uint8_t { any, nodes, endpoints };
struct MappingRule {
  Match match;
  bool ignore = false;
  std::optional<AlarmKind> kind;  // none: by the X.733 names
  std::string target;             // template with {FIELD}s; empty: the usual fields (kTargetFields)
  Among among = Among::any;
};
// Where a node or endpoint is usually named; the first of them that is known counts.
inline constexpr std::array<std::string_view, 6> kTargetFields = {"node",     "endpoint", "alarmedObject.id",
                                                                  "instance", "host",     "agent"};

// Two SNMP traps of which one begins an alarm and the other ends it; object identifiers with dots.
struct TrapPair {
  std::string raise, clear;
  std::string cause;  // as X.733 names it; empty: rules give the kind
  std::string key;    // template: what tells two alarms of one agent apart, such as {ifIndex}
  std::string only;   // only traps of which a variable has this value; empty: all
};

struct Mapping {
  std::vector<MappingRule> rules;                // the first that fits decides
  std::vector<TrapPair> traps;                   // over those built in (traps.h)
  Duration expire = std::chrono::hours(24 * 7);  // an alarm that was not told again for so long is over
};

// The text with every {FIELD} replaced; nothing if a field is not there. `template_problem` says what is
// wrong with a template, if anything.
std::optional<std::string> fill(std::string_view text, const Fields& fields);
std::optional<std::string> template_problem(std::string_view text);

struct Target {  // exactly one of the two
  std::optional<NodeIndex> node;
  std::optional<EndpointIndex> endpoint;
  bool operator==(const Target&) const = default;
};
using FindTarget = std::function<std::optional<Target>(std::string_view, Among)>;

enum class Verdict : std::uint8_t { mapped, ignored, no_kind, no_target };
struct Mapped {
  Verdict verdict = Verdict::no_kind;
  AlarmKind kind = AlarmKind::other;
  Target target;
  std::string looked_for;  // what should have named the target, in words for the log
};
Mapped map(const Mapping& mapping, const Facts& facts, const FindTarget& find);

}  // namespace faultline::alarms
