#include "tests/lab/scenario.h"

#include "tests/lab/scenario_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace faultline::lab {
namespace {

constexpr Duration kLongestDelay = std::chrono::seconds(4);  // a condition holds 32 bit nanoseconds

std::uint32_t nanoseconds(Duration d) {
  return static_cast<std::uint32_t>(std::chrono::nanoseconds(d).count());
}

// The words of one line, taken from left to right.
class Words {
 public:
  explicit Words(std::string_view line) {
    line = line.substr(0, line.find('#'));
    while (!line.empty()) {
      const std::size_t begin = line.find_first_not_of(" \t\r");
      if (begin == std::string_view::npos) break;
      const std::size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
      words_.push_back(line.substr(begin, end - begin));
      line.remove_prefix(end);
    }
  }
  bool done() const { return next_ == words_.size(); }
  std::string_view peek() const { return done() ? "the end of the line" : words_[next_]; }
  Result<std::string_view> take(std::string_view what) {
    if (done()) return fail(fmt::format("expected {} at the end of the line", what));
    return words_[next_++];
  }
  Result<void> take_exactly(std::string_view word) {
    if (done() || words_[next_] != word) return fail(fmt::format("\"{}\" (expected \"{}\")", peek(), word));
    ++next_;
    return {};
  }

 private:
  std::vector<std::string_view> words_;
  std::size_t next_ = 0;
};

using Setter = std::function<Result<void>(std::string_view value)>;
using Settings = std::map<std::string_view, Setter>;

// A setter that parses with `parse` and hands the value to `set`.
template <typename Parse, typename Set>
Setter setter(Parse parse, Set set) {
  return [parse, set](std::string_view text) -> Result<void> {
    const auto value = parse(text);
    if (!value) return tl::make_unexpected(value.error());
    set(*value);
    return {};
  };
}

std::string known_names(const Settings& settings) {
  std::string names;
  for (const auto& [key, unused] : settings) names += fmt::format("{}{}", names.empty() ? "" : ", ", key);
  return names.empty() ? "nothing more" : names;
}

Result<void> read_settings(Words& words, const Settings& settings, std::string* as_written = nullptr) {
  std::set<std::string_view> seen;
  while (!words.done()) {
    const std::string_view word = *words.take("a setting");
    const std::string_view key = word.substr(0, word.find('='));
    const auto found = settings.find(key);
    if (found == settings.end() || key.size() == word.size())
      return fail(fmt::format("\"{}\" (expected {}{})", word, known_names(settings),
                              settings.empty() ? "" : ", each as NAME=VALUE"));
    if (!seen.insert(key).second) return fail(fmt::format("{}: given twice", key));
    if (auto ok = found->second(word.substr(key.size() + 1)); !ok)
      return fail(fmt::format("{}: {}", key, ok.error().message));
    if (as_written != nullptr) *as_written += fmt::format("{}{}", as_written->empty() ? "" : " ", word);
  }
  return {};
}

Result<Duration> short_span(std::string_view text) {
  auto span = parse_span(text);
  if (span && *span > kLongestDelay) return fail(fmt::format("\"{}\" (expected at most 4s)", text));
  return span;
}

template <typename T, std::size_t n>
auto one_of(const std::array<std::string_view, n>& names) {
  return [&names](std::string_view text) -> Result<T> {
    const auto found = std::find(names.begin(), names.end(), text);
    if (found != names.end()) return static_cast<T>(found - names.begin());
    return fail(fmt::format("\"{}\" (expected one of {})", text, fmt::join(names, ", ")));
  };
}

Settings answer_settings(Condition& condition) {
  Oddities& odd = condition.odd;
  const auto share = [](Share& target) {
    return setter(parse_percent, [&target](double ratio) { target = share_of(ratio); });
  };
  return {{"duplicate", share(odd.duplicate)},
          {"reorder", share(odd.reorder)},
          {"forge", share(odd.forge)},
          {"truncate", share(odd.truncate)},
          {"reorder_by", setter(short_span, [&odd](Duration d) { odd.reorder_ns = nanoseconds(d); })},
          {"late", setter(short_span, [&condition](Duration d) { condition.delay_ns = nanoseconds(d); })},
          {"unreachable", setter([](std::string_view text) { return parse_whole(text, 0, 15); },
                                 [&odd](long code) { odd.unreachable = static_cast<std::int16_t>(code); })}};
}

Settings fault_settings(FaultEvent& fault) {
  Condition& condition = fault.condition;
  SignalShift& signal = fault.signal;
  const auto decibel = [](double& target) {
    return setter(parse_decibel, [&target](double db) { target = db; });
  };
  switch (fault.kind) {
    case FaultKind::congestion:
      return {{"delay", setter(short_span, [&](Duration d) { condition.delay_ns = nanoseconds(d); })},
              {"jitter", setter(short_span, [&](Duration d) { condition.jitter_ns = nanoseconds(d); })},
              {"loss", setter(parse_percent, [&](double ratio) { condition.loss = share_of(ratio); })}};
    case FaultKind::signal:
      return {{"rsrp", decibel(signal.rsrp_db)},
              {"rsrq", decibel(signal.rsrq_db)},
              {"sinr", decibel(signal.sinr_db)}};
    case FaultKind::light:
      return {{"rx", decibel(fault.light.rx_db)},
              {"over", setter(parse_span, [&](Duration d) { fault.light.over = d; })}};
    case FaultKind::answers:
      return answer_settings(condition);
    case FaultKind::modem:
      return {
          {"mode", setter(one_of<ModemMode>(kModemModeNames), [&](ModemMode mode) { signal.mode = mode; })}};
    case FaultKind::cut:
    case FaultKind::power:
      break;
  }
  return {};
}

Result<FaultEvent> read_fault(Words& words) {
  FaultEvent fault;
  auto target = words.take("the name of a node or endpoint");
  if (!target) return tl::make_unexpected(target.error());
  auto kind_word = words.take("the kind of fault");
  if (!kind_word) return tl::make_unexpected(kind_word.error());
  const auto kind = one_of<FaultKind>(kFaultKindNames)(*kind_word);
  if (!kind) return tl::make_unexpected(kind.error());
  fault.target = *target;
  fault.kind = *kind;
  fault.condition.silent = fault.kind == FaultKind::cut || fault.kind == FaultKind::power;
  fault.signal.no_service = fault.kind == FaultKind::power;
  fault.light.dark = fault.condition.silent;
  const bool needs_settings = !fault.condition.silent;
  const Settings settings = fault_settings(fault);
  if (needs_settings && words.done())
    return fail(fmt::format("expected at the end of the line at least one of {}", known_names(settings)));
  if (auto ok = read_settings(words, settings, &fault.settings); !ok) return tl::make_unexpected(ok.error());
  return fault;
}

Result<void> read_complaint_settings(Words& words, ComplaintEvent& event) {
  return read_settings(
      words,
      {{"service", setter(one_of<Service>(kServiceNames), [&](Service s) { event.service = s; })},
       {"delay", setter(parse_span, [&](Duration d) { event.delay = d; })},
       {"error", setter(parse_metres, [&](double m) { event.error_m = m; })},
       {"by", setter(one_of<ComplaintBy>(kComplaintByNames), [&](ComplaintBy by) { event.by = by; })}});
}

Result<ComplaintEvent> read_complaint(Words& words) {
  ComplaintEvent event;
  const auto where = words.take("near or far-from");
  if (!where) return tl::make_unexpected(where.error());
  if (*where != "near" && *where != "far-from")
    return fail(fmt::format("\"{}\" (expected near or far-from)", *where));
  event.where = *where == "near" ? ComplaintWhere::near : ComplaintWhere::far_from;
  const auto target = words.take("the name of a node or endpoint");
  if (!target) return tl::make_unexpected(target.error());
  event.target = *target;
  if (auto ok = read_complaint_settings(words, event); !ok) return tl::make_unexpected(ok.error());
  return event;
}

// `complaints COUNT below TARGET within TIMESPAN`
Result<ComplaintEvent> read_complaints(Words& words) {
  ComplaintEvent event;
  event.where = ComplaintWhere::below;
  const auto count_word = words.take("a number of complaints");
  if (!count_word) return tl::make_unexpected(count_word.error());
  const auto count = parse_whole(*count_word, 1, 100'000);
  if (!count) return tl::make_unexpected(count.error());
  event.count = static_cast<std::uint32_t>(*count);
  if (auto ok = words.take_exactly("below"); !ok) return tl::make_unexpected(ok.error());
  const auto target = words.take("the name of a node or endpoint");
  if (!target) return tl::make_unexpected(target.error());
  event.target = *target;
  if (auto ok = words.take_exactly("within"); !ok) return tl::make_unexpected(ok.error());
  const auto span_word = words.take("a time span");
  if (!span_word) return tl::make_unexpected(span_word.error());
  const auto span = parse_span(*span_word);
  if (!span) return tl::make_unexpected(span.error());
  event.within = *span;
  if (auto ok = read_complaint_settings(words, event); !ok) return tl::make_unexpected(ok.error());
  return event;
}

Result<ScenarioEvent> read_event(Words& words) {
  ScenarioEvent event;
  if (auto ok = words.take_exactly("at"); !ok) return tl::make_unexpected(ok.error());
  const auto clock = words.take("a time").and_then(parse_clock);
  if (!clock) return tl::make_unexpected(clock.error());
  event.at = *clock;
  const auto verb = words.take("an event");
  if (!verb) return tl::make_unexpected(verb.error());
  const auto keep = [&event](auto parsed) -> Result<ScenarioEvent> {
    if (!parsed) return tl::make_unexpected(parsed.error());
    event.what = *std::move(parsed);
    return event;
  };
  if (*verb == "fault") return keep(read_fault(words));
  if (*verb == "complaint") return keep(read_complaint(words));
  if (*verb == "complaints") return keep(read_complaints(words));
  if (*verb == "restore") {
    const auto target = words.take("the name of a node or endpoint");
    if (!target) return tl::make_unexpected(target.error());
    event.what = RestoreEvent{std::string(*target)};
  } else if (*verb == "end") {
    event.what = EndEvent{};
  } else {
    return fail(fmt::format("\"{}\" (expected fault, restore, complaint, complaints or end)", *verb));
  }
  if (!words.done()) return fail(fmt::format("\"{}\" (expected nothing more)", words.peek()));
  return event;
}

}  // namespace

bool Scenario::has_complaints() const {
  return std::any_of(events.begin(), events.end(),
                     [](const ScenarioEvent& e) { return std::holds_alternative<ComplaintEvent>(e.what); });
}

std::optional<Duration> Scenario::end() const {
  for (const ScenarioEvent& e : events)
    if (std::holds_alternative<EndEvent>(e.what)) return e.at;
  return std::nullopt;
}

Result<Scenario> parse_scenario(std::string_view text, std::string_view file) {
  Scenario scenario;
  for (unsigned line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    Words words(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.done()) continue;
    auto event = read_event(words);
    if (!event) return fail(fmt::format("{}:{}: {}", file, line, event.error().message));
    event->line = line;
    scenario.events.push_back(*std::move(event));
  }
  std::stable_sort(scenario.events.begin(), scenario.events.end(),
                   [](const ScenarioEvent& a, const ScenarioEvent& b) { return a.at < b.at; });
  return scenario;
}

std::string time_text(Duration at) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at).count();
  if (seconds < 3600) return fmt::format("{:02}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace faultline::lab
