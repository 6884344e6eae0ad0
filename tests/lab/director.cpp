#include "tests/lab/director.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace faultline::lab {

Director::Director(const LabInventory& inventory, Scenario scenario, std::uint64_t seed, Timestamp start,
                   Outlets outlets)
    : inventory_(inventory),
      scenario_(std::move(scenario)),
      start_(start),
      outlets_(std::move(outlets)),
      dice_(seed ^ 0xD1CE),
      faults_(*inventory.topology) {
  over_ = scenario_.events.empty();
}

std::optional<Duration> Director::next() const {
  if (over_) return std::nullopt;
  std::optional<Duration> at;
  if (next_event_ < scenario_.events.size()) at = scenario_.events[next_event_].at;
  if (!later_.empty()) at = std::min(at.value_or(later_.top().at), later_.top().at);
  return at;
}

void Director::advance(Duration now) {
  for (auto at = next(); at && *at <= now; at = next()) {
    const bool event_first = next_event_ < scenario_.events.size() && scenario_.events[next_event_].at <= *at;
    if (event_first) {
      apply(scenario_.events[next_event_++]);
    } else {
      const Later later = later_.top();
      later_.pop();
      complain(later);
    }
    if (next_event_ == scenario_.events.size() && later_.empty()) over_ = true;
  }
}

void Director::apply(const ScenarioEvent& event) {
  if (const auto* fault = std::get_if<FaultEvent>(&event.what)) {
    const auto& touched = faults_.begin(*fault, event.at);
    say(event.at, fmt::format("fault {} {}{}{} ({} endpoints)", fault->target, name(fault->kind),
                              fault->settings.empty() ? "" : " ", fault->settings, touched.size()));
    publish(touched);
  } else if (const auto* restore = std::get_if<RestoreEvent>(&event.what)) {
    say(event.at, fmt::format("restore {}", restore->target));
    publish(faults_.restore(restore->target, event.at));
  } else if (const auto* complaint = std::get_if<ComplaintEvent>(&event.what)) {
    for (const PlannedComplaint& p : plan_complaints(*complaint, event.at, *inventory_.topology, dice_))
      later_.push({p.at, planned_++, *complaint, p.endpoint});
  } else {
    over_ = true;
    say(event.at, "end");
  }
}

void Director::publish(const std::vector<EndpointIndex>& touched) {
  for (const EndpointIndex endpoint : touched) {
    const std::uint32_t host = inventory_.host_of[endpoint.value];
    if (host != AddressTable::kNone && outlets_.set_condition)
      outlets_.set_condition(host, faults_.condition(endpoint));
    if (!inventory_.devices[endpoint.value].empty() && outlets_.set_signal)
      outlets_.set_signal(endpoint, faults_.signal(endpoint));
    if (inventory_.onu_of[endpoint.value] && outlets_.set_light)
      outlets_.set_light(endpoint, faults_.light(endpoint));
  }
  publish_olts(touched);
  if (!outlets_.set_condition) return;
  for (std::uint32_t host = inventory_.first_reference; host < inventory_.hosts.size(); ++host)
    outlets_.set_condition(host, faults_.reference_condition());
}

// A fault above an OLT takes its agent with it.
void Director::publish_olts(const std::vector<EndpointIndex>& touched) {
  if (!outlets_.set_condition) return;
  for (const LabOlt& olt : inventory_.olts) {
    const bool is_touched = std::any_of(olt.lines.begin(), olt.lines.end(), [&](EndpointIndex line) {
      return std::binary_search(touched.begin(), touched.end(), line);
    });
    if (is_touched) outlets_.set_condition(olt.host, faults_.condition_above(olt.lines));
  }
}

void Director::complain(const Later& later) {
  MadeComplaint made;
  made.at = later.at;
  made.endpoint = later.endpoint;
  made.fault = faults_.fault_at(later.endpoint);
  std::optional<Trouble> trouble;
  if (made.fault) {
    const FaultRecord& record = faults_.records()[*made.fault];
    trouble = Trouble{record.event.kind, later.at - record.began};
  }
  const auto started = std::chrono::duration_cast<std::chrono::seconds>(start_.time_since_epoch()).count();
  std::string id = fmt::format("lab-{}-{}", started, complaints_.size() + 1);
  const Endpoint& endpoint = inventory_.topology->endpoint(later.endpoint);
  if (made.fault) faults_.records()[*made.fault].complaints.push_back(id);
  made.report = make_complaint(later.event, endpoint, std::move(id), start_ + later.at, trouble, dice_);
  say(later.at,
      fmt::format("complaint {} near {} ({})", made.report.id, endpoint.name, name(made.report.service)));
  if (outlets_.send) outlets_.send(made.report);
  complaints_.push_back(std::move(made));
}

void Director::say(Duration at, const std::string& what) const {
  if (outlets_.say) outlets_.say(fmt::format("{} {}", time_text(at), what));
}

}  // namespace faultline::lab
