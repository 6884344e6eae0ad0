// Binds the members of a rule struct to the keys of a YAML section, one line each. The built-in defaults must
// give every key (nothing in rules/ has a default of its own); an operator's file only what it changes. Used
// by the rule_file_*.cpp readers; places, units, ranges and unknown keys are the strict reader's business.
//
//   void bind_rules(Binder section, FlapRules& rules) {
//     section.bind("penalty", rules.penalty, 0, 1e6);
//     section.bind("half_life", rules.half_life, 1s, 24h);
//   }
#pragma once

#include "daemon/config/yaml.h"

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace faultline::config {

class Binder {
 public:
  // `must_give_all`: a missing key is a problem.
  Binder(Map map, bool must_give_all) : map_(std::move(map)), must_give_all_(must_give_all) {}

  // Each leaves the member alone if the key is missing or wrong. Limits are inclusive.
  void bind(std::string_view key, double& member, double minimum, double maximum) {
    if (wants(key)) map_.read(key, member, minimum, maximum);
  }
  void bind(std::string_view key, Duration& member, Duration minimum, Duration maximum) {
    if (wants(key)) map_.read(key, member, minimum, maximum);
  }
  void bind(std::string_view key, bool& member) {
    if (wants(key)) map_.read(key, member);
  }
  void bind(std::string_view key, std::string& member) {
    if (wants(key)) map_.read(key, member);
  }
  void bind(std::string_view key, std::vector<std::string>& member) {
    if (wants(key)) map_.read(key, member);
  }
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) void bind(std::string_view key, Integer& member,
                                                   std::int64_t minimum, std::int64_t maximum) {
    if (wants(key)) map_.read(key, member, minimum, maximum);
  }
  // An enumeration whose names are `words`, in the order of its values.
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void bind(std::string_view key, Enum& member, std::span<const std::string_view> words) {
    if (wants(key)) map_.read(key, member, words);
  }
  // Need not be given; the word `none` takes an earlier one away.
  void bind(std::string_view key, std::optional<double>& member, double minimum, double maximum);
  // A list of numbers with exactly as many items as the span.
  void bind(std::string_view key, std::span<double> members, double minimum, double maximum);

  // The section under a key; its keys are looked for only if it is there.
  template <typename Read>
  void section(std::string_view key, Read&& read) {
    if (wants(key) && map_.has(key)) read(Binder(map_.map(key), must_give_all_));
  }
  // Every entry of a map whose keys are names, each as (name, value).
  std::vector<std::pair<std::string, Value>> entries() { return map_.entries(); }
  // The items of a list; empty if there is none. One that is given must have an item: an empty one would say
  // "nothing" and be taken as "as shipped".
  std::vector<Value> list(std::string_view key);

  bool has(std::string_view key) const { return map_.has(key); }
  bool must_give_all() const { return must_give_all_; }
  // A rule that the single ranges cannot express: adds "section: message" at the section's place.
  void expect(bool holds, std::string_view message) {
    if (!holds) map_.problem(message);
  }
  Map& map() { return map_; }

 private:
  // Says so if a key that must be given is missing; true if there is something to read.
  bool wants(std::string_view key);

  Map map_;
  bool must_give_all_;
};

}  // namespace faultline::config
