#include "rules/detect/detector_impl.h"
#include "rules/model/step_back.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace faultline::detect {

// Ends the troubles that are well, and the badness with the last of them.
void Detector::Impl::end_if_well(std::uint32_t e, Events& out) {
  EndpointState& state = states[e];
  std::vector<Trouble>& list = troubles[e];
  if (!state.is_flapping) {
    for (const Trouble& t : list) {
      if (!t.is_well || !t.is_told) continue;
      Degradation ended = degradation_of(e, t);
      ended.ended = t.good_since;
      out.push_back({EventKind::degradation_ended, EndpointIndex{e}, std::move(ended)});
    }
    std::erase_if(list, [](const Trouble& t) { return t.is_well; });
  }
  const bool all_well = std::all_of(list.begin(), list.end(), [](const Trouble& t) { return t.is_well; });
  if (!all_well) return;
  const bool was_bad = state.inner == HealthState::bad;
  clear_suspicion(e);
  for (std::uint32_t t = state.track; t != kNoBlock; t = tracks[t].next) {
    ProbeTrack& track = tracks[t];
    track.fast = track.grey = 0;
    track.breaches = 0;
    track.lost = track.sent = 0;
    track.evidence = static_cast<float>(rules->evidence.lowest);
    for (std::size_t i = 0; i < track.metric_count; ++i) {
      metrics[track.metrics[i]].statistic = 0;
      metrics[track.metrics[i]].breaches = 0;
    }
  }
  if (state.is_flapping) return;
  troubles.erase(e);
  if (was_bad) out.push_back({EventKind::recovered, EndpointIndex{e}, std::nullopt});
}

void Detector::Impl::end_all(std::uint32_t e, Timestamp now, Events& out) {
  states[e].is_flapping = false;
  const auto found = troubles.find(e);
  if (found != troubles.end()) {
    bool was_told = false;
    for (Trouble& t : found->second) {
      was_told = was_told || t.is_told;
      if (!t.is_well) t.good_since = now;
      t.is_well = true;
    }
    states[e].inner = was_told ? HealthState::bad : HealthState::ok;
    end_if_well(e, out);
  }
  clear_suspicion(e);
}

void Detector::Impl::withdraw(std::uint32_t e, Timestamp since, Timestamp now, Events& out) {
  EndpointState& state = states[e];
  state.is_flapping = false;
  state.penalty = 0;
  state.inner = HealthState::bad;
  for (Trouble& t : troubles[e]) {
    if (t.confirmed < since) continue;
    if (!t.is_well) t.good_since = now;
    t.is_well = true;
  }
  end_if_well(e, out);
}

double Detector::Impl::penalty_at(const EndpointState& state, Timestamp now) const {
  const double age = static_cast<double>(std::max<std::int64_t>(0, to_us(now) - state.penalty_us));
  return state.penalty * std::exp2(-age / static_cast<double>(rules->flap.half_life.count()));
}

void Detector::Impl::add_penalty(std::uint32_t e, Timestamp now) {
  EndpointState& state = states[e];
  state.penalty = static_cast<float>(penalty_at(state, now) + rules->flap.penalty);
  state.penalty_us = to_us(now);
  if (state.is_flapping || state.penalty < rules->flap.enter) return;
  state.is_flapping = true;
  state.flapping_us = to_us(now);
  flapping.push_back(e);
}

// The episode is over: what has changed since it began is told now.
void Detector::Impl::leave_flapping(std::uint32_t e, Events& out) {
  EndpointState& state = states[e];
  state.is_flapping = false;
  std::vector<Trouble>& list = troubles[e];
  const bool is_bad = state.inner == HealthState::bad;
  if (!is_bad) state.inner = HealthState::bad;  // it was told to be: end_if_well tells its end
  for (Trouble& t : list) {
    if (t.is_well || t.is_told) continue;
    t.is_told = true;
    out.push_back({EventKind::degradation_began, EndpointIndex{e}, degradation_of(e, t)});
  }
  end_if_well(e, out);
  show_state(e);
}

void Detector::Impl::on_tick(Timestamp now, Events& out) {
  if (last_tick != Timestamp{} && now < last_tick) set_back(now, last_tick - now);
  last_tick = now;
  count_bad_minutes(now);
  const auto now_s = static_cast<std::uint32_t>(std::max(0.0, to_seconds(now.time_since_epoch())));
  const auto patience_s = rules->missing.intervals * to_seconds(rules->missing.first_interval);
  for (const std::uint32_t e : std::exchange(restored, {}))
    if (!deadlines.is_set(e)) deadlines.extend(e, now_s + static_cast<std::uint32_t>(patience_s));
  deadlines.take_due(now_s, [&](std::uint32_t e) {
    states[e].is_unknown = true;
    if (const auto found = troubles.find(e); found != troubles.end())
      for (Trouble& t : found->second) t.good_rounds = 0;  // what was not seen was not good
    if (states[e].inner == HealthState::suspect) clear_suspicion(e);
    show_state(e);
  });
  std::erase_if(flapping, [&](std::uint32_t e) {
    EndpointState& state = states[e];
    if (!state.is_flapping) return true;
    const bool is_long = to_us(now) - state.flapping_us >= rules->flap.longest.count();
    if (!is_long && penalty_at(state, now) >= rules->flap.leave) return false;
    if (is_long) {  // an episode that ends by its length begins anew only after new transitions
      state.penalty = 0;
      state.penalty_us = to_us(now);
    }
    leave_flapping(e, out);
    return true;
  });
  std::erase_if(suspects, [&](std::uint32_t e) {
    EndpointState& state = states[e];
    if (state.inner != HealthState::suspect || state.burst_tries > rules->burst.tries) return true;
    if (to_us(now) - state.asked_us < rules->burst.patience.count()) return false;
    if (++state.burst_tries > rules->burst.tries) return true;  // the scheduled rounds decide
    state.asked_us = to_us(now);
    out.push_back({EventKind::suspicion, EndpointIndex{e}, std::nullopt});
    return false;
  });
}

// The clock was set back: waits that ended in the old future end as far in the new one.
void Detector::Impl::set_back(Timestamp now, Duration by) {
  const auto by_s = static_cast<std::uint32_t>(std::min(to_seconds(by), 4e9));
  deadlines.set_back(by_s);
  for (const std::uint32_t e : suspects) states[e].asked_us -= by.count();
  for (const std::uint32_t e : flapping) {
    states[e].flapping_us -= by.count();
    states[e].penalty_us -= by.count();
  }
  for (EndpointHealth& health : healths)
    for (Timestamp* time : {&health.onset, &health.shown_since, &health.measured}) step_back(*time, now, by);
  for (auto& [endpoint, list] : troubles)
    for (Trouble& t : list)
      for (Timestamp* time : {&t.onset, &t.confirmed, &t.good_since, &t.run_since}) step_back(*time, now, by);
}

}  // namespace faultline::detect
