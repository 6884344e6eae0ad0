// The argument of an incident as JSON: `why.argument` of /api/v1/incidents/{id}.
#include "daemon/http/api_json.h"

namespace faultline::http {
namespace {

json::array texts_json(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

}  // namespace

json::value argument_json(const Incident& incident) {
  if (!incident.argument) return nullptr;
  const Argument& argument = *incident.argument;
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
  return json::object{{"at", json_time(argument.at)},
                      {"occasion", argument.occasion},
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

}  // namespace faultline::http
