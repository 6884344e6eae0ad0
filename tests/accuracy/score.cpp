#include "tests/accuracy/score.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace faultline::accuracy {
namespace {

constexpr std::int64_t kAfterEnd_s = 30 * 60;
constexpr std::int64_t kRootAfter_s = 600;
constexpr std::uint32_t kManyCallers = 5;

double jaccard(const std::vector<EndpointIndex>& a, const std::vector<EndpointIndex>& b) {
  std::vector<EndpointIndex> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  if (both.empty()) return 0;
  return static_cast<double>(both.size()) / static_cast<double>(a.size() + b.size() - both.size());
}

std::string root_name(const Root& root, const Topology& topology) {
  if (const auto* node = std::get_if<NodeIndex>(&root)) return topology.node(*node).name;
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root)) return topology.endpoint(*endpoint).name;
  return "area";
}

class Judge {
 public:
  Judge(const Network& network, std::span<const Event> events, std::span<const Call> calls,
        std::span<const Ticket> tickets, const Ledger* ledger)
      : network_(network),
        events_(events),
        calls_(calls),
        tickets_(tickets),
        ledger_(ledger),
        first_(events.size()),
        of_ticket_(tickets.size()) {}

  Score judge() {
    for (std::size_t t = 0; t < tickets_.size(); ++t) place(t);
    for (std::size_t e = 0; e < events_.size(); ++e) see_earlier(e);
    for (std::size_t e = 0; e < events_.size(); ++e) count(e);
    if (ledger_ != nullptr) attachments();
    return std::move(score_);
  }

 private:
  static bool is_in_time(const Event& event, std::int64_t at) {
    return at >= event.begin_s && at <= event.end_s + kAfterEnd_s;
  }

  // The fault that the ticket means: best by counted, observable, likeness.
  std::optional<std::size_t> best_event(const Ticket& ticket) const {
    std::optional<std::size_t> best;
    double most = 0;
    for (std::size_t e = 0; e < events_.size() && events_[e].begin_s <= ticket.opened_s; ++e) {
      const Event& event = events_[e];
      const bool fits = is_fault(event.kind) || event.kind == Kind::flapping;
      if (!fits || !is_in_time(event, ticket.opened_s)) continue;
      const double likeness = jaccard(event.endpoints, ticket.endpoints);
      if (likeness == 0) continue;
      const double worth = likeness + (is_fault(event.kind) ? 2 : 0) + (event.observable ? 1 : 0);
      if (worth > most) {
        most = worth;
        best = e;
      }
    }
    return best;
  }

  bool is_host_time(std::int64_t at) const {
    return std::any_of(events_.begin(), events_.end(), [&](const Event& event) {
      return event.kind == Kind::probe_host && at >= event.begin_s && at <= event.end_s + 120;
    });
  }

  void place(std::size_t t) {
    const Ticket& ticket = tickets_[t];
    if (ticket.of_probe_host) {
      ++score_.host_tickets;
      if (is_host_time(ticket.opened_s)) return;
    }
    const auto event = best_event(ticket);
    if (event && events_[*event].kind == Kind::flapping) {
      const auto episode = events_[*event].episode;
      if (episodes_.insert(episode).second) {
        ++score_.neutral;
        return;
      }
    }
    if (!event && ticket.opened_s < kWarmUp_s) {
      ++score_.while_learning;
      return;
    }
    ++score_.tickets;
    if (!event || !is_fault(events_[*event].kind)) {
      ++score_.false_tickets;
      if (ticket.complaints_only) ++score_.false_by_complaints;
      if (is_host_time(ticket.opened_s)) ++score_.host_network_tickets;
      remark(ticket, event ? "second of a flapping endpoint" : "false");
      return;
    }
    of_ticket_[t] = event;
    auto& first = first_[*event];
    if (!first || tickets_[*first].opened_s > ticket.opened_s) first = t;
    ++tickets_of_[*event];
  }

  // A ticket of something earlier that was reopened for it, or moved up to it.
  void see_earlier(std::size_t e) {
    const Event& event = events_[e];
    if (first_[e] || !is_fault(event.kind)) return;
    for (std::size_t t = 0; t < tickets_.size(); ++t) {
      const Ticket& ticket = tickets_[t];
      const bool again = std::any_of(ticket.reopened_s.begin(), ticket.reopened_s.end(),
                                     [&](std::int64_t at) { return is_in_time(event, at); });
      if (!again || jaccard(event.endpoints, ticket.endpoints) == 0) continue;
      seen_by_other_.insert(e);
      return;
    }
  }

  void count(std::size_t e) {
    const Event& event = events_[e];
    if (event.kind == Kind::probe_host) ++score_.host_failures;
    if (!is_fault(event.kind)) return;
    const bool detected = first_[e].has_value() || seen_by_other_.contains(e);
    if (!event.observable) {
      ++score_.unobservable;
      score_.unobservable_detected += detected;
      return;
    }
    KindScore& kind = score_.kinds[static_cast<std::size_t>(event.kind)];
    ++kind.faults;
    if (is_silent(event.kind) && event.callers >= kManyCallers) {
      ++score_.silent_many;
      score_.silent_many_detected += detected;
    }
    if (!detected) {
      if (!is_silent(event.kind) || event.callers >= kManyCallers)
        score_.remarks.push_back(fmt::format("missed: {} of {} at {} for {} s, {} endpoints, {} callers",
                                             name(event.kind), root_name(event.root, *network_.topology),
                                             event.begin_s, event.end_s - event.begin_s,
                                             event.endpoints.size(), event.callers));
      return;
    }
    ++kind.detected;
    if (!first_[e]) return;
    const Ticket& ticket = tickets_[*first_[e]];
    kind.seconds.push_back(ticket.opened_s - event.begin_s);
    kind.duplicates += tickets_of_.at(e) - 1;
    if (tickets_of_.at(e) > 1) remark_duplicates(e);
    if (event.root != Root{Area{}} || event.same_root != Root{Area{}}) {
      const Root& said = ticket.root_after(kRootAfter_s);
      ++kind.rooted;
      const bool right = said == event.root || (said == event.same_root && said != Root{Area{}});
      kind.right_root += right;
      if (!right)
        remark(ticket, fmt::format("wrong root, is {} {}", name(event.kind),
                                   root_name(event.root, *network_.topology)));
    }
    ++kind.caused;
    if (ticket.cause != event.cause && !is_silent(event.kind))
      remark(ticket, fmt::format("wrong cause of {}, said {} for {}", name(event.kind), name(ticket.cause),
                                 name(event.cause)));
    kind.right_cause += ticket.cause == event.cause;
    ++score_.confusion[static_cast<std::size_t>(event.cause)][static_cast<std::size_t>(ticket.cause)];
  }

  void attachments() {
    std::map<IncidentNumber, std::optional<std::size_t>> by_number;
    for (std::size_t t = 0; t < tickets_.size(); ++t) by_number[tickets_[t].number] = of_ticket_[t];
    for (const Call& call : calls_) {
      const auto number = ledger_->incident_of(call.complaint.id);
      const auto ticket = number ? by_number.find(*number) : by_number.end();
      const bool attached = ticket != by_number.end();
      const auto fault = fault_of(call);
      const bool wanted = fault && (first_[*fault] || seen_by_other_.contains(*fault));
      const bool right = attached && wanted && ticket->second == fault;
      if (right) {
        ++score_.attached_right;
        continue;
      }
      score_.attached_wrong += attached;
      score_.not_attached += wanted;
      if (attached || wanted)
        ++mistakes_[fmt::format("a complaint of {} attached to {}",
                                fault ? name(events_[*fault].kind) : "nothing",
                                !attached         ? "nothing"
                                : !ticket->second ? "a false ticket"
                                                  : name(events_[*ticket->second].kind))];
    }
    for (const auto& [what, count] : mistakes_)
      score_.remarks.push_back(fmt::format("{} times {}", count, what));
  }

  // Of a fault inside another the larger one, whose ticket there is.
  std::optional<std::size_t> fault_of(const Call& call) const {
    if (call.event < 0) return std::nullopt;
    auto fault = static_cast<std::size_t>(call.event);
    while (events_[fault].hidden_by >= 0) fault = static_cast<std::size_t>(events_[fault].hidden_by);
    return fault;
  }

  void remark(const Ticket& ticket, const std::string& what) {
    score_.remarks.push_back(fmt::format("{}: FL-{} at {} {}{}{} with {} endpoints", what, ticket.number,
                                         ticket.opened_s,
                                         root_name(ticket.root_after(kRootAfter_s), *network_.topology),
                                         ticket.complaints_only ? " by complaints" : "",
                                         ticket.merged ? " (merged later)" : "", ticket.endpoints.size()));
  }
  void remark_duplicates(std::size_t e) {
    std::string line = fmt::format("duplicates of {} at {} ({} endpoints):", name(events_[e].kind),
                                   events_[e].begin_s, events_[e].endpoints.size());
    for (std::size_t t = 0; t < tickets_.size(); ++t)
      if (of_ticket_[t] == e)
        line += fmt::format(" FL-{} +{} {}{}", tickets_[t].number, tickets_[t].opened_s - events_[e].begin_s,
                            root_name(tickets_[t].root_after(kRootAfter_s), *network_.topology),
                            tickets_[t].merged ? " merged" : "");
    score_.remarks.push_back(line);
  }

  const Network& network_;
  std::span<const Event> events_;
  std::span<const Call> calls_;
  std::span<const Ticket> tickets_;
  const Ledger* ledger_;
  std::vector<std::optional<std::size_t>> first_;      // by event: its first ticket
  std::vector<std::optional<std::size_t>> of_ticket_;  // by ticket: its event
  std::map<std::size_t, std::uint32_t> tickets_of_;
  std::set<std::size_t> seen_by_other_;
  std::set<std::uint32_t> episodes_;
  std::map<std::string, std::uint32_t> mistakes_;
  Score score_;
};

}  // namespace

Score judge(const Network& network, std::span<const Event> events, std::span<const Call> calls,
            std::span<const Ticket> tickets, const Ledger* ledger) {
  return Judge(network, events, calls, tickets, ledger).judge();
}

std::string to_json(const Score& score) {
  std::string kinds;
  for (std::size_t k = 0; k < kFaultKinds; ++k) {
    const KindScore& kind = score.kinds[k];
    kinds += fmt::format(
        R"({}"{}":{{"faults":{},"detected":{},"duplicates":{},"rooted":{},"right_root":{},"caused":{},"right_cause":{},"seconds":[{}]}})",
        k == 0 ? "" : ",", kKindNames[k], kind.faults, kind.detected, kind.duplicates, kind.rooted,
        kind.right_root, kind.caused, kind.right_cause, fmt::join(kind.seconds, ","));
  }
  std::string confusion;
  for (const auto& line : score.confusion)
    confusion += fmt::format("{}[{}]", confusion.empty() ? "" : ",", fmt::join(line, ","));
  return fmt::format(
      R"("kinds":{{{}}},"unobservable":{},"unobservable_detected":{},"silent_many":{},"silent_many_detected":{},)"
      R"("tickets":{},"while_learning":{},"false_tickets":{},"false_by_complaints":{},"neutral":{},"host_failures":{},"host_tickets":{},)"
      R"("host_network_tickets":{},"attached_right":{},"attached_wrong":{},"not_attached":{},"confusion":[{}])",
      kinds, score.unobservable, score.unobservable_detected, score.silent_many, score.silent_many_detected,
      score.tickets, score.while_learning, score.false_tickets, score.false_by_complaints, score.neutral,
      score.host_failures, score.host_tickets, score.host_network_tickets, score.attached_right,
      score.attached_wrong, score.not_attached, confusion);
}

}  // namespace faultline::accuracy
