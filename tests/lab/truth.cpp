#include "tests/lab/truth.h"

#include "rules/model/time_text.h"

#include <boost/json.hpp>

namespace faultline::lab {
namespace {

namespace json = boost::json;

json::object report_object(const ComplaintReport& r) {
  json::object o;
  o["id"] = r.id;
  o["customer"] = r.customer;
  o["received"] = rfc3339(r.received);
  if (r.began) o["began"] = rfc3339(*r.began);
  o["channel"] = r.channel;
  o["language"] = r.language;
  o["service"] = name(r.service);
  o["symptom"] = r.symptom;
  o["text"] = r.text;
  if (r.place)
    o["place"] = json::object{{"latitude", r.place->latitude_deg},
                              {"longitude", r.place->longitude_deg},
                              {"accuracy_m", r.accuracy_m}};
  if (!r.line.empty()) o["line"] = r.line;
  if (!r.cell.empty()) o["cell"] = r.cell;
  return o;
}

json::object fault_object(const FaultRecord& record, const Director& director, const Topology& topology) {
  json::array endpoints;
  std::uint64_t customers = 0;
  for (const EndpointIndex e : record.endpoints) {
    endpoints.emplace_back(topology.endpoint(e).name);
    customers += topology.endpoint(e).customers;
  }
  json::object o;
  o["target"] = record.event.target;
  o["kind"] = name(record.event.kind);
  o["settings"] = record.event.settings;
  o["begin_s"] = to_seconds(record.began);
  o["begin"] = rfc3339(director.start() + record.began);
  o["end_s"] = record.ended ? json::value(to_seconds(*record.ended)) : nullptr;
  o["end"] = record.ended ? json::value(rfc3339(director.start() + *record.ended)) : nullptr;
  o["endpoints"] = std::move(endpoints);
  o["customers"] = customers;
  o["complaints"] = json::array(record.complaints.begin(), record.complaints.end());
  return o;
}

json::value parsed_or_null(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value() : value;
}

json::object complaint_object(const MadeComplaint& made, const Topology& topology,
                              const std::map<std::string, Delivery>& deliveries) {
  json::object o;
  o["id"] = made.report.id;
  o["at_s"] = to_seconds(made.at);
  o["endpoint"] = topology.endpoint(made.endpoint).name;
  o["fault"] = made.fault ? json::value(*made.fault) : nullptr;
  o["report"] = report_object(made.report);
  const auto found = deliveries.find(made.report.id);
  const Delivery delivery = found == deliveries.end() ? Delivery{} : found->second;
  o["attempts"] = delivery.attempts;
  o["status"] = delivery.status;
  o["accepted"] = delivery.accepted;
  o["answer"] = parsed_or_null(delivery.answer);
  return o;
}

json::object network_object(const NetworkSummary& n) {
  const EmulatorCounters& c = n.counters;
  json::object o;
  o["complete"] = n.complete;
  o["received"] = c.received;
  o["answered"] = c.answered;
  o["lost"] = c.lost;
  o["silent"] = c.silent;
  o["refused"] = c.refused;
  o["malformed"] = c.malformed;
  o["ignored"] = c.ignored;
  o["unknown_address"] = c.unknown_address;
  o["overflow"] = c.overflow;
  o["queue_drops"] = n.queue_drops;
  o["write_failures"] = n.write_failures;
  o["lateness_p50_us"] = n.lateness_p50_us;
  o["lateness_p99_us"] = n.lateness_p99_us;
  o["excluded_ratio"] = n.excluded_ratio;
  o["cpu_seconds"] = n.cpu_seconds;
  return o;
}

}  // namespace

std::string complaint_json(const ComplaintReport& report) {
  return json::serialize(report_object(report));
}

std::string truth_json(const Director& director, const LabInventory& inventory, std::uint64_t seed,
                       const std::map<std::string, Delivery>& deliveries, const NetworkSummary& network) {
  const Topology& topology = *inventory.topology;
  json::array faults, complaints;
  for (const FaultRecord& record : director.faults().records())
    faults.push_back(fault_object(record, director, topology));
  for (const MadeComplaint& made : director.complaints())
    complaints.push_back(complaint_object(made, topology, deliveries));
  json::object o;
  o["seed"] = seed;
  o["started"] = rfc3339(director.start());
  o["inventory"] =
      json::object{{"nodes", topology.nodes().size()}, {"endpoints", topology.endpoints().size()}};
  o["faults"] = std::move(faults);
  o["complaints"] = std::move(complaints);
  o["network"] = network_object(network);
  return json::serialize(o) + "\n";
}

}  // namespace faultline::lab
