#include "probes/session/scheduler.h"

#include "probes/async/clock.h"
#include "probes/async/loop_watch.h"
#include "probes/async/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using Key = std::pair<EndpointIndex, ProbeKindIndex>;

bool same(const ScheduledTarget& a, const ScheduledTarget& b) {
  return a.target.name == b.target.name && a.target.address == b.target.address &&
         a.target.device == b.target.device && a.target.agent == b.target.agent &&
         a.target.device_profiles == b.target.device_profiles && a.target.nodes == b.target.nodes &&
         a.probe == b.probe && a.interval == b.interval && a.time_limit == b.time_limit;
}

// A fixed place in the interval for each target, so that the starts are spread and stay where they are over a
// restart.
Duration phase_of(const Key& key, Duration interval) {
  const std::uint64_t mixed = (key.first.value * 2'654'435'761ULL + key.second * 40'503ULL) % 1'000'003ULL;
  return Duration(interval.count() * static_cast<std::int64_t>(mixed) / 1'000'003);
}

// A time-out says nothing if this much of the time was ours to lose.
bool is_our_fault(const Round& round, Duration stolen, Duration time_limit) {
  constexpr Duration kMostStolen = std::chrono::milliseconds(500);
  const bool silent = round.outcome == Outcome::timed_out || round.outcome == Outcome::lost;
  return silent && stolen > std::min(kMostStolen, time_limit / 4);
}

}  // namespace

struct Scheduler::Impl {
  Impl(asio::any_io_executor e, Sink s) : executor(e), sink(std::move(s)), watch(e), tasks(std::move(e)) {}

  struct Entry {
    ScheduledTarget target;
    std::uint64_t generation = 0;  // of this schedule of the key: what an older one measured is dropped
    std::function<void()> cancel;
  };

  asio::awaitable<bool> is_cancelled() {
    const auto state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
  }

  // Parameters by value: the loop owns what it uses.
  asio::awaitable<void> loop(ScheduledTarget target, std::uint64_t generation) {
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer timer(executor);
    const Key key{target.target.endpoint, target.kind};
    auto next = std::chrono::steady_clock::now() + phase_of(key, target.interval);
    for (;;) {
      // A cancellation that came between two waits would not end the second.
      if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
      timer.expires_at(next);
      const auto token = asio::as_tuple(asio::use_awaitable);
      const auto [error] = co_await timer.async_wait(token);
      if (error) co_return;
      co_await measure(target, generation, false);
      // A start that was missed is left out, not made up for.
      const auto now = std::chrono::steady_clock::now();
      do next += target.interval;
      while (next <= now);
    }
  }

  // Not while the same thing is being measured: two conversations on one port would garble each other.
  asio::awaitable<void> measure(ScheduledTarget target, std::uint64_t generation, bool asked_for) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const Key key{target.target.endpoint, target.kind};
    const bool cancelled = co_await is_cancelled();
    if (cancelled || !busy.insert(key).second) co_return;
    const Timestamp started = wall_now();
    watch.enter();
    const Duration stolen_before = watch.stolen();
    const auto notes = std::make_shared<SessionNotes>();
    notes->wants_exchange = wants_exchange;
    target.target.notes = notes;
    Round round = co_await target.probe->run(target.target, target.time_limit);
    const Duration stolen = watch.stolen() - stolen_before;
    watch.leave();
    busy.erase(key);
    if (is_our_fault(round, stolen, target.time_limit)) {
      round.outcome = Outcome::not_measured;
      round.reason = OutcomeReason::engine_late;
    }
    const auto entry = entries.find(key);
    const bool outdated = entry == entries.end() || entry->second.generation != generation;
    if (outdated || round.reason == OutcomeReason::cancelled) co_return;
    round.started = started;
    round.finished = wall_now();
    round.endpoint = target.target.endpoint;
    round.probe = target.kind;
    round.on_demand = asked_for;
    if (note_sink && !notes->list.empty()) note_sink(round, notes->list);
    sink(round);
  }

  asio::any_io_executor executor;
  Sink sink;
  NoteSink note_sink;
  bool wants_exchange = false;
  LoopWatch watch;
  TaskGroup tasks;
  std::map<Key, Entry> entries;
  std::set<Key> busy;  // being measured
  std::uint64_t last_generation = 0;
};

Scheduler::Scheduler(asio::any_io_executor executor, Sink sink)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(sink))) {}
Scheduler::~Scheduler() = default;

void Scheduler::set_note_sink(NoteSink sink, bool wants_exchange) {
  impl_->note_sink = std::move(sink);
  impl_->wants_exchange = wants_exchange;
}

void Scheduler::set_targets(std::vector<ScheduledTarget> targets) {
  std::map<Key, Impl::Entry> next;
  for (ScheduledTarget& target : targets) {
    const Key key{target.target.endpoint, target.kind};
    const auto old = impl_->entries.find(key);
    if (old != impl_->entries.end() && same(old->second.target, target)) {
      next.emplace(key, std::move(old->second));
      impl_->entries.erase(old);
      continue;
    }
    const std::uint64_t generation = ++impl_->last_generation;
    auto cancel = impl_->tasks.spawn(impl_->loop(target, generation));
    next.emplace(key, Impl::Entry{std::move(target), generation, std::move(cancel)});
  }
  for (auto& [key, entry] : impl_->entries) entry.cancel();
  impl_->entries = std::move(next);
}

void Scheduler::run_now(EndpointIndex endpoint, ProbeKindIndex kind) {
  const auto entry = impl_->entries.find({endpoint, kind});
  if (entry == impl_->entries.end() || impl_->busy.contains(entry->first)) return;
  impl_->tasks.spawn(impl_->measure(entry->second.target, entry->second.generation, true));
}

void Scheduler::stop(std::function<void()> when_stopped) {
  impl_->entries.clear();
  impl_->tasks.on_empty(std::move(when_stopped));
  impl_->tasks.stop();
}

std::size_t Scheduler::size() const {
  return impl_->entries.size();
}

}  // namespace faultline::session
