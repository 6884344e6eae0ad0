#include "daemon/complaints/answer.h"

#include "daemon/json/json_text.h"
#include "daemon/tickets/book.h"
#include "daemon/tickets/description.h"
#include "daemon/tickets/ticket.h"
#include "rules/model/time_text.h"

#include <boost/json.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace faultline::complaints {

namespace json = boost::json;

namespace {

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

json::value number_or_null(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  return rounded(*value);
}

// The ticket follows from the incident: it has one from its opening on, with the incident's own key.
json::value ticket_of(const Incident& incident) {
  const bool is_merged = incident.state == IncidentState::merged;
  const IncidentNumber number = is_merged && incident.merged_into ? *incident.merged_into : incident.number;
  if (!incident.opened_at && !is_merged) return nullptr;
  const std::string key = tickets::external_key(number);
  return json::object{{"id", key}, {"href", fmt::format("{}/{}", tickets::kTicketPath, key)}};
}

json::value describe_incident(const ComplaintAnswer& answer, const Surroundings& around) {
  if (!answer.incident || !around.incident) return nullptr;
  const Incident* incident = around.incident(*answer.incident);
  if (incident == nullptr) return nullptr;
  json::object out{{"id", tickets::external_key(incident->number)},
                   {"title", tickets::title(*incident, *around.topology)},
                   {"state", name(incident->state)},
                   {"severity", name(incident->severity)},
                   {"since", rfc3339(incident->onset)},
                   {"likely_cause", nullptr},
                   {"cause_probability", nullptr},
                   {"probability", number_or_null(answer.probability)},
                   {"ticket", ticket_of(*incident)}};
  if (!incident->causes.empty()) {
    out["likely_cause"] = name(incident->causes.front().cause);
    out["cause_probability"] = number_or_null(incident->causes.front().probability);
  }
  return out;
}

json::object describe_endpoint(EndpointIndex index, const Surroundings& around) {
  const EndpointHealth health = around.health(index);
  std::optional<double> loss, rtt;
  if (health.measured != Timestamp{}) loss = health.loss_ratio;
  if (around.rtt_ms) rtt = around.rtt_ms(index);
  return {{"endpoint", around.topology->endpoint(index).name},
          {"state", name(health.state)},
          {"loss_ratio", number_or_null(loss)},
          {"rtt_ms", number_or_null(rtt)}};
}

json::array problems(const std::vector<Problem>& list) {
  json::array out;
  for (const Problem& problem : list)
    out.push_back(json::object{{"pointer", problem.pointer}, {"expected", problem.expected}});
  return out;
}

json::object describe(const AnsweredItem& answered, const Surroundings& around) {
  json::object out;
  if (!answered.item.id.empty()) out["id"] = answered.item.id;
  out["result"] = name(answered.result);
  if (answered.result == ItemResult::conflict)
    out["errors"] = problems({{"/id", "an id that no other complaint has; this one is taken"}});
  if (!answered.item.errors.empty()) out["errors"] = problems(answered.item.errors);
  if (!answered.item.warnings.empty()) out["warnings"] = problems(answered.item.warnings);
  if (!answered.answer) return out;
  json::array nearby;
  for (const EndpointIndex endpoint : answered.answer->nearby)
    nearby.push_back(describe_endpoint(endpoint, around));
  out["explanation"] =
      json::object{{"incident", describe_incident(*answered.answer, around)}, {"nearby", std::move(nearby)}};
  return out;
}

unsigned status_of(ItemResult result) {
  switch (result) {
    case ItemResult::accepted:
      return 201;
    case ItemResult::repeated:
      return 200;
    case ItemResult::conflict:
      return 409;
    case ItemResult::refused:
      return 422;
  }
  return 500;
}

}  // namespace

IntakeReply reply(bool is_array, const std::vector<AnsweredItem>& items, const Surroundings& around) {
  if (!is_array && !items.empty())
    return {status_of(items.front().result), to_text(describe(items.front(), around)), {}};
  std::array<std::int64_t, kItemResultNames.size()> counts{};
  json::array results;
  for (const AnsweredItem& item : items) {
    ++counts[static_cast<std::size_t>(item.result)];
    results.push_back(describe(item, around));
  }
  json::object out;
  for (std::size_t i = 0; i < counts.size(); ++i) out[kItemResultNames[i]] = counts[i];
  out["results"] = std::move(results);
  const bool all_taken = counts[static_cast<std::size_t>(ItemResult::conflict)] == 0 &&
                         counts[static_cast<std::size_t>(ItemResult::refused)] == 0;
  return {all_taken ? 200U : 207U, to_text(out), {}};
}

IntakeReply refusal(unsigned status, std::string_view detail) {
  std::string_view title = "Bad Request";
  if (status == 413) title = "Content Too Large";
  if (status == 503) title = "Service Unavailable";
  return {status,
          to_text(json::object{
              {"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}}),
          {}};
}

}  // namespace faultline::complaints
