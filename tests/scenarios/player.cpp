#include "tests/scenarios/player.h"

#include "daemon/config/rule_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace faultline::scenarios {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const RuleSet> rules_of(const Scenario& scenario) {
  auto rules = config::default_rules();
  if (!rules) throw std::runtime_error(rules.error().message);
  for (const std::string& text : scenario.rules) {
    config::Problems problems;
    if (!config::apply_rules(text, scenario.name, *rules, problems))
      throw std::runtime_error(problems.text());
  }
  return std::make_shared<const RuleSet>(std::move(*rules));
}

std::string clock(Duration at) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at).count();
  return fmt::format("{:02}:{:02}", seconds / 60, seconds % 60);
}

template <std::size_t n>
std::size_t position(const std::array<std::string_view, n>& names, const std::string& word) {
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) throw std::runtime_error("unknown word " + word);
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

std::string root_name(const Root& root, const Topology& topology) {
  if (const auto* node = std::get_if<NodeIndex>(&root)) return topology.node(*node).name;
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root)) return topology.endpoint(*endpoint).name;
  std::string text = "area";
  for (const NodeIndex node : std::get<Area>(root).nodes) text += "," + topology.node(node).name;
  return text;
}

std::string Told::text(const Topology& topology) const {
  if (!complaint.empty()) return fmt::format("{} {} {} FL-{}", clock(at), verb, complaint, incident.number);
  const Incident& i = incident;
  return fmt::format("{} {} FL-{} node={} cause={}:{:.2f} severity={} bad={}/{} complaints={} p={:.3f}: {}",
                     clock(at), verb, i.number, root_name(i.root, topology),
                     i.causes.empty() ? "none" : name(i.causes[0].cause),
                     i.causes.empty() ? 0.0 : i.causes[0].probability, name(i.severity), i.bad.size(),
                     i.affected.size(), i.complaints.size(), i.confidence, reason);
}

Player::Player(const Scenario& scenario)
    : scenario_(scenario),
      origin_(Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)) + scenario.start) {
  rules_ = rules_of(scenario_);
  topology_ = build(nullptr);
  truth_ = std::make_unique<Truth>(topology_);
  pipeline_ = std::make_unique<Pipeline>(topology_, rules_);
}

std::shared_ptr<const Topology> Player::build(const Topology* previous) {
  auto built = Topology::build(scenario_.nodes, scenario_.endpoints, previous);
  if (!built) throw std::runtime_error(built.error().message);
  return *built;
}

void Player::schedule(Duration at, std::function<void()> run) {
  later_.push({at, order_++, std::move(run)});
}

void Player::play() {
  for (const Line& line : scenario_.events) {
    end_ = std::max({end_, *line.at + 5min, line.duration_of("until", 0s)});
    if (!line.words.empty() && line.words[0] == "end") end_ = *line.at;
    schedule(*line.at, [this, line] { start_event(line); });
  }
  for (Duration at = 1s; at <= end_; at += 1s) schedule(at, [this, at] { tick(at); });
  while (!later_.empty() && later_.top().at <= end_) {
    const Later next = later_.top();
    later_.pop();
    now_ = next.at;
    next.run();
  }
}

void Player::start_event(const Line& line) {
  const std::string verb = line.words.empty() ? "" : line.words[0];
  const std::string target = line.words.size() > 1 ? line.words[1] : "*";
  if (verb == "round") return start_rounds(line);
  if (verb == "fault") return truth_->set_fault(line, target);
  if (verb == "restore") return truth_->restore(target);
  if (verb == "complaint") return complain(line);
  if (verb == "maintenance") return maintain(line);
  if (verb == "alarm" || verb == "clear") return raise_alarm(line, verb == "clear");
  if (verb == "restart") return restart();
  if (verb == "reload") return reload(line);
  if (verb == "end") return;
  if (verb == "probe_host") {
    truth_->set_host_sick(target != "well", target == "deaf");
    host_healthy_ = target != "sick";  // "blind", "deaf": sick, and its self-check does not see it
    return;
  }
  throw std::runtime_error(fmt::format("line {}: \"{}\" is not understood", line.number, line.text));
}

void Player::start_rounds(const Line& line) {
  const std::string target = line.words.size() > 1 ? line.words[1] : "*";
  truth_->set_normal(line, target);
  const Duration interval = line.duration_of("every", 10s);
  const Duration until = line.duration_of("until", end_);
  const auto packets = static_cast<int>(line.number_of("packets", 5));
  const auto endpoints = truth_->targets(target);
  if (endpoints.empty()) throw std::runtime_error(fmt::format("line {}: {} is nothing", line.number, target));
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    // A fixed spread over the interval, neighbours far apart.
    const auto offset = static_cast<std::int64_t>((i * 7919) % 1000) * interval / 1000;
    start_round_of(endpoints[i], *line.at + offset, interval, until, packets);
  }
}

void Player::start_round_of(EndpointIndex endpoint, Duration at, Duration interval, Duration until,
                            int packets) {
  if (at > until) return;
  schedule(at, [=, this] {
    if (topology_->endpoint(endpoint).retired) return;
    if (!truth_->is_silent(endpoint)) {
      const Round round = truth_->measure(endpoint, time(now_), packets, false);
      schedule(round.finished - origin_, [this, round] { take(pipeline_->on(round)); });
      if (const auto signal = truth_->read_signal(endpoint, time(now_)))
        schedule(signal->finished - origin_, [this, signal] { take(pipeline_->on(*signal)); });
    }
    start_round_of(endpoint, at + interval, interval, until, packets);
  });
}

void Player::complain(const Line& line) {
  Complaint complaint;
  complaint.id = line.value("id", fmt::format("c{}", sent_.size() + 1));
  complaint.customer =
      static_cast<std::uint64_t>(line.number_of("customer", static_cast<double>(sent_.size() + 1)));
  complaint.received = time(now_);
  if (line.has("began")) complaint.trouble_began = time(line.duration_of("began", now_));
  complaint.service = static_cast<Service>(position(kServiceNames, line.value("service", "mobile_data")));
  if (line.has("cell")) complaint.cell = topology_->find_endpoint(line.value("cell"));
  if (line.has("line")) complaint.line = topology_->find_endpoint(line.value("line"));
  if (line.has("at")) {
    const std::string text = line.value("at");
    complaint.place = Place{std::stod(text), std::stod(text.substr(text.find(',') + 1))};
  }
  if (line.has("near")) {  // where an endpoint or node stands
    const auto targets = truth_->targets(line.value("near"));
    if (targets.empty()) throw std::runtime_error("near nothing: " + line.text);
    complaint.place = topology_->endpoint(targets.front()).place;
  }
  complaint.accuracy_m = static_cast<float>(line.number_of("accuracy", 300));
  sent_.push_back(complaint);
  attached_.emplace(complaint.id, std::nullopt);
  take(pipeline_->on(complaint));
}

void Player::maintain(const Line& line) {
  Maintenance window;
  window.id = line.words.at(1);
  window.node = topology_->find_node(line.words.at(2));
  if (!window.node) window.endpoint = topology_->find_endpoint(line.words.at(2));
  window.begins = time(line.duration_of("from", now_));
  window.ends = time(line.duration_of("until", now_));
  windows_.push_back(window);
  pipeline_->set_maintenance(windows_);
}

void Player::raise_alarm(const Line& line, bool cleared) {
  Alarm alarm;
  alarm.kind = static_cast<AlarmKind>(position(kAlarmKindNames, line.words.at(1)));
  alarm.id = line.words.at(1) + line.words.at(2);
  alarm.raised = time(now_);
  alarm.cleared = cleared;
  alarm.node = topology_->find_node(line.words.at(2));
  if (!alarm.node) alarm.endpoint = topology_->find_endpoint(line.words.at(2));
  take(pipeline_->on(alarm));
}

// What the store gives back after a kill: incidents as they were told last, with the complaints attached.
void Player::restart() {
  PipelineState state;
  for (const auto& [number, told] : stored_) {
    state.next_incident = number + 1;
    const bool is_old = told.closed_at && time(now_) - *told.closed_at > 30min;
    if (has_ended(told.state) && is_old) continue;
    state.incidents.push_back(told);
    state.incidents.back().complaints.clear();
    for (const auto& [id, incident] : attached_)
      if (incident == number) state.incidents.back().complaints.push_back(id);
  }
  state.degradations = pipeline_->degradations();
  state.complaints = sent_;
  auto next = std::make_unique<Pipeline>(topology_, rules_);
  next->restore(std::move(state));
  for (std::uint32_t i = 0; i < topology_->endpoints().size(); ++i)
    next->restore_baseline(EndpointIndex{i}, pipeline_->baseline(EndpointIndex{i}));
  next->set_maintenance(windows_);
  check_memory(*next);
  pipeline_ = std::move(next);
}

// A restart forgets no incident that runs, and none of its complaints.
void Player::check_memory(const Pipeline& next) {
  for (const Incident* before : pipeline_->incidents()) {
    if (has_ended(before->state)) continue;
    const Incident* after = next.incident(before->number);
    if (after == nullptr || after->state != before->state || after->root != before->root ||
        after->complaints.size() != before->complaints.size())
      broken_.insert(fmt::format("the restart at {} changed FL-{}", clock(now_), before->number));
  }
}

void Player::reload(const Line& line) {
  const std::string gone = line.value("without");
  std::erase_if(scenario_.endpoints,
                [&](const EndpointRecord& record) { return record.endpoint.name == gone; });
  topology_ = build(topology_.get());
  truth_->set_topology(topology_);
  pipeline_->set_topology(topology_);
  pipeline_->set_rules(rules_);
  pipeline_->set_maintenance(windows_);
}

void Player::tick(Duration at) {
  take(pipeline_->on(Tick{time(at), host_healthy_}));
  check_owners();
}

void Player::take(const Actions& actions) {
  for (const Action& action : actions) {
    Told told;
    told.at = action.at - origin_;
    told.time = action.at;
    if (const auto* changed = std::get_if<IncidentChanged>(&action.detail)) {
      told.verb = std::string(name(changed->event));
      told.reason = changed->reason;
      told.incident = changed->incident;
      stored_[changed->incident.number] = changed->incident;
      if (changed->reason.empty()) broken_.insert("a change without a reason: " + told.verb);
      story_.push_back(std::move(told));
    } else if (const auto* attached = std::get_if<ComplaintAttached>(&action.detail)) {
      attached_[attached->complaint_id] = attached->incident;
      told.verb = attached->incident ? "attached" : "detached";
      told.complaint = attached->complaint_id;
      if (attached->incident) told.incident = *pipeline_->incident(*attached->incident);
      story_.push_back(std::move(told));
    } else if (const auto* burst = std::get_if<BurstRequested>(&action.detail)) {
      ++bursts_;
      const EndpointIndex endpoint = burst->endpoint;
      schedule(now_ + 50ms, [this, endpoint] {
        if (truth_->is_silent(endpoint)) return;
        const Round round = truth_->measure(endpoint, time(now_), 5, true);
        schedule(round.finished - origin_, [this, round] { take(pipeline_->on(round)); });
        if (auto signal = truth_->read_signal(endpoint, time(now_))) {
          signal->on_demand = true;
          schedule(signal->finished - origin_, [this, signal] { take(pipeline_->on(*signal)); });
        }
      });
    }
  }
}

// No endpoint may be bad in two incidents that others were told of, and no root in two that run.
void Player::check_owners() {
  std::map<EndpointIndex, IncidentNumber> owner;
  std::map<Root, IncidentNumber> at;
  for (const Incident* incident : pipeline_->incidents()) {
    if (incident->state > IncidentState::recovering) continue;
    if (const auto [other, is_new] = at.emplace(incident->root, incident->number); !is_new)
      broken_.insert(fmt::format("{} has FL-{} and FL-{} at once", root_name(incident->root, *topology_),
                                 other->second, incident->number));
    if (incident->state != IncidentState::open && incident->state != IncidentState::recovering) continue;
    for (const EndpointIndex endpoint : incident->bad)
      if (const auto [other, is_new] = owner.emplace(endpoint, incident->number); !is_new)
        broken_.insert(fmt::format("{} is bad in FL-{} and in FL-{}", topology_->endpoint(endpoint).name,
                                   other->second, incident->number));
  }
}

}  // namespace faultline::scenarios
