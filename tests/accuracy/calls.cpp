#include "tests/accuracy/calls.h"

#include "tests/lab/dice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>

namespace faultline::accuracy {
namespace {

constexpr std::int64_t kHour = 3600, kDay = 86400;
constexpr double kFixedPerHour = 2.5e-5, kMobilePerHour = 5e-6;
constexpr double kAfterRecovery = 0.2, kRepeat = 0.15, kLate = 0.05;
constexpr double kSurgeDays = 0.3, kSurgeFactor = 4;
constexpr double kKmPerDegree = 111.2;
// Two peaks, mean 1.
constexpr std::array<double, 24> kProfile = {0.25, 0.15, 0.12, 0.10, 0.10, 0.15, 0.35, 0.70,
                                             1.20, 1.55, 1.65, 1.55, 1.35, 1.30, 1.30, 1.30,
                                             1.35, 1.50, 1.65, 1.70, 1.55, 1.15, 0.70, 0.40};

double profile_at(std::int64_t second) {
  return kProfile[static_cast<std::size_t>(second % kDay / kHour)];
}

class Callers {
 public:
  Callers(const Network& network, std::span<Event> events, const CallOptions& options)
      : network_(network), events_(events), options_(options), dice_(options.seed * 65'537 + 29) {
    for (const SimSite& site : network.sites)
      for (const EndpointIndex endpoint : site.endpoints) {
        if (site_of_.size() <= endpoint.value) site_of_.resize(endpoint.value + 1);
        site_of_[endpoint.value] = &site;
      }
  }

  std::vector<Call> make() {
    background();
    for (std::size_t i = 0; i < events_.size(); ++i) of_event(i);
    std::stable_sort(calls_.begin(), calls_.end(),
                     [](const Call& a, const Call& b) { return a.received_s < b.received_s; });
    for (std::size_t i = 0; i < calls_.size(); ++i) calls_[i].complaint.id = fmt::format("c{}", i);
    return std::move(calls_);
  }

 private:
  std::uint32_t poisson(double mean) {
    if (mean > 60)
      return static_cast<std::uint32_t>(std::max(0.0, std::round(mean + std::sqrt(mean) * dice_.normal())));
    const double limit = std::exp(-mean);
    std::uint32_t count = 0;
    for (double product = dice_.unit(); product > limit; product *= dice_.unit()) ++count;
    return count;
  }

  void background() {
    const auto& endpoints = network_.topology->endpoints();
    const auto hours = static_cast<std::int64_t>(options_.days * 24);
    std::int64_t surge_from = -1;
    for (std::int64_t hour = 0; hour < hours; ++hour) {
      if (hour % 24 == 0)
        surge_from = options_.surges && dice_.unit() < kSurgeDays ? hour + dice_.between(8, 20) : -1;
      const double surge = surge_from >= 0 && hour >= surge_from && hour < surge_from + 2 ? kSurgeFactor : 1;
      for (std::uint32_t e = 0; e < endpoints.size(); ++e) {
        const double rate = is_mobile(endpoints[e].technology) ? kMobilePerHour : kFixedPerHour;
        const double mean = endpoints[e].customers * rate * profile_at(hour * kHour) * surge;
        for (std::uint32_t n = poisson(mean); n > 0; --n)
          add({e}, hour * kHour + dice_.between(0, kHour - 1), -1, customer_of({e}));
      }
    }
  }

  void of_event(std::size_t index) {
    Event& event = events_[index];
    std::set<std::uint64_t> callers;
    for (const EndpointIndex endpoint : event.endpoints) {
      const Endpoint& known = network_.topology->endpoint(endpoint);
      const double share = is_mobile(known.technology) ? event.call_in_mobile : event.call_in_fixed;
      if (share == 0) continue;
      for (std::uint32_t n = poisson(known.customers * share); n > 0; --n) {
        const double delay_s =
            60 * options_.delay_median_minutes * std::exp(options_.delay_sigma * dice_.normal());
        const auto at = event.begin_s + static_cast<std::int64_t>(delay_s);
        if (dice_.unit() >= std::min(1.0, profile_at(at))) continue;
        if (at > event.end_s && dice_.unit() >= kAfterRecovery) continue;
        const auto customer = customer_of(endpoint);
        callers.insert(customer);
        add(endpoint, at, static_cast<std::int32_t>(index), customer);
      }
    }
    event.callers = static_cast<std::uint32_t>(callers.size());
  }

  std::uint64_t customer_of(EndpointIndex endpoint) {
    const auto customers = network_.topology->endpoint(endpoint).customers;
    return (std::uint64_t{endpoint.value} << 20U) + 1 + dice_.next() % customers;
  }

  void add(EndpointIndex endpoint, std::int64_t at, std::int32_t event, std::uint64_t customer) {
    Call call;
    call.event = event;
    call.received_s = at;
    Complaint& complaint = call.complaint;
    complaint.customer = customer;
    if (dice_.unit() < kLate) {
      call.received_s += dice_.between(10, 60) * 60;
      complaint.trouble_began = at_second(at);
    }
    place(complaint, endpoint);
    complaint.received =
        at_second(call.received_s) +
        std::chrono::seconds(static_cast<std::int64_t>(options_.clock_skew_s * (2 * dice_.unit() - 1)));
    calls_.push_back(call);
    if (dice_.unit() < kRepeat) {
      call.received_s += dice_.between(5, 120) * 60;
      complaint = call.complaint;
      call.complaint.received = at_second(call.received_s);
      calls_.push_back(call);
    }
  }

  Place off(Place place, double deviation_m) {
    const double scale = deviation_m / 1000 / kKmPerDegree;
    const double narrow = std::cos(place.latitude_deg * std::numbers::pi / 180);
    return {place.latitude_deg + scale * dice_.normal(),
            place.longitude_deg + scale * dice_.normal() / narrow};
  }

  void place(Complaint& complaint, EndpointIndex endpoint) {
    const Endpoint& known = network_.topology->endpoint(endpoint);
    const bool mobile = is_mobile(known.technology);
    complaint.service = mobile ? Service::mobile_data : Service::internet;
    const Place home = off(*known.place, known.coverage_m / 2);
    const double u = dice_.unit();
    if (dice_.unit() < options_.far_share) {
      complaint.place = off(home, 5000);
    } else if (!mobile) {
      if (u < 0.85)
        complaint.line = endpoint;
      else
        complaint.place = off(home, u < 0.95 ? 300 : 5000);
    } else if (u < 0.4) {
      complaint.cell = endpoint;
    } else if (u < 0.5) {  // the sector next to it
      const auto& sectors = site_of_[endpoint.value]->endpoints;
      complaint.cell = sectors[dice_.next() % sectors.size()];
    } else {
      complaint.place = off(home, u < 0.9 ? 400 : 5000);
      complaint.accuracy_m = 400;
    }
  }

  const Network& network_;
  std::span<Event> events_;
  const CallOptions& options_;
  lab::Dice dice_;
  std::vector<const SimSite*> site_of_;
  std::vector<Call> calls_;
};

}  // namespace

std::vector<Call> make_calls(const Network& network, std::span<Event> events, const CallOptions& options) {
  return Callers(network, events, options).make();
}

}  // namespace faultline::accuracy
