#include "tests/unit/daemon_http/fake_backend.h"

#include "rules/model/time_text.h"

#include <memory>
#include <utility>

namespace faultline::http {
namespace {

Timestamp at(const char* time) {
  return *parse_rfc3339(time);
}

std::shared_ptr<const Topology> small_network() {
  std::vector<NodeRecord> nodes(2);
  nodes[0].node.name = "agg-7";
  nodes[0].node.kind = NodeKind::aggregation;
  nodes[1].node.name = "site-1";
  nodes[1].parents = {{EdgeKind::transport, "agg-7"}};
  std::vector<EndpointRecord> endpoints(3);
  endpoints[0].endpoint.name = "cell-1";
  endpoints[0].endpoint.technology = Technology::lte;
  endpoints[0].endpoint.place = Place{52.37, 4.9};
  endpoints[0].endpoint.coverage_m = 800;
  endpoints[0].endpoint.customers = 400;
  endpoints[0].endpoint.region = "north";
  endpoints[0].parents = {{EdgeKind::transport, "site-1"}};
  endpoints[1].endpoint.name = "cell-2";
  endpoints[1].endpoint.technology = Technology::nr;
  endpoints[1].parents = {{EdgeKind::transport, "site-1"}};
  endpoints[2].endpoint.name = "olt 3/<port>";
  endpoints[2].endpoint.technology = Technology::gpon;
  return *Topology::build(std::move(nodes), std::move(endpoints));
}

IncidentView cut(const Topology& topology) {
  IncidentView view;
  Incident& incident = view.incident;
  incident.number = 7;
  incident.state = IncidentState::open;
  incident.root = *topology.find_node("agg-7");
  incident.severity = Severity::major;
  incident.confidence = 0.97;
  incident.onset = at("2026-11-24T10:00:00Z");
  incident.suspected_at = at("2026-11-24T10:00:10Z");
  incident.opened_at = at("2026-11-24T10:00:20Z");
  incident.affected = {EndpointIndex{0}, EndpointIndex{1}};
  incident.bad = {EndpointIndex{0}};
  incident.customers = 401;
  incident.complaints = {"c-1"};
  incident.causes = {{Cause::transport, 0.8, {"all below agg-7 lost at once"}}};
  incident.evidence = {{"2 of 2 endpoints below agg-7 are bad", 12.5}};
  incident.alternatives = {{"site-1 explains less", -4}};
  Argument argument;
  argument.at = at("2026-11-24T10:00:20Z");
  argument.occasion = "opened";
  argument.told = true;
  argument.bad = 1;
  argument.good = 1;
  argument.measured = {"1 of the 2 endpoints affected are bad now: 1 in loss"};
  argument.groups = {{"site-1", 1, 1, 0}};
  argument.explanations = {{"aggregation agg-7", 1, 12.5, -4, "chosen"}};
  argument.opening = {"odds 12.5 nats"};
  argument.would_change = {{WhatIfKind::cause, "a power or dying-gasp alarm is active", "power would be it"}};
  incident.argument = std::make_shared<const Argument>(std::move(argument));
  view.root = "agg-7";
  view.ticket = "FL-7";
  return view;
}

// One of everything: a dimming port, a full cell, what may fail, and what would help.
foresee::Outlook outlook_of_everything(const Topology& topology) {
  foresee::Outlook outlook;
  outlook.made = at("2026-11-24T10:00:00Z");
  outlook.endpoints = 3;
  foresee::Finding dims;
  dims.endpoint = EndpointIndex{2};
  dims.metric = Metric::optical_rx_dbm;
  dims.days_measured = 28;
  dims.now = -24.6;
  dims.before = -22;
  dims.limit = -27;
  dims.per_day = -0.1;
  dims.days = 24;
  dims.soonest = 15;
  dims.latest = 41;
  dims.p = 0.0001;
  dims.text = "crosses -27 dBm in 24 d (80 %: 15-41)";
  foresee::Finding slower;
  slower.kind = foresee::FindingKind::slow_degradation;
  slower.endpoint = EndpointIndex{0};
  slower.metric = Metric::rtt_ms;
  slower.days_measured = 20;
  slower.now = 60;
  slower.before = 30;
  slower.text = "worse from 30.0 ms to 60.0 ms over the last two to four weeks";
  outlook.findings = {dims, slower};
  outlook.capacity = {
      {EndpointIndex{0}, 400, 20, 7, 14, 0.5, 200, true, "strained at 20:00 on 7 of 14 days"}};
  outlook.risk = {{EndpointIndex{1}, 0.25, {{RiskFactor::falls_28d, 4, 1.4}}}};
  outlook.hints = {
      {foresee::HintKind::load_balance, EndpointIndex{0}, std::nullopt, 400, "balance load to cell-2",
       "cell-2 is at 10 % in its busy hour", "relief in the busy hour"},
      {foresee::HintKind::battery, std::nullopt, topology.find_node("site-1"), 401,
       "test the batteries and the feed", "3 power incidents in 90 days", "short power cuts"}};
  return outlook;
}

}  // namespace

FakeBackend::FakeBackend() : topology_(small_network()), health_(3) {
  status_.version = "0.1.0-test";
  status_.now = at("2026-11-24T10:01:00Z");
  status_.started = at("2026-11-24T09:00:00Z");
  status_.packets_per_second = 1500;
  status_.endpoints = 3;
  status_.endpoints_bad = 1;
  health_[0].state = HealthState::bad;
  health_[0].respects = 1U << static_cast<unsigned>(Respect::loss);
  health_[0].loss_ratio = 0.8F;
  health_[0].onset = at("2026-11-24T10:00:00Z");
  health_[0].measured = at("2026-11-24T10:00:50Z");
  health_[1].state = HealthState::ok;
  health_[1].measured = at("2026-11-24T10:00:50Z");
  degradations_ = {{EndpointIndex{0}, Respect::loss, at("2026-11-24T10:00:00Z"), at("2026-11-24T10:00:10Z"),
                    std::nullopt, "12 of 15 packets lost since 10:00:00"}};
  incidents_ = {cut(*topology_)};
  outlook_ = outlook_of_everything(*topology_);
  windows_ = {{"m-1", "site-1", at("2026-11-25T02:00:00Z"), at("2026-11-25T04:00:00Z"), "new router", true}};
}

EndpointDetails FakeBackend::details(EndpointIndex endpoint) {
  if (endpoint.value != 0) return {};
  Round round;
  round.started = at("2026-11-24T10:00:40Z");
  round.finished = at("2026-11-24T10:00:50Z");
  round.outcome = Outcome::partial;
  round.packets.sent = 5;
  round.packets.received = 1;
  round.rtt.minimum_ms = round.rtt.median_ms = round.rtt.p95_ms = round.rtt.maximum_ms = 12.3F;
  Round signal;
  signal.outcome = Outcome::ok;
  signal.add(Metric::rsrp_dbm, -101.5F);
  return {"192.0.2.1", "", "cell", {{"icmp", round}, {"modem", signal}}};
}

void FakeBackend::incidents(IncidentQuery query, Reply<Result<Page<IncidentView>>> reply) {
  last_incident_query_ = query;
  if (store_error_) return reply(tl::make_unexpected(*store_error_));
  reply(Page<IncidentView>{incidents_, ""});
}

void FakeBackend::incident(IncidentNumber number, Reply<Result<std::optional<IncidentView>>> reply) {
  if (store_error_) return reply(tl::make_unexpected(*store_error_));
  if (number != 7) return reply(std::optional<IncidentView>());
  reply(std::optional(incidents_.front()));
}

void FakeBackend::complaints(PageRequest, Reply<Result<Page<ComplaintView>>> reply) {
  ComplaintView view;
  view.id = "c-1";
  view.received = at("2026-11-24T10:00:30Z");
  view.service = Service::mobile_data;
  view.incident = 7;
  reply(Page<ComplaintView>{{view}, ""});
}

void FakeBackend::tickets(PageRequest page, Reply<Result<Page<TicketView>>> reply) {
  TicketView view{"FL-7", 7, "acknowledged", "major", "agg-7 is down", {}, {}, {"opened"}};
  reply(Page<TicketView>{{view}, page.offset == 0 ? "1" : ""});
}

void FakeBackend::ticket(std::string id, Reply<Result<std::optional<TicketView>>> reply) {
  if (id != "FL-7") return reply(std::optional<TicketView>());
  reply(std::optional(TicketView{"FL-7", 7, "acknowledged", "major", "agg-7 is down", {}, {}, {"opened"}}));
}

void FakeBackend::events(EventQuery query, Reply<Result<Page<EventView>>> reply) {
  last_event_query_ = query;
  reply(Page<EventView>{{{1, at("2026-11-24T10:00:20Z"), "incident.opened", "FL-7", "loss below agg-7", ""}},
                        ""});
}

void FakeBackend::history(HistoryQuery query, Reply<Result<std::vector<HistoryPoint>>> reply) {
  last_history_query_ = query;
  HistoryPoint point{query.from, std::chrono::minutes(10), 60, 0.0F, 0.25F, 1.0F};
  reply(std::vector<HistoryPoint>{point});
}

void FakeBackend::outlook(Reply<Result<std::shared_ptr<const foresee::Outlook>>> reply) {
  if (store_error_) return reply(tl::make_unexpected(*store_error_));
  reply(std::make_shared<const foresee::Outlook>(outlook_));
}

void FakeBackend::usage(std::vector<NodeIndex> areas, Reply<Result<std::vector<foresee::AreaUsage>>> reply) {
  std::vector<foresee::AreaUsage> usages;
  for (const NodeIndex area : areas) {
    foresee::AreaUsage& usage = usages.emplace_back();
    usage.area = area;
    usage.endpoints = 2;
    usage.customers = 401;
    usage.source = foresee::UsageSource::traffic;
    usage.busiest = kDayHours + 20;  // 20:00 at weekends
    usage.growth = foresee::Growth{0.02, 0.01, 0.03, 0.001, 28};
    usage.rtt_with_demand = 0.75;
    usage.hours[kDayHours + 20].traffic_bps = 2e9;
    usage.hours[kDayHours + 20].complaints = 3;
  }
  reply(std::move(usages));
}

void FakeBackend::inventory_suspects(Reply<Result<InventorySuspectsView>> reply) {
  if (store_error_) return reply(tl::make_unexpected(*store_error_));
  InventorySuspectView view;
  view.endpoint = "cell-1";
  view.entered_below = {"site-1"};
  view.failed_with = "agg-7";
  view.incidents = {3, 7};
  view.recovered = 1;
  view.apart = 0;
  view.odds = 310.5;
  view.first_seen = at("2026-11-23T10:00:00Z");
  view.last_seen = at("2026-11-24T10:00:00Z");
  reply(InventorySuspectsView{{view}, 0.011, 350, 4});
}

void FakeBackend::add_maintenance(MaintenanceView window, const Principal& by,
                                  Reply<Result<MaintenanceView>> reply) {
  last_principal_ = by.name;
  if (!topology_->find_node(window.target) && !topology_->find_endpoint(window.target))
    return reply(fail("target: there is no node or endpoint \"" + window.target + "\""));
  if (window.id.empty()) window.id = "m-2";
  windows_.push_back(window);
  reply(window);
}

void FakeBackend::remove_maintenance(std::string id, const Principal&, Reply<Result<bool>> reply) {
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    if (windows_[i].id != id) continue;
    if (windows_[i].from_file) return reply(fail("it is in maintenance.csv; delete it there and reload"));
    windows_.erase(windows_.begin() + static_cast<std::ptrdiff_t>(i));
    return reply(true);
  }
  reply(false);
}

void FakeBackend::submit_complaints(std::string body, const Principal& by, Reply<RawAnswer> reply) {
  last_principal_ = by.name;
  submitted_.push_back(std::move(body));
  reply({201,
         R"({"id":"c-2","result":"accepted","warnings":[],"explanation":{"incident":null,"nearby":[]}})",
         {}});
}

void FakeBackend::submit_alerts(std::string body, const Principal& by, Reply<RawAnswer> reply) {
  last_principal_ = by.name;
  if (store_error_) return reply({503, "the alarms could not be stored now; send them again", {}});
  if (body.find("alerts") == std::string::npos) return reply({400, "/alerts: expected an array", {}});
  reply({200, R"({"taken":1,"refused":0,"problems":[]})", {}});
}

void FakeBackend::tmf_alarms(Method method, std::string resource, std::string id, Query, std::string body,
                             const Principal&, Reply<RawAnswer> reply) {
  const std::string alarm =
      R"({"id":7,"href":"/tmf-api/alarmManagement/v4/alarm/7","state":"raised","perceivedSeverity":"major"})";
  const std::string task =
      R"({"id":"8","href":"/tmf-api/alarmManagement/v4/clearAlarms/8","state":"done","clearedAlarm":[{"id":7}]})";
  const std::string& one = resource == "alarm" ? alarm : task;
  if (!id.empty() && id != "7" && id != "8")
    return reply({404, R"({"code":"notFound","reason":"there is no such alarm"})", {}});
  if (method == Method::del) return reply({204, "", {}});
  if (method == Method::post || method == Method::patch) {
    if (body == "{}") return reply({400, R"({"code":"invalidBody","reason":"state: it is required"})", {}});
    return reply({method == Method::post ? 201U : 200U, one, {}});
  }
  if (id.empty()) return reply({200, "[" + one + "]", {{"X-Total-Count", "1"}}});
  reply({200, one, {}});
}

void FakeBackend::tmf(Method method, std::string id, Query, std::string, const Principal&,
                      Reply<RawAnswer> reply) {
  if (id.empty()) return reply({200, R"([{"id":"FL-7","@type":"TroubleTicket"}])", {{"X-Total-Count", "1"}}});
  if (id != "FL-7") return reply({404, R"({"code":"60","reason":"there is no such ticket"})", {}});
  const std::string status = method == Method::patch ? "inProgress" : "acknowledged";
  reply({200, R"({"id":"FL-7","@type":"TroubleTicket","status":")" + status + "\"}", {}});
}

void FakeBackend::reload(const Principal& by, Reply<Result<std::string>> reply) {
  last_principal_ = by.name;
  if (reload_error_) return reply(tl::make_unexpected(*reload_error_));
  reply(std::string("2 endpoints added"));
}

}  // namespace faultline::http
