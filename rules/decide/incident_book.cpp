#include "rules/decide/incident_book.h"

#include "rules/decide/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace faultline::decide {
namespace {

Level level_of_root(const Root& root, const Topology& topology) {
  if (const auto* node = std::get_if<NodeIndex>(&root)) return level_of(topology.node(*node).kind);
  return std::holds_alternative<EndpointIndex>(root) ? Level::endpoint : Level::wide;
}

}  // namespace

bool is_known(const Root& root, const Topology& topology) {
  const auto node_known = [&](NodeIndex node) {
    return node.value < topology.nodes().size() && !topology.node(node).retired;
  };
  if (const auto* node = std::get_if<NodeIndex>(&root)) return node_known(*node);
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root))
    return endpoint->value < topology.endpoints().size() && !topology.endpoint(*endpoint).retired;
  const auto& nodes = std::get<Area>(root).nodes;
  return std::all_of(nodes.begin(), nodes.end(), node_known);
}

namespace {

// The probe host's own incident, as set_host_sick makes it.
bool is_of_host(const Incident& incident, const Topology& topology) {
  if (incident.causes.empty() || incident.causes.front().cause != Cause::probe_host) return false;
  if (const auto* area = std::get_if<Area>(&incident.root)) return area->nodes.empty();
  const auto* node = std::get_if<NodeIndex>(&incident.root);
  return node != nullptr && is_known(incident.root, topology) &&
         topology.node(*node).kind == NodeKind::probe_host;
}

void drop_retired(std::vector<EndpointIndex>& endpoints, const Topology& topology) {
  std::erase_if(endpoints, [&](EndpointIndex endpoint) {
    return endpoint.value >= topology.endpoints().size() || topology.endpoint(endpoint).retired;
  });
}

// The argument of a stored incident: its first sentence, with its worth; the rest are notes.
void recall_argument(Record& record, const Incident& incident) {
  for (const Evidence& one : incident.evidence)
    if (!is_summary(one.text)) (record.argument.empty() ? record.argument : record.notes).push_back(one);
  if (record.argument.empty()) return;
  record.gain_nats = record.margin_nats = record.argument.front().nats;
  if (!incident.alternatives.empty()) record.margin_nats = std::abs(incident.alternatives.front().nats);
}

}  // namespace

IncidentBook::IncidentBook(std::shared_ptr<const Topology> topology, std::shared_ptr<const DecideRules> rules)
    : topology_(std::move(topology)), rules_(std::move(rules)), owner_(topology_->endpoints().size()) {}

void IncidentBook::restore(std::vector<Incident> incidents, IncidentNumber next) {
  next_ = std::max(next, next_);
  for (Incident& incident : incidents) {
    next_ = std::max(next_, incident.number + 1);
    Record record;
    record.level =
        is_known(incident.root, *topology_) ? level_of_root(incident.root, *topology_) : Level::wide;
    record.is_host = is_of_host(incident, *topology_);
    if (incident.most_bad == 0)  // stored by an earlier version
      incident.most_bad = incident.bad.empty() ? incident.affected.size() : incident.bad.size();
    record.severity = SeverityMemory(incident.severity);
    record.told = told_of(incident, {});
    recall_argument(record, incident);
    for (const std::string& complaint : incident.complaints) complaint_owner_[complaint] = incident.number;
    record.incident = std::move(incident);
    records_[record.incident.number] = std::move(record);
  }
  set_topology(topology_);
  restore_members();
}

// What was told at different times may name an endpoint twice: it belongs to the later incident.
void IncidentBook::restore_members() {
  for (auto& [number, record] : records_) {
    if (!record.is_active()) continue;
    own(record, std::vector<EndpointIndex>(record.incident.bad));
    own(record, std::vector<EndpointIndex>(record.incident.suspected_members));
  }
  // Nobody bad any more: whoever may have been must be seen to be well.
  for (auto& [number, record] : records_) {
    if (record.is_active() && record.members.empty()) own_free(record, record.incident.affected);
  }
}

void IncidentBook::own_free(Record& record, const std::vector<EndpointIndex>& endpoints) {
  std::vector<EndpointIndex> free;
  for (const EndpointIndex endpoint : endpoints)
    if (!owner(endpoint)) free.push_back(endpoint);
  own(record, free);
}

void IncidentBook::set_rules(std::shared_ptr<const DecideRules> rules) {
  rules_ = std::move(rules);
  for (auto* records : {&records_, &ended_})
    for (auto& [number, record] : *records) record.ranked.clear();
}

void IncidentBook::set_topology(std::shared_ptr<const Topology> topology) {
  topology_ = std::move(topology);
  owner_.resize(topology_->endpoints().size());
  for (std::uint32_t e = 0; e < owner_.size(); ++e)
    if (topology_->endpoint({e}).retired) owner_[e] = 0;
  for (auto* records : {&records_, &ended_})
    for (auto& [number, record] : *records) {
      drop_retired(record.members, *topology_);
      drop_retired(record.incident.affected, *topology_);
      drop_retired(record.incident.bad, *topology_);
      drop_retired(record.incident.suspected_members, *topology_);
      drop_retired(record.incident.well_again, *topology_);
      record.narrowing.clear();  // what it holds may be retired; its time starts anew
      drop_retired(record.tests, *topology_);
    }
}

bool IncidentBook::wants_explanation(EndpointIndex endpoint, Timestamp now) const {
  const auto number = owner(endpoint);
  if (!number) return true;
  return is_young(*find(*number), now);
}

void IncidentBook::adopt(EndpointIndex endpoint, Timestamp now) {
  if (owner(endpoint)) return;
  for (auto& [number, record] : records_)
    if (record.is_active() && record.is_told() && !record.incident.complaint_only && !is_young(record, now) &&
        contains(record.incident.affected, endpoint) && !is_mostly_over(record))
      return own(record, {endpoint});
}

bool IncidentBook::is_young(const Record& record, Timestamp now) const {
  if (record.incident.split_from) return false;  // its place was known for long when it opened
  return !record.is_told() || now - *record.incident.opened_at < rules_->identity.reroot_age;
}

std::optional<IncidentNumber> IncidentBook::incident_of(const std::string& complaint) const {
  const auto found = complaint_owner_.find(complaint);
  if (found == complaint_owner_.end()) return std::nullopt;
  return found->second;
}

std::optional<IncidentNumber> IncidentBook::owner(EndpointIndex endpoint) const {
  const IncidentNumber number = endpoint.value < owner_.size() ? owner_[endpoint.value] : 0;
  return number == 0 ? std::nullopt : std::optional(number);
}

const Record* IncidentBook::find(IncidentNumber number) const {
  if (const auto found = records_.find(number); found != records_.end()) return &found->second;
  const auto found = ended_.find(number);
  return found == ended_.end() ? nullptr : &found->second;
}

Record& IncidentBook::at(IncidentNumber number) {
  const auto found = records_.find(number);
  return found != records_.end() ? found->second : ended_.at(number);
}

void IncidentBook::note_bad_round(EndpointIndex endpoint) {
  const auto number = owner(endpoint);
  if (number) ++at(*number).repeats;
}

void IncidentBook::set_parent_measured(IncidentNumber number, bool measured) {
  records_.at(number).parent_measured = measured;
}

void IncidentBook::mark_overrun(const std::vector<EndpointIndex>& below, Timestamp since,
                                const std::string& window) {
  for (auto& [number, record] : records_)
    if (record.incident.state == IncidentState::suspected && record.overrun.empty() &&
        record.incident.suspected_at >= since && contains_all(below, record.members) &&
        !record.members.empty())
      record.overrun = window;
}

Record& IncidentBook::add(Root root, Timestamp onset, Timestamp now) {
  const IncidentNumber number = next_++;
  Record& record = records_[number];
  record.incident.number = number;
  record.incident.root = std::move(root);
  record.incident.onset = onset;
  record.incident.suspected_at = now;
  record.level = level_of_root(record.incident.root, *topology_);
  record.last_bad = now;
  return record;
}

// The latest incident at the same root that is resolved or closed: the new one follows it.
std::optional<IncidentNumber> IncidentBook::last_at(const Root& root) const {
  std::optional<IncidentNumber> last;
  for (const auto* records : {&records_, &ended_})
    for (const auto& [number, record] : *records)
      if (record.incident.root == root && record.is_told() && number > last.value_or(0) &&
          (record.incident.state == IncidentState::resolved ||
           record.incident.state == IncidentState::closed))
        last = number;
  return last;
}

void IncidentBook::tell(Record& record, IncidentEvent event, std::string reason, Timestamp now,
                        Actions& actions) {
  ++record.incident.revision;
  compose(record);
  record.told = told_of(record.incident, now);
  actions.push_back({now, IncidentChanged{event, std::move(reason), record.incident}});
}

std::string IncidentBook::root_name(const Root& root) const {
  return describe_root(root, *topology_);
}

std::uint64_t IncidentBook::customers_of(const std::vector<EndpointIndex>& endpoints) const {
  std::uint64_t sum = 0;
  for (const EndpointIndex endpoint : endpoints) sum += topology_->endpoint(endpoint).customers;
  return sum;
}

void IncidentBook::own(Record& record, const std::vector<EndpointIndex>& endpoints) {
  std::map<IncidentNumber, std::vector<EndpointIndex>> taken;  // from whom
  for (const EndpointIndex endpoint : endpoints) {
    const IncidentNumber before = std::exchange(owner_[endpoint.value], record.incident.number);
    if (before != 0 && before != record.incident.number) taken[before].push_back(endpoint);
  }
  for (auto& [number, theirs] : taken) {
    std::sort(theirs.begin(), theirs.end());
    remove_all(at(number).members, theirs);
    remove_all(at(number).incident.bad, theirs);
  }
  insert_all(record.members, endpoints);
}

void IncidentBook::release(Record& record) {
  for (const EndpointIndex member : record.members)
    if (owner_[member.value] == record.incident.number) owner_[member.value] = 0;
  silent_ended_ = silent_ended_ || record.incident.complaint_only;
}

void IncidentBook::withdraw_since(Timestamp since, const std::function<bool(EndpointIndex)>& is_its,
                                  Timestamp now, std::string_view why, Actions& actions) {
  for (auto& [number, record] : records_) {
    if (record.incident.state != IncidentState::suspected || record.incident.suspected_at < since ||
        record.is_host || record.incident.complaint_only)
      continue;
    const auto its = std::count_if(record.members.begin(), record.members.end(), is_its);
    if (2 * its < static_cast<std::ptrdiff_t>(record.members.size())) continue;
    record.incident.state = IncidentState::withdrawn;
    record.incident.closed_at = now;
    record.incident.bad.clear();
    release(record);
    tell(record, IncidentEvent::withdrawn, std::string(why), now, actions);
  }
}

void IncidentBook::renew(Actions& actions) {
  for (Action& action : actions) {
    auto* changed = std::get_if<IncidentChanged>(&action.detail);
    if (changed == nullptr || has_ended(changed->incident.state)) continue;
    Record& record = at(changed->incident.number);
    if (record.incident.revision != changed->incident.revision) continue;
    changed->incident.complaints = record.incident.complaints;
    changed->incident.evidence = record.incident.evidence;
    record.told.complaints = record.incident.complaints.size();
  }
}

void IncidentBook::note_received(const std::string& complaint, Timestamp received) {
  const auto number = incident_of(complaint);
  if (!number) return;
  Record& record = at(*number);
  const bool is_first = record.first_complaint == Timestamp{} || received < record.first_complaint;
  if (is_first) record.first_complaint = received;
  record.last_complaint = std::max(record.last_complaint, received);
}

// The evidence as it is told: the argument, how it became known, complaints, and the cause.
void IncidentBook::compose(Record& record) const {
  Incident& incident = record.incident;
  incident.evidence = record.argument;
  incident.evidence.insert(incident.evidence.end(), record.notes.begin(), record.notes.end());
  const std::string complaints = describe_complaints(record);
  if (!complaints.empty()) incident.evidence.push_back({complaints, 0});
  const std::string cause = record.is_host ? "" : describe_cause(incident.causes, rules_->cause);
  if (!cause.empty()) incident.evidence.push_back({cause, 0});
}

void IncidentBook::attach(const std::string& complaint, Timestamp received,
                          std::optional<IncidentNumber> incident, Timestamp now, Actions& actions) {
  const auto before = complaint_owner_.find(complaint);
  const bool was_attached = before != complaint_owner_.end();
  if ((was_attached ? std::optional(before->second) : std::nullopt) == incident) return;
  if (was_attached) {
    if (find(before->second) != nullptr) {
      Record& old = at(before->second);
      std::erase(old.incident.complaints, complaint);
      compose(old);
    }
    complaint_owner_.erase(before);
  }
  if (incident) {
    Record& record = at(*incident);
    record.incident.complaints.push_back(complaint);
    complaint_owner_[complaint] = *incident;
    note_received(complaint, received);
    compose(record);
  }
  actions.push_back({now, ComplaintAttached{complaint, incident}});
}

}  // namespace faultline::decide
