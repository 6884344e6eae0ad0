#include "daemon/replay/input.h"

#include "daemon/replay/fields.h"
#include "rules/model/time_text.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace faultline::replay {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 8> kOutcomes = {"ok",      "partial",   "lost",      "unreachable",
                                                       "refused", "timed_out", "malformed", "not_measured"};

std::vector<std::string_view> reasons() {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < kOutcomeReasonCount; ++i) words.push_back(name(static_cast<OutcomeReason>(i)));
  return words;
}

template <typename T>
Result<T> done(const Fields& fields, T value) {
  if (auto error = fields.error()) return tl::make_unexpected(std::move(*error));
  return value;
}

std::optional<Place> place(Fields& fields) {
  if (!fields.has("latitude") && !fields.has("longitude")) return std::nullopt;
  if (!fields.has("latitude")) fields.wrong("latitude", "is missing");
  if (!fields.has("longitude")) fields.wrong("longitude", "is missing");
  return Place{fields.number("latitude", 0, -90, 90), fields.number("longitude", 0, -180, 180)};
}

// ["transport:core", "power:zone-1"]
std::vector<ParentName> parents(Fields& fields) {
  std::vector<ParentName> found;
  const auto* list = fields.list("parents");
  if (list == nullptr) return found;
  for (const json::value& item : *list) {
    const auto* text = item.if_string();
    const std::string parent = text == nullptr ? "" : std::string(text->data(), text->size());
    const auto colon = parent.find(':');
    const auto edge = std::find(kEdgeKindNames.begin(), kEdgeKindNames.end(), parent.substr(0, colon));
    if (colon == std::string::npos || edge == kEdgeKindNames.end())
      fields.wrong("parents", fmt::format("\"{}\" is not EDGE:NODE", parent));
    else
      found.push_back({static_cast<EdgeKind>(edge - kEdgeKindNames.begin()), parent.substr(colon + 1)});
  }
  return found;
}

Result<NodeRecord> read_node(const json::object& object) {
  Fields fields(object);
  NodeRecord record;
  record.node.name = fields.text("name");
  record.node.kind = static_cast<NodeKind>(fields.choice("kind", kNodeKindNames, 0));
  record.node.place = place(fields);
  record.parents = parents(fields);
  return done(fields, std::move(record));
}

Result<EndpointRecord> read_endpoint(const json::object& object) {
  Fields fields(object);
  EndpointRecord record;
  Endpoint& endpoint = record.endpoint;
  endpoint.name = fields.text("name");
  endpoint.technology = static_cast<Technology>(fields.choice("technology", kTechnologyNames, 0));
  endpoint.place = place(fields);
  endpoint.coverage_m = static_cast<float>(fields.number("coverage_m", 0, 0, 1e6));
  endpoint.customers = static_cast<std::uint32_t>(
      fields.whole("customers", default_customers(endpoint.technology), 1'000'000'000));
  endpoint.region = fields.text_or("region", "");
  record.parents = parents(fields);
  return done(fields, std::move(record));
}

template <typename Record>
Result<std::vector<Record>> read_all(Fields& fields, std::string_view key,
                                     Result<Record> (*read)(const json::object&)) {
  std::vector<Record> records;
  const auto* list = fields.list(key);
  if (list == nullptr) return records;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto* object = (*list)[i].if_object();
    if (object == nullptr) return fail(fmt::format("{}[{}]: an object is expected", key, i));
    auto record = read(*object);
    if (!record) return fail(fmt::format("{}[{}].{}", key, i, record.error().message));
    records.push_back(std::move(*record));
  }
  return records;
}

EndpointIndex endpoint_of(Fields& fields, std::string_view key, const Topology& topology) {
  const std::string name = fields.text(key);
  const auto found = topology.find_endpoint(name);
  if (!found && !name.empty()) fields.wrong(key, fmt::format("\"{}\" is not in the inventory", name));
  return found.value_or(EndpointIndex{});
}

std::optional<EndpointIndex> endpoint_if(Fields& fields, std::string_view key, const Topology& topology) {
  if (!fields.has(key)) return std::nullopt;
  return endpoint_of(fields, key, topology);
}

// What a window or an alarm is about.
void read_target(Fields& fields, const Topology& topology, std::optional<NodeIndex>& node,
                 std::optional<EndpointIndex>& endpoint) {
  const std::string target = fields.text("target");
  node = topology.find_node(target);
  if (!node) endpoint = topology.find_endpoint(target);
  if (!node && !endpoint) fields.wrong("target", fmt::format("\"{}\" is not in the inventory", target));
}

constexpr std::array<std::string_view, 8> kRttNames = {"minimum", "median", "p95",     "maximum",
                                                       "ipdv",    "jitter", "forward", "backward"};
using RttMembers = std::array<float RttSummary::*, 8>;
constexpr RttMembers kRttMembers = {&RttSummary::minimum_ms,       &RttSummary::median_ms,
                                    &RttSummary::p95_ms,           &RttSummary::maximum_ms,
                                    &RttSummary::ipdv_ms,          &RttSummary::jitter_ms,
                                    &RttSummary::forward_delay_ms, &RttSummary::backward_delay_ms};

void read_rtt(Fields& fields, RttSummary& rtt) {
  const auto* object = fields.object("rtt_ms");
  if (object == nullptr) return;
  Fields inner(*object);
  for (std::size_t i = 0; i < kRttNames.size(); ++i)
    rtt.*kRttMembers[i] = static_cast<float>(inner.number(kRttNames[i], kNoValue, -1e9, 1e9));
  if (const auto error = inner.error()) fields.wrong("rtt_ms." + error->message, "see above");
}

void read_values(Fields& fields, Round& round) {
  const auto* object = fields.object("values");
  if (object == nullptr) return;
  Fields inner(*object);
  for (std::size_t m = 0; m < kMetricCount; ++m)
    if (inner.has(kMetricNames[m]))
      round.add(static_cast<Metric>(m),
                static_cast<float>(inner.number(kMetricNames[m], kNoValue, -1e15, 1e15)));
  if (const auto error = inner.error()) fields.wrong("values." + error->message, "see above");
}

std::uint16_t count(Fields& fields, std::string_view key) {
  return static_cast<std::uint16_t>(fields.whole(key, 0, UINT16_MAX));
}

}  // namespace

Result<std::shared_ptr<const Topology>> read_inventory(const json::object& line, const Topology* previous) {
  Fields fields(line);
  auto nodes = read_all<NodeRecord>(fields, "nodes", read_node);
  if (!nodes) return tl::make_unexpected(nodes.error());
  auto endpoints = read_all<EndpointRecord>(fields, "endpoints", read_endpoint);
  if (!endpoints) return tl::make_unexpected(endpoints.error());
  if (auto error = fields.error()) return tl::make_unexpected(std::move(*error));
  return Topology::build(std::move(*nodes), std::move(*endpoints), previous);
}

Result<Round> read_round(const json::object& line, const Topology& topology) {
  Fields fields(line);
  Round round;
  round.endpoint = endpoint_of(fields, "endpoint", topology);
  round.probe = static_cast<ProbeKindIndex>(fields.whole("probe", 0, UINT8_MAX));
  round.probe_host = static_cast<ProbeHostIndex>(fields.whole("probe_host", 0, UINT8_MAX));
  round.started = fields.time("started");
  round.finished = fields.time_if("finished").value_or(round.started);
  round.outcome = static_cast<Outcome>(fields.choice("outcome", kOutcomes, 0));
  round.reason = static_cast<OutcomeReason>(fields.choice("reason", reasons(), 0));
  round.on_demand = fields.flag("on_demand", false);
  round.packets.sent = count(fields, "sent");
  round.packets.received = count(fields, "received");
  round.packets.late = count(fields, "late");
  round.packets.duplicates = count(fields, "duplicates");
  round.packets.reordered = count(fields, "reordered");
  if (round.packets.received + round.packets.late > round.packets.sent)
    fields.wrong("received", "more than were sent");
  read_rtt(fields, round.rtt);
  read_values(fields, round);
  return done(fields, round);
}

Result<Complaint> read_complaint(const json::object& line, const Topology& topology) {
  Fields fields(line);
  Complaint complaint;
  complaint.id = fields.text("id");
  const std::string customer = fields.text_or("customer", "0");
  const auto parsed =
      std::from_chars(customer.data(), customer.data() + customer.size(), complaint.customer, 16);
  if (parsed.ec != std::errc() || parsed.ptr != customer.data() + customer.size())
    fields.wrong("customer", "a keyed hash of up to 16 hexadecimal digits is expected");
  complaint.received = fields.time("received");
  complaint.trouble_began = fields.time_if("trouble_began");
  complaint.service = static_cast<Service>(fields.choice("service", kServiceNames, 0));
  complaint.line = endpoint_if(fields, "line", topology);
  complaint.cell = endpoint_if(fields, "cell", topology);
  complaint.place = place(fields);
  complaint.accuracy_m = static_cast<float>(fields.number("accuracy_m", 300, 0, 1e6));
  return done(fields, std::move(complaint));
}

Result<Alarm> read_alarm(const json::object& line, const Topology& topology) {
  Fields fields(line);
  Alarm alarm;
  alarm.id = fields.text("id");
  alarm.raised = fields.time("raised");
  alarm.cleared = fields.flag("cleared", false);
  alarm.kind = static_cast<AlarmKind>(fields.choice("kind", kAlarmKindNames, kAlarmKindNames.size() - 1));
  read_target(fields, topology, alarm.node, alarm.endpoint);
  return done(fields, std::move(alarm));
}

Result<Maintenance> read_maintenance(const json::object& line, const Topology& topology) {
  Fields fields(line);
  Maintenance window;
  window.id = fields.text("id");
  window.begins = fields.time("begins");
  window.ends = fields.time("ends");
  window.reason = fields.text_or("reason", "");
  read_target(fields, topology, window.node, window.endpoint);
  if (window.ends <= window.begins) fields.wrong("ends", "is not after begins");
  return done(fields, std::move(window));
}

Result<Tick> read_tick(const json::object& line) {
  Fields fields(line);
  Tick tick{fields.time("at"), fields.flag("probe_host_healthy", true),
            static_cast<std::uint32_t>(fields.whole("failing_hosts", 0, UINT32_MAX))};
  return done(fields, tick);
}

std::string write(const Round& round, const Topology& topology) {
  json::object line{{"type", "round"},
                    {"endpoint", topology.endpoint(round.endpoint).name},
                    {"probe", round.probe},
                    {"started", rfc3339(round.started)},
                    {"finished", rfc3339(round.finished)},
                    {"outcome", std::string(name(round.outcome))}};
  if (round.reason != OutcomeReason::none) line["reason"] = std::string(name(round.reason));
  if (round.probe_host != 0) line["probe_host"] = round.probe_host;
  if (round.on_demand) line["on_demand"] = true;
  const auto add = [&](const char* key, std::uint16_t number) {
    if (number != 0) line[key] = number;
  };
  add("sent", round.packets.sent);
  add("received", round.packets.received);
  add("late", round.packets.late);
  add("duplicates", round.packets.duplicates);
  add("reordered", round.packets.reordered);
  json::object rtt;
  for (std::size_t i = 0; i < kRttNames.size(); ++i)
    if (!std::isnan(round.rtt.*kRttMembers[i])) rtt[std::string(kRttNames[i])] = round.rtt.*kRttMembers[i];
  if (!rtt.empty()) line["rtt_ms"] = std::move(rtt);
  json::object values;
  for (const MetricValue& value : round.metric_values())
    values[std::string(name(value.metric))] = value.value;
  if (!values.empty()) line["values"] = std::move(values);
  return json::serialize(line);
}

std::string write(const Complaint& complaint, const Topology& topology) {
  json::object line{{"type", "complaint"},
                    {"id", complaint.id},
                    {"customer", fmt::format("{:x}", complaint.customer)},
                    {"received", rfc3339(complaint.received)},
                    {"service", std::string(name(complaint.service))},
                    {"accuracy_m", complaint.accuracy_m}};
  if (complaint.trouble_began) line["trouble_began"] = rfc3339(*complaint.trouble_began);
  if (complaint.line) line["line"] = topology.endpoint(*complaint.line).name;
  if (complaint.cell) line["cell"] = topology.endpoint(*complaint.cell).name;
  if (complaint.place) {
    line["latitude"] = complaint.place->latitude_deg;
    line["longitude"] = complaint.place->longitude_deg;
  }
  return json::serialize(line);
}

std::string write(const Tick& tick) {
  json::object line{{"type", "tick"}, {"at", rfc3339(tick.at)}};
  if (!tick.probe_host_healthy) line["probe_host_healthy"] = false;
  if (tick.failing_hosts != 0) line["failing_hosts"] = tick.failing_hosts;
  return json::serialize(line);
}

}  // namespace faultline::replay
