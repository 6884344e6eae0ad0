#include "daemon/store/argument_document.h"

#include "daemon/store/filter.h"

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace faultline::store {
namespace {

namespace json = boost::json;

json::array texts_json(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

// What an object may have: an older version wrote less.
class Fields {
 public:
  explicit Fields(const json::object& in) : in_(in) {}

  template <typename Number>
  Number number(const char* key) const {
    const auto* value = in_.if_contains(key);
    return value == nullptr ? Number{} : value->to_number<Number>();
  }
  bool flag(const char* key) const {
    const auto* value = in_.if_contains(key);
    return value != nullptr && value->as_bool();
  }
  std::string text(const char* key) const {
    const auto* value = in_.if_contains(key);
    return value == nullptr ? std::string() : std::string(value->as_string());
  }
  json::array list(const char* key) const {
    const auto* value = in_.if_contains(key);
    return value == nullptr ? json::array() : value->as_array();
  }
  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> found;
    for (const auto& entry : list(key)) found.emplace_back(entry.as_string());
    return found;
  }

 private:
  const json::object& in_;
};

}  // namespace

json::object argument_json(const Argument& argument) {
  json::array groups, explanations, would_change;
  for (const GroupFacts& one : argument.groups)
    groups.push_back(json::object{
        {"name", one.name}, {"bad", one.bad}, {"good", one.good}, {"unmeasured", one.unmeasured}});
  for (const WeighedExplanation& one : argument.explanations)
    explanations.push_back(json::object{{"what", one.what},
                                        {"explains", one.explains},
                                        {"gain_nats", one.gain_nats},
                                        {"behind_nats", one.behind_nats},
                                        {"verdict", one.verdict}});
  for (const WhatIf& one : argument.would_change)
    would_change.push_back(
        json::object{{"kind", name(one.kind)}, {"condition", one.condition}, {"outcome", one.outcome}});
  return {{"at", argument.at.time_since_epoch().count()},
          {"occasion", argument.occasion},
          {"told", argument.told},
          {"bad_members", argument.bad_members},
          {"bad", argument.bad},
          {"good", argument.good},
          {"unmeasured", argument.unmeasured},
          {"measured", texts_json(argument.measured)},
          {"groups", std::move(groups)},
          {"more_groups", argument.more_groups},
          {"explanations", std::move(explanations)},
          {"opening", texts_json(argument.opening)},
          {"would_change", std::move(would_change)}};
}

Argument read_argument(const json::object& in) {
  const Fields fields(in);
  Argument argument;
  argument.at = Timestamp(Duration(fields.number<std::int64_t>("at")));
  argument.occasion = fields.text("occasion");
  argument.told = fields.flag("told");
  argument.bad_members = fields.number<std::uint32_t>("bad_members");
  argument.bad = fields.number<std::uint32_t>("bad");
  argument.good = fields.number<std::uint32_t>("good");
  argument.unmeasured = fields.number<std::uint32_t>("unmeasured");
  argument.measured = fields.texts("measured");
  argument.more_groups = fields.number<std::uint32_t>("more_groups");
  argument.opening = fields.texts("opening");
  for (const auto& entry : fields.list("groups")) {
    const Fields group(entry.as_object());
    argument.groups.push_back({group.text("name"), group.number<std::uint32_t>("bad"),
                               group.number<std::uint32_t>("good"),
                               group.number<std::uint32_t>("unmeasured")});
  }
  for (const auto& entry : fields.list("explanations")) {
    const Fields one(entry.as_object());
    argument.explanations.push_back({one.text("what"), one.number<std::uint32_t>("explains"),
                                     one.number<double>("gain_nats"), one.number<double>("behind_nats"),
                                     one.text("verdict")});
  }
  for (const auto& entry : fields.list("would_change")) {
    const Fields one(entry.as_object());
    argument.would_change.push_back({from_name<WhatIfKind>(kWhatIfKindNames, one.text("kind")),
                                     one.text("condition"), one.text("outcome")});
  }
  return argument;
}

}  // namespace faultline::store
