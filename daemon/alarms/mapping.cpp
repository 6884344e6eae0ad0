#include "daemon/alarms/mapping.h"

#include "daemon/alarms/x733.h"

#include <fmt/format.h>

#include <algorithm>

namespace faultline::alarms {
namespace {

std::string first_of(const Fields& fields, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto found = fields.find(name); found != fields.end()) return plain(found->second);
  return {};
}

bool any_fits(const std::vector<std::string>& patterns, std::string_view text) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                         [&](const std::string& p) { return matches(p, text); });
}

// Calls piece(text, is_field) for each part of the template. False if a brace is not closed or names nothing.
template <typename Piece>
bool for_each_piece(std::string_view text, Piece&& piece) {
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    if (open > 0) piece(text.substr(0, open), false);
    text.remove_prefix(open);
    if (text.empty()) return true;
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos || close < 2) return false;
    piece(text.substr(1, close - 1), true);
    text.remove_prefix(close + 1);
  }
  return true;
}

void find_usual(const Facts& facts, const FindTarget& find, Among among, Mapped& mapped) {
  for (const std::string_view field : kTargetFields) {
    const auto value = facts.fields.find(field);
    if (value == facts.fields.end()) continue;
    if (mapped.looked_for.empty()) mapped.looked_for = value->second;
    if (const auto target = find(value->second, among)) {
      mapped.target = *target;
      mapped.verdict = Verdict::mapped;
      return;
    }
  }
}

}  // namespace

bool Facts::is_cleared() const {
  const auto state = fields.find("state");
  return severity == "cleared" || (state != fields.end() && plain(state->second) == "cleared");
}

Facts facts_of(Source source, Fields fields) {
  Facts facts;
  facts.source = source;
  facts.cause = first_of(fields, {"probableCause", "probable_cause"});
  facts.type = first_of(fields, {"alarmType", "alarm_type"});
  facts.severity = first_of(fields, {"perceivedSeverity", "severity"});
  facts.fields = std::move(fields);
  return facts;
}

std::string plain(std::string_view name, bool is_pattern) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c + ('a' - 'A'));
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (is_pattern && (c == '*' || c == '?')))
      out += c;
  }
  return out;
}

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, after_star = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {  // the last star takes one byte more
      p = star + 1;
      t = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool fits(const Match& match, const Facts& facts) {
  if (match.source && *match.source != facts.source) return false;
  if (!any_fits(match.causes, facts.cause) || !any_fits(match.types, facts.type) ||
      !any_fits(match.severities, facts.severity))
    return false;
  return std::all_of(match.fields.begin(), match.fields.end(), [&](const auto& wanted) {
    const auto found = facts.fields.find(wanted.first);
    return found != facts.fields.end() && any_fits(wanted.second, found->second);
  });
}

std::optional<std::string> fill(std::string_view text, const Fields& fields) {
  std::string out;
  bool is_complete = true;
  const bool is_good = for_each_piece(text, [&](std::string_view piece, bool is_field) {
    const auto found = is_field ? fields.find(piece) : fields.end();
    if (is_field && found == fields.end())
      is_complete = false;
    else
      out += is_field ? found->second : piece;
  });
  if (!is_good || !is_complete) return std::nullopt;
  return out;
}

std::optional<std::string> template_problem(std::string_view text) {
  if (for_each_piece(text, [](std::string_view, bool) {})) return std::nullopt;
  return fmt::format("\"{}\" has a {{ that names no field up to a }} (try {{instance}})", text);
}

Mapped map(const Mapping& mapping, const Facts& facts, const FindTarget& find) {
  const auto rule = std::find_if(mapping.rules.begin(), mapping.rules.end(),
                                 [&](const MappingRule& r) { return fits(r.match, facts); });
  const bool has_rule = rule != mapping.rules.end();
  Mapped mapped;
  if (has_rule && rule->ignore) {
    mapped.verdict = Verdict::ignored;
    return mapped;
  }
  const auto kind = has_rule && rule->kind ? rule->kind : kind_of(facts.cause, facts.type);
  if (!kind) return mapped;
  mapped.kind = *kind;
  mapped.verdict = Verdict::no_target;
  if (!has_rule || rule->target.empty()) {
    find_usual(facts, find, Among::any, mapped);
    return mapped;
  }
  const auto text = fill(rule->target, facts.fields);
  mapped.looked_for = text ? *text : rule->target + ", which it has not";
  const auto target = text ? find(*text, rule->among) : std::nullopt;
  if (target) {
    mapped.target = *target;
    mapped.verdict = Verdict::mapped;
  }
  return mapped;
}

}  // namespace faultline::alarms
