#include "tests/scenarios/truth.h"

#include <algorithm>

namespace faultline::scenarios {
namespace {

void apply(const Line& line, Condition& condition) {
  condition.loss = line.number_of("loss", condition.loss);
  condition.rtt_ms = line.number_of("rtt", condition.rtt_ms);
  condition.signal_dbm = line.number_of("signal", condition.signal_dbm);
  if (line.has("measured")) condition.measured = line.value("measured") != "no";
  if (line.has("silent")) condition.silent = line.value("silent") == "yes";
}

}  // namespace

Truth::Truth(std::shared_ptr<const Topology> topology) {
  set_topology(std::move(topology));
}

void Truth::set_topology(std::shared_ptr<const Topology> topology) {
  topology_ = std::move(topology);
  normal_.resize(topology_->endpoints().size());
  now_.resize(topology_->endpoints().size());
  drawn_.resize(topology_->endpoints().size());
}

std::vector<EndpointIndex> Truth::targets(const std::string& name) const {
  std::vector<EndpointIndex> found;
  if (const auto node = topology_->find_node(name)) return topology_->endpoints_below(*node);
  if (const auto endpoint = topology_->find_endpoint(name)) return {*endpoint};
  if (!name.ends_with('*')) return found;
  const auto endpoints = topology_->endpoints();
  for (std::uint32_t i = 0; i < endpoints.size(); ++i)
    if (!endpoints[i].retired && endpoints[i].name.starts_with(name.substr(0, name.size() - 1)))
      found.push_back(EndpointIndex{i});
  return found;
}

void Truth::set_normal(const Line& line, const std::string& target) {
  for (const EndpointIndex endpoint : targets(target)) {
    apply(line, normal_[endpoint.value]);
    now_[endpoint.value] = normal_[endpoint.value];
  }
}

void Truth::set_fault(const Line& line, const std::string& target) {
  const double part = line.number_of("part", 1);
  for (const EndpointIndex endpoint : targets(target))
    if (part >= 1 || chance(endpoint) < part) apply(line, now_[endpoint.value]);
}

void Truth::restore(const std::string& target) {
  for (const EndpointIndex endpoint : targets(target)) now_[endpoint.value] = normal_[endpoint.value];
}

double Truth::chance(EndpointIndex endpoint) {
  std::uint64_t x = (static_cast<std::uint64_t>(endpoint.value) << 32) + ++drawn_[endpoint.value];
  x += 0x9e3779b97f4a7c15;  // splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1.0p-53;
}

Round Truth::measure(EndpointIndex endpoint, Timestamp at, int packets, bool on_demand) {
  using std::chrono::milliseconds;
  const Condition& condition = now_[endpoint.value];
  Round round;
  round.endpoint = endpoint;
  round.started = at;
  round.on_demand = on_demand;
  if (!condition.measured) {
    round.reason = OutcomeReason::engine_late;
    round.finished = at + milliseconds(100);
    return round;
  }
  const bool deaf = host_sick_ && !(on_demand && only_scheduled_);
  const double loss = deaf ? 1 : condition.loss;
  int sent = 0, received = 0;
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i, ++sent)
      if (chance(endpoint) >= loss) ++received;
  };
  send(packets);
  if (on_demand && received < sent) send(15);
  round.packets.sent = static_cast<std::uint16_t>(sent);
  round.packets.received = static_cast<std::uint16_t>(received);
  round.outcome = received == sent ? Outcome::ok : received > 0 ? Outcome::partial : Outcome::lost;
  round.finished = at + (on_demand ? milliseconds(sent > packets ? 4000 : 1000)
                                   : milliseconds(received < sent ? 2000 : 200));
  if (received > 0) {
    const auto rtt = static_cast<float>(condition.rtt_ms * (0.98 + 0.04 * chance(endpoint)));
    round.rtt = {rtt * 0.97F, rtt, rtt * 1.04F, rtt * 1.05F, rtt * 0.07F, rtt * 0.02F, kNoValue, kNoValue};
  }
  return round;
}

std::optional<Round> Truth::read_signal(EndpointIndex endpoint, Timestamp at) {
  const Condition& condition = now_[endpoint.value];
  if (condition.signal_dbm == 0) return std::nullopt;
  Round round;
  round.endpoint = endpoint;
  round.probe = 1;
  round.started = at;
  round.finished = at + std::chrono::milliseconds(300);
  round.outcome = Outcome::ok;
  round.add(Metric::rsrp_dbm, static_cast<float>(condition.signal_dbm + chance(endpoint) - 0.5));
  return round;
}

}  // namespace faultline::scenarios
