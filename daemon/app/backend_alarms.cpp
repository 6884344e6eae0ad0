// The API's backend: alarms of other systems. What happens to one is daemon/alarms/desk.h's business.
#include "daemon/alarms/alertmanager.h"
#include "daemon/app/backend.h"
#include "daemon/json/json_text.h"
#include "probes/async/clock.h"

#include <boost/json.hpp>

#include <utility>

namespace faultline::app {

void Backend::submit_alerts(std::string body, const http::Principal&, http::Reply<http::RawAnswer> reply) {
  alarms::AlertBody alerts = alarms::read_alerts(body, wall_now());
  if (!alerts.refusal.empty()) {
    services_.alarms->refuse(alarms::Source::alertmanager, alerts.refusal);
    return reply({400, std::move(alerts.refusal), {}});
  }
  boost::json::array refused;
  for (const std::string& problem : alerts.problems) {
    services_.alarms->refuse(alarms::Source::alertmanager, problem);
    if (refused.size() < 20) refused.emplace_back(problem);
  }
  std::string answer = to_text(boost::json::object{{"taken", alerts.reports.size()},
                                                   {"refused", alerts.problems.size()},
                                                   {"problems", std::move(refused)}});
  services_.alarms->submit(
      std::move(alerts.reports), [this, answer = std::move(answer), reply = std::move(reply)](
                                     const std::vector<alarms::Fate>&, const Result<void>& stored) {
        if (stored) return reply({200, answer, {}});
        services_.metrics->store_error();
        // Alertmanager sends again what a 5xx answers.
        reply({503, "the alarms could not be stored now; send them again", {{"Retry-After", "5"}}});
      });
}

void Backend::tmf_alarms(http::Method method, std::string resource, std::string id, http::Query query,
                         std::string body, const http::Principal&, http::Reply<http::RawAnswer> reply) {
  alarms::TmfAlarmRequest request{std::string(http::name(method)), std::move(resource), std::move(id),
                                  std::move(query), std::move(body)};
  tmf642_.handle(request, [this, reply = std::move(reply)](alarms::TmfAlarmAnswer answer) {
    // The other 503, too many alarms, is not the store's and asks nobody to try again.
    if (answer.status == 503 && !answer.headers.empty()) services_.metrics->store_error();
    reply({answer.status, std::move(answer.body), std::move(answer.headers)});
  });
}

}  // namespace faultline::app
