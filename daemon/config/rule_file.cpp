#include "daemon/config/rule_file.h"

#include "daemon/config/rule_file_sections.h"

#include <string_view>

// Made from rules/defaults/ by faultline_embed.
extern const char kDetectDefaults[];
extern const char kCorrelateDefaults[];
extern const char kDecideDefaults[];
extern const char kCausesDefaults[];
extern const char kForeseeDefaults[];

namespace faultline::config {
namespace {

struct Section {
  std::string_view key;
  const char* defaults;
  std::string_view file;  // of the defaults, for messages
  void (*bind)(Binder, RuleSet&);
};

// The one list of sections. A file of the operator may hold any of them.
const Section kSections[] = {
    {"detect", kDetectDefaults, "rules/defaults/detect.yaml",
     [](Binder section, RuleSet& rules) { bind_detect(std::move(section), rules.detect); }},
    {"correlate", kCorrelateDefaults, "rules/defaults/correlate.yaml",
     [](Binder section, RuleSet& rules) { bind_correlate(std::move(section), rules.correlate); }},
    {"decide", kDecideDefaults, "rules/defaults/decide.yaml",
     [](Binder section, RuleSet& rules) { bind_decide(std::move(section), rules.decide); }},
    {"causes", kCausesDefaults, "rules/defaults/causes.yaml",
     [](Binder section, RuleSet& rules) { bind_causes(std::move(section), rules.decide.cause); }},
    {"foresee", kForeseeDefaults, "rules/defaults/foresee.yaml",
     [](Binder section, RuleSet& rules) { bind_foresee(std::move(section), rules.foresee); }},
};

void bind_file(const YamlDocument& document, RuleSet& rules, Problems& problems) {
  Map root = Value(document, problems).map();
  for (const Section& section : kSections)
    if (root.find(section.key)) section.bind(Binder(root.map(section.key), false), rules);
}

void bind_defaults(RuleSet& rules, Problems& problems) {
  for (const Section& section : kSections) {
    const auto document = parse_yaml(section.defaults, section.file, problems);
    if (!document) continue;
    Map root = Value(*document, problems).map();
    if (root.require(section.key)) section.bind(Binder(root.map(section.key), true), rules);
  }
}

Error error_of(const Problems& problems) {
  std::string text = problems.text();
  if (text.ends_with('\n')) text.pop_back();
  return {std::move(text)};
}

}  // namespace

bool apply_rules(std::string_view text, std::string_view shown_as, RuleSet& rules, Problems& problems) {
  const std::size_t before = problems.count();
  if (const auto document = parse_yaml(text, shown_as, problems)) bind_file(*document, rules, problems);
  return problems.count() == before;
}

std::optional<RuleSet> load_rules(std::span<const std::filesystem::path> files, Problems& problems) {
  const std::size_t before = problems.count();
  RuleSet rules;
  bind_defaults(rules, problems);
  for (const std::filesystem::path& file : files)
    if (const auto document = load_yaml(file, problems)) bind_file(*document, rules, problems);
  if (problems.count() != before) return std::nullopt;
  return rules;
}

Result<RuleSet> load_rules(std::span<const std::filesystem::path> files) {
  Problems problems;
  if (auto rules = load_rules(files, problems)) return std::move(*rules);
  return tl::make_unexpected(error_of(problems));
}

Result<RuleSet> default_rules() {
  return load_rules(std::span<const std::filesystem::path>());
}

}  // namespace faultline::config
