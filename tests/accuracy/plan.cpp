#include "tests/accuracy/plan.h"

#include "tests/lab/dice.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace faultline::accuracy {
namespace {

constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86400;
constexpr double kDurationSigma = 0.7;
constexpr std::int64_t kShortest = 8 * kMinute;

// Shares of the customers who call.
constexpr double kHardFixed = 0.06, kHardMobile = 0.01, kSoftFixed = 0.015, kSoftMobile = 0.003;

struct Rate {
  Kind kind;
  double per_day;  // with 20 aggregations
  double median_minutes;
};
constexpr std::array kRates = {
    Rate{Kind::ep_hard, 6, 90},     Rate{Kind::ep_soft, 3, 120},    Rate{Kind::site_hw, 3, 90},
    Rate{Kind::power, 1.5, 60},     Rate{Kind::agg_cut, 1.5, 60},   Rate{Kind::agg_part, 1.5, 60},
    Rate{Kind::agg_cong, 1.5, 120}, Rate{Kind::core_part, 0.2, 30}, Rate{Kind::sil_ep, 2, 90},
    Rate{Kind::sil_site, 1.5, 90},  Rate{Kind::sil_agg, 0.7, 90},   Rate{Kind::blip, 5, 0},
    Rate{Kind::flapping, 2, 0},     Rate{Kind::maintenance, 2, 0},  Rate{Kind::probe_host, 1, 0},
};

class Planner {
 public:
  Planner(const Network& network, const PlanOptions& options)
      : network_(network), options_(options), dice_(options.seed * 104'729 + 3) {}

  std::vector<Event> make() {
    const auto end_s = static_cast<std::int64_t>(options_.days * kDay);
    const double size = static_cast<double>(network_.aggregations.size()) / 20;
    for (const Rate& rate : kRates) {
      // One core, one probe host and one calendar, however large the network.
      const bool grows = rate.kind != Kind::core_part && rate.kind != Kind::probe_host;
      const double per_day = rate.per_day * (grows ? size : 1) * (is_fault(rate.kind) ? options_.load : 1);
      for (double at = kWarmUp_s;;) {
        at += -std::log(1 - dice_.unit()) * kDay / per_day;
        if (at >= static_cast<double>(end_s)) break;
        add(rate, static_cast<std::int64_t>(at));
      }
    }
    // Made before they are left out, so that a seed's silent faults are the same ones.
    if (options_.silent_only) std::erase_if(events_, [](const Event& e) { return !is_silent(e.kind); });
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& a, const Event& b) { return a.begin_s < b.begin_s; });
    hide();
    return std::move(events_);
  }

 private:
  template <typename T>
  const T& one_of(const std::vector<T>& list) {
    return list[dice_.next() % list.size()];
  }
  const SimSite& some_site() { return one_of(network_.sites); }
  EndpointIndex some_endpoint() {
    return {static_cast<std::uint32_t>(dice_.next() % network_.topology->endpoints().size())};
  }
  std::int64_t lognormal(double median_minutes) {
    const double seconds = median_minutes * kMinute * std::exp(kDurationSigma * dice_.normal());
    return std::max(kShortest, static_cast<std::int64_t>(seconds));
  }

  void call(Event& event, bool hard) const {
    event.call_in_fixed = hard ? kHardFixed : kSoftFixed;
    event.call_in_mobile = hard ? kHardMobile : kSoftMobile;
  }
  static void kill(Event& event) {
    event.effect = {.loss = 1, .rtt_factor = 1, .signal_db = 0, .off_air = false};
  }

  void at_endpoint(Event& event) {
    const EndpointIndex endpoint = some_endpoint();
    event.endpoints = {endpoint};
    event.root = endpoint;
  }
  void at_site(Event& event) {
    const SimSite& site = some_site();
    event.endpoints = site.endpoints;
    event.root = site.node;
  }
  void at_aggregation(Event& event) {
    const auto a = static_cast<std::uint32_t>(dice_.next() % network_.aggregations.size());
    event.endpoints = network_.endpoints_of(network_.sites_of_aggregation(a));
    event.root = network_.aggregations[a];
  }

  void add(const Rate& rate, std::int64_t at) {
    Event event;
    event.kind = rate.kind;
    event.begin_s = at;
    event.end_s = at + lognormal(rate.median_minutes);
    event.root = Area{};
    event.same_root = Area{};
    switch (rate.kind) {
      case Kind::ep_hard:
      case Kind::ep_soft:
        return add_endpoint_fault(event);
      case Kind::site_hw:
        at_site(event);
        kill(event);
        event.effect.off_air = true;
        event.cause = Cause::access_node;
        call(event, true);
        break;
      case Kind::power:
        return add_power(event);
      case Kind::agg_cut:
        at_aggregation(event);
        kill(event);
        call(event, true);
        break;
      case Kind::agg_part:
        return add_segment(event);
      case Kind::agg_cong:
        at_aggregation(event);
        thin(event.endpoints, 0.8);
        event.effect = {.loss = 0.02F, .rtt_factor = 1.7F, .signal_db = 0, .off_air = false};
        event.cause = Cause::congestion;
        call(event, false);
        break;
      case Kind::core_part:
        return add_core(event);
      case Kind::sil_ep:
      case Kind::sil_site:
      case Kind::sil_agg:
        return add_silent(event);
      case Kind::blip:
        at_site(event);
        kill(event);
        event.end_s = at + dice_.between(40, 60);
        break;
      case Kind::flapping:
        return add_flapping(event);
      case Kind::maintenance:
        return add_maintenance(event);
      case Kind::probe_host:
        event.end_s = at + dice_.between(10, 20) * kMinute;
        event.root = Area{};
        event.cause = Cause::probe_host;
        break;
    }
    events_.push_back(std::move(event));
  }

  void add_endpoint_fault(Event& event) {
    at_endpoint(event);
    const bool mobile = is_mobile(network_.topology->endpoint(event.endpoints[0]).technology);
    if (event.kind == Kind::ep_hard) {
      kill(event);
      event.effect.off_air = true;
      event.cause = mobile ? Cause::access_node : Cause::access_plant;
    } else {
      // A cell's antenna, or a line whose plant repeats and delays.
      event.effect = {.loss = 0.04F,
                      .rtt_factor = mobile ? 1.0F : 1.8F,
                      .signal_db = mobile ? -8.0F : -4.0F,
                      .off_air = false};
      event.cause = mobile ? Cause::radio : Cause::access_plant;
    }
    call(event, event.kind == Kind::ep_hard);
    events_.push_back(std::move(event));
  }

  void add_power(Event& event) {
    std::uint32_t zone = 0;
    do zone = static_cast<std::uint32_t>(dice_.next() % network_.sites_of_zone.size());
    while (network_.sites_of_zone[zone].empty());
    const auto& sites = network_.sites_of_zone[zone];
    event.endpoints = network_.endpoints_of(sites);
    event.cause = Cause::power;
    if (network_.zones[zone].valid()) event.root = network_.zones[zone];
    if (sites.size() == 1) event.same_root = network_.sites[sites[0]].node;
    kill(event);
    event.effect.off_air = true;
    call(event, true);
    events_.push_back(std::move(event));
  }

  void add_segment(Event& event) {
    const auto a = static_cast<std::uint32_t>(dice_.next() % network_.aggregations.size());
    auto sites = network_.sites_of_aggregation(a);
    const std::size_t count = dice_.between(5, 12),
                      first = dice_.between(0, static_cast<std::uint32_t>(sites.size() - count));
    event.endpoints = network_.endpoints_of({sites.begin() + static_cast<std::ptrdiff_t>(first),
                                             sites.begin() + static_cast<std::ptrdiff_t>(first + count)});
    event.root = network_.aggregations[a];
    kill(event);
    call(event, true);
    events_.push_back(std::move(event));
  }

  void add_core(Event& event) {
    std::vector<std::uint32_t> order(network_.aggregations.size());
    std::iota(order.begin(), order.end(), 0U);
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[dice_.next() % (i + 1)]);
    order.resize(order.size() * 6 / 10);
    for (const std::uint32_t a : order) {
      const auto below = network_.endpoints_of(network_.sites_of_aggregation(a));
      event.endpoints.insert(event.endpoints.end(), below.begin(), below.end());
    }
    std::sort(event.endpoints.begin(), event.endpoints.end());
    event.root = network_.core;
    event.effect = {.loss = 0.3F, .rtt_factor = 1.35F, .signal_db = 0, .off_air = false};
    call(event, true);
    events_.push_back(std::move(event));
  }

  void add_silent(Event& event) {
    const std::int64_t duration = event.end_s - event.begin_s;
    event.begin_s = event.begin_s / kDay * kDay + dice_.between(8 * kHour, 20 * kHour - 1);
    event.end_s = event.begin_s + duration;
    if (static_cast<double>(event.begin_s) >= options_.days * kDay) return;  // not simulated any more
    if (event.kind == Kind::sil_ep) at_endpoint(event);
    if (event.kind == Kind::sil_site) at_site(event);
    if (event.kind == Kind::sil_agg) at_aggregation(event);
    event.cause = Cause::service_platform;
    call(event, true);
    events_.push_back(std::move(event));
  }

  void add_flapping(Event& event) {
    at_endpoint(event);
    kill(event);
    event.episode = ++episodes_;
    const std::int64_t until = event.begin_s + 3 * kHour;
    for (std::int64_t at = event.begin_s; at < until; at = event.end_s + dice_.between(180, 600)) {
      event.begin_s = at;
      event.end_s = at + dice_.between(120, 240);
      events_.push_back(event);
    }
  }

  void add_maintenance(Event& event) {
    if (dice_.unit() < 0.7)
      at_site(event);
    else
      at_aggregation(event);
    event.end_s = event.begin_s + dice_.between(30, 120) * kMinute;  // of the window; the work is within
    kill(event);
    event.effect.off_air = true;
    events_.push_back(std::move(event));
  }

  void thin(std::vector<EndpointIndex>& endpoints, double share) {
    std::erase_if(endpoints, [&](EndpointIndex) { return dice_.unit() >= share; });
  }

  // What nobody could see: a fault all of whose endpoints are gone already, or that the probe host was away
  // for.
  void hide() {
    std::vector<std::size_t> active;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      Event& event = events_[i];
      std::erase_if(active,
                    [&](std::size_t other) { return events_[other].end_s + kMinute * 5 <= event.begin_s; });
      if (is_fault(event.kind)) {
        for (const std::size_t other : active) hide_behind(event, other);
      }
      if (event.kind == Kind::probe_host && options_.probe_hosts == 1)
        for (const std::size_t other : active)
          if (is_fault(events_[other].kind)) hide_behind(events_[other], i);
      if (event.kind == Kind::maintenance)
        for (const std::size_t other : active)
          if (is_fault(events_[other].kind) && event.begin_s - events_[other].begin_s < 10 * kMinute)
            hide_behind(events_[other], i);
      active.push_back(i);
    }
  }

  void hide_behind(Event& event, std::size_t number) {
    const Event& other = events_[number];
    constexpr std::int64_t kEnough = 6 * kMinute;  // to be seen
    if (other.kind == Kind::probe_host) {
      if (options_.probe_hosts > 1) return;
      const std::int64_t before = std::max<std::int64_t>(other.begin_s - event.begin_s, 0);
      const std::int64_t after = std::max<std::int64_t>(event.end_s - other.end_s, 0);
      if (std::max(before, after) < kEnough && !is_silent(event.kind)) event.observable = false;
      return;
    }
    const bool hides = other.kind == Kind::maintenance || (is_fault(other.kind) && other.effect.loss >= 1);
    if (!hides || (other.kind == Kind::maintenance && event.end_s - other.end_s > kEnough)) return;
    std::size_t hidden = 0;
    for (const EndpointIndex endpoint : event.endpoints)
      if (std::binary_search(other.endpoints.begin(), other.endpoints.end(), endpoint)) ++hidden;
    if (5 * hidden < 4 * event.endpoints.size()) return;
    event.observable = false;
    if (is_fault(other.kind)) event.hidden_by = static_cast<std::int32_t>(number);
  }

  const Network& network_;
  const PlanOptions& options_;
  lab::Dice dice_;
  std::vector<Event> events_;
  std::uint32_t episodes_ = 0;
};

}  // namespace

std::vector<Event> make_plan(const Network& network, const PlanOptions& options) {
  return Planner(network, options).make();
}

}  // namespace faultline::accuracy
