#include "tests/accuracy/simulation.h"

#include "rules/pipeline.h"
#include "tests/accuracy/field.h"
#include "tests/lab/dice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <map>
#include <queue>

namespace faultline::accuracy {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::size_t kDelays = 16;               // seconds until a round is delivered, at most
constexpr std::int64_t kTickWithoutRounds_s = 5;  // nothing but complaints happens in between
constexpr double kSelfCheckSees = 0.9;
constexpr double kGaspShare = 0.7, kPowerAlarmShare = 0.7, kLossOfSignalShare = 0.8;

double thread_cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

class Simulation {
 public:
  Simulation(const Network& network, const std::vector<Event>& events, const std::vector<Call>& calls,
             std::shared_ptr<const RuleSet> rules, const SimulationOptions& options,
             const RoundWatcher& watcher)
      : network_(network),
        events_(events),
        calls_(calls),
        options_(options),
        watcher_(watcher),
        field_(network, options.seed, options.interval_s),
        dice_(options.seed * 1009 + 5),
        pipeline_(network.topology, std::move(rules)),
        by_offset_(static_cast<std::size_t>(options.interval_s)) {
    blind_.resize(options.probe_hosts);
    const auto count = static_cast<std::uint32_t>(network.topology->endpoints().size());
    for (std::uint32_t e = 0; e < count; ++e)  // spread over the interval, neighbours far from each other
      by_offset_[lab::mix(e * 7 + options.seed) % by_offset_.size()].push_back({e});
    set_maintenance();
    if (const auto found = network.topology->find_endpoint(options.watch)) watched_ = *found;
  }

  SimulationResult run() {
    const auto begun = std::chrono::steady_clock::now();
    const auto last = static_cast<std::int64_t>(options_.days * kDay);
    for (now_ = 0; now_ < last; ++now_) step();
    result_.tickets = result_.ledger.tickets();
    result_.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    return std::move(result_);
  }

 private:
  void set_maintenance() {
    std::vector<Maintenance> windows;
    for (const Event& event : events_) {
      if (event.kind != Kind::maintenance) continue;
      Maintenance window;
      window.id = fmt::format("m{}", windows.size());
      window.node = std::get<NodeIndex>(event.root);
      window.begins = at_second(event.begin_s);
      window.ends = at_second(event.end_s);
      windows.push_back(std::move(window));
    }
    pipeline_.set_maintenance(std::move(windows));
  }

  // The pipeline's own time, without the simulation's.
  template <typename Input>
  void feed(const Input& input) {
    take(pipeline_.on(input));
  }

  void take(const Actions& actions) {
    if (actions.empty()) return;
    result_.ledger.take(actions, now_);
    for (const Action& action : actions) {
      if (const auto* burst = std::get_if<BurstRequested>(&action.detail)) ask(*burst);
      if (options_.trace) print(action);
    }
  }

  void print(const Action& action) const {
    const auto* change = std::get_if<IncidentChanged>(&action.detail);
    if (change == nullptr) return;
    const auto* node = std::get_if<NodeIndex>(&change->incident.root);
    const auto* endpoint = std::get_if<EndpointIndex>(&change->incident.root);
    fmt::print(stderr, "{:8d} FL-{} {} {} bad {} affected {} {:.2f}{}: {}\n", now_, change->incident.number,
               name(change->event),
               node != nullptr       ? network_.topology->node(*node).name
               : endpoint != nullptr ? network_.topology->endpoint(*endpoint).name
                                     : "area",
               change->incident.bad.size(), change->incident.affected.size(), change->incident.confidence,
               change->incident.complaint_only ? " complaints" : "", change->reason);
    for (std::size_t i = 0; i < std::min<std::size_t>(2, change->incident.causes.size()); ++i)
      fmt::print(stderr, "         {} {:.2f}: {}\n", name(change->incident.causes[i].cause),
                 change->incident.causes[i].probability, fmt::join(change->incident.causes[i].reasons, "; "));
  }

  void print(const Round& round) const {
    const EndpointHealth& health = pipeline_.health(round.endpoint);
    fmt::print(stderr, "{:8d} {} {} of {} lost, rtt {:.1f} ms: {}{}{} evidence {:.1f} loss {:.2f}\n", now_,
               round.on_demand ? "burst" : "round", round.packets.lost(), round.packets.sent,
               round.rtt.median_ms, name(health.state), health.clean ? " clean" : "",
               health.better ? " better" : "", health.evidence_nats, health.loss_ratio);
  }

  void ask(const BurstRequested& burst) {
    if (!options_.bursts) return;
    ++result_.bursts;
    asked_.push_back(burst);
  }

  // Each probe host has its share of the endpoints, and they fail in turn.
  ProbeHostIndex home_of(EndpointIndex endpoint) const {
    return static_cast<ProbeHostIndex>(endpoint.value % options_.probe_hosts);
  }
  bool is_blind(ProbeHostIndex host) const { return blind_[host] > 0; }

  void deliver_later(const Round& round) {
    const auto after = std::chrono::ceil<std::chrono::seconds>(round.finished - at_second(now_)).count();
    pending_[static_cast<std::size_t>(now_ + std::clamp<std::int64_t>(after, 1, kDelays - 1)) % kDelays]
        .push_back(round);
  }

  void change_field() {
    for (; next_event_ < events_.size() && events_[next_event_].begin_s <= now_; ++next_event_) {
      const Event& event = events_[next_event_];
      ends_.push({effective_end(event), next_event_});
      if (event.kind == Kind::probe_host) {
        const auto host = static_cast<ProbeHostIndex>(host_failures_++ % options_.probe_hosts);
        ++blind_[host];
        host_of_[next_event_] = host;
      } else if (!is_silent(event.kind)) {
        field_.begin(event);
        if (options_.alarms) raise_alarms(event, next_event_);
      }
    }
    for (; !ends_.empty() && ends_.top().first <= now_; ends_.pop()) {
      const Event& event = events_[ends_.top().second];
      if (event.kind == Kind::probe_host) {
        --blind_[host_of_.at(ends_.top().second)];
      } else if (!is_silent(event.kind)) {
        field_.end(event);
        clear_alarms(ends_.top().second);
      }
    }
  }

  // The work of a maintenance window ends before the window.
  static std::int64_t effective_end(const Event& event) {
    return event.kind == Kind::maintenance ? event.end_s - 300 : event.end_s;
  }

  void raise_alarms(const Event& event, std::size_t number) {
    const bool power = event.kind == Kind::power, dark = event.kind == Kind::ep_hard;
    if (!power && !dark) return;
    for (const EndpointIndex endpoint : event.endpoints) {
      const Technology technology = network_.topology->endpoint(endpoint).technology;
      const bool pon = technology == Technology::gpon || technology == Technology::xgspon;
      if (!pon || dice_.unit() >= (power ? kGaspShare : kLossOfSignalShare)) continue;
      raise(power ? AlarmKind::dying_gasp : AlarmKind::loss_of_signal, {}, endpoint, number);
    }
    if (!power) return;
    for (const SimSite& site : network_.sites)
      if (std::binary_search(event.endpoints.begin(), event.endpoints.end(), site.endpoints[0]) &&
          dice_.unit() < kPowerAlarmShare)
        raise(AlarmKind::power, site.node, {}, number);
  }

  void raise(AlarmKind kind, std::optional<NodeIndex> node, std::optional<EndpointIndex> endpoint,
             std::size_t event) {
    Alarm alarm;
    alarm.id = fmt::format("a{}", ++alarms_);
    alarm.raised = at_second(now_);
    alarm.kind = kind;
    alarm.node = node;
    alarm.endpoint = endpoint;
    feed(alarm);
    raised_[event].push_back(alarm);
  }

  void clear_alarms(std::size_t event) {
    const auto found = raised_.find(event);
    if (found == raised_.end()) return;
    for (Alarm& alarm : found->second) {
      alarm.cleared = true;
      feed(alarm);
    }
    raised_.erase(found);
  }

  void probe() {
    if (!options_.rounds) return asked_.clear();
    for (const EndpointIndex endpoint : by_offset_[static_cast<std::size_t>(now_ % options_.interval_s)]) {
      const ProbeHostIndex home = home_of(endpoint);
      Round round = field_.measure(endpoint, now_, options_.packets, false, is_blind(home));
      round.probe_host = home;
      ++result_.rounds;
      result_.packets += options_.packets;
      if (options_.missing > 0 && dice_.unit() < options_.missing) {
        round.outcome = Outcome::not_measured;
        round.packets = {};
        round.rtt = {};
        round.value_count = 0;
      }
      if (watcher_) watcher_(round, now_);
      deliver_later(round);
    }
    std::vector<BurstRequested> asked;
    asked.swap(asked_);
    for (const BurstRequested& burst : asked) {
      Round round = field_.measure(burst.endpoint, now_, 0, true, is_blind(burst.from));
      round.probe_host = burst.from;
      result_.burst_packets += round.packets.sent;
      deliver_later(round);
    }
  }

  void step() {
    change_field();
    probe();
    std::vector<Round> due;
    due.swap(pending_[static_cast<std::size_t>(now_) % kDelays]);
    const double before = thread_cpu_s();
    for (const Round& round : due) {
      feed(round);
      if (watched_ == round.endpoint) print(round);
    }
    for (; next_call_ < calls_.size() && calls_[next_call_].received_s <= now_; ++next_call_)
      feed(calls_[next_call_].complaint);
    if (!options_.rounds && now_ % kTickWithoutRounds_s != 0) return;
    const double before_tick = thread_cpu_s();
    Tick tick;
    tick.at = at_second(now_);
    for (ProbeHostIndex host = 0; host < blind_.size(); ++host)
      if (is_blind(host) && !self_check_misses()) tick.failing_hosts |= 1U << host;
    feed(tick);
    const double after = thread_cpu_s();
    result_.pipeline_s += after - before;
    result_.worst_tick_ms = std::max(result_.worst_tick_ms, (after - before_tick) * 1e3);
    due.clear();
    pending_[static_cast<std::size_t>(now_) % kDelays].swap(due);
  }  // The check sees nine of ten bad rounds.
  bool self_check_misses() { return dice_.unit() >= kSelfCheckSees; }

  const Network& network_;
  const std::vector<Event>& events_;
  const std::vector<Call>& calls_;
  const SimulationOptions& options_;
  const RoundWatcher& watcher_;
  Field field_;
  lab::Dice dice_;
  Pipeline pipeline_;
  std::vector<std::vector<EndpointIndex>> by_offset_;
  std::array<std::vector<Round>, kDelays> pending_;
  std::vector<BurstRequested> asked_;
  using End = std::pair<std::int64_t, std::size_t>;
  std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
  std::map<std::size_t, std::vector<Alarm>> raised_;
  EndpointIndex watched_;
  std::size_t next_event_ = 0, next_call_ = 0, alarms_ = 0;
  std::vector<int> blind_;                         // failures in force, by probe host
  std::map<std::size_t, ProbeHostIndex> host_of_;  // whose failure an event is
  std::size_t host_failures_ = 0;
  std::int64_t now_ = 0;
  SimulationResult result_;
};

}  // namespace

SimulationResult simulate(const Network& network, const std::vector<Event>& events,
                          const std::vector<Call>& calls, std::shared_ptr<const RuleSet> rules,
                          const SimulationOptions& options, const RoundWatcher& watcher) {
  return Simulation(network, events, calls, std::move(rules), options, watcher).run();
}

}  // namespace faultline::accuracy
