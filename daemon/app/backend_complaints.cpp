// The API's backend: complaints. What happens to one is daemon/complaints/desk.h's business; here it meets
// the rules.
#include "daemon/app/backend.h"
#include "probes/async/clock.h"
#include "probes/registry.h"

#include <spdlog/spdlog.h>

#include <array>
#include <utility>

namespace faultline::app {
namespace {

// Median of the latest packet round that had an answer.
std::optional<double> latest_rtt_ms(const LatestRounds& latest, EndpointIndex endpoint) {
  for (const ProbeKind& kind : probe_kinds()) {
    const Round* round = latest.find(endpoint, index_of(kind));
    if (round != nullptr && round->packets.received > 0) return static_cast<double>(round->rtt.median_ms);
  }
  return std::nullopt;
}

complaints::DeskHooks desk_hooks(Services& services) {
  complaints::DeskHooks hooks;
  hooks.now = wall_now;
  hooks.post = services.post;
  hooks.topology = [&services] { return services.setup.inventory.topology; };
  hooks.accepted = [&services](const Complaint& complaint) {
    services.complaints.push_back(complaint.received);
    services.carry_out(services.pipeline->on(complaint));
  };
  hooks.answer = [&services](const Complaint& complaint) { return services.pipeline->answer(complaint); };
  hooks.surroundings = [&services] {
    complaints::Surroundings around;
    around.topology = &services.pipeline->topology();
    around.health = [&services](EndpointIndex endpoint) { return services.pipeline->health(endpoint); };
    around.rtt_ms = [&services](EndpointIndex endpoint) { return latest_rtt_ms(services.latest, endpoint); };
    around.incident = [&services](IncidentNumber number) { return services.pipeline->incident(number); };
    return around;
  };
  return hooks;
}

}  // namespace

Backend::Backend(Services& services, Reload reload)
    : services_(services),
      reload_(std::move(reload)),
      desk_(*services.store, desk_hooks(services)),
      tmf642_(*services.alarms, wall_now),
      foresight_(services) {}

void Backend::submit_complaints(std::string body, const http::Principal&,
                                http::Reply<http::RawAnswer> reply) {
  desk_.submit(body, [this, reply = std::move(reply)](complaints::IntakeReply answered) {
    for (std::size_t i = 0; i < counted_.size(); ++i)
      for (; counted_[i] < desk_.counts()[i]; ++counted_[i])
        services_.metrics->complaint(complaints::kItemResultNames[i]);
    http::Headers headers;
    if (answered.status == 503) {
      services_.metrics->store_error();
      headers.emplace_back("retry-after", "5");
      if (complaint_trouble_.failed())
        spdlog::error("complaints.refused reason=\"{}\" action=\"senders are asked to send them again\"",
                      answered.trouble);
    } else if (answered.status < 300) {  // one was stored
      if (const auto refused = complaint_trouble_.went_well())
        spdlog::info("complaints.taken_again refused={}", *refused);
    }
    reply({answered.status, std::move(answered.json), std::move(headers)});
  });
}

}  // namespace faultline::app
