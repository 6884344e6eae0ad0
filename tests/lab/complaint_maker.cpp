#include "tests/lab/complaint_maker.h"

#include "tests/lab/ground.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <utility>

namespace faultline::lab {
namespace {

constexpr std::size_t kMostCandidates = 1000;  // of far-from, so that a million endpoints take no time

enum Symptom : std::uint8_t { no_service, slow, drops };
constexpr std::array<std::string_view, 3> kSymptomNames = {"no_service", "slow", "drops"};
constexpr std::array<std::string_view, 3> kLanguages = {"en", "de", "nl"};
constexpr std::array<std::string_view, 4> kChannels = {"app", "phone", "web", "chat"};
// By language, then symptom.
constexpr std::string_view kTexts[3][3] = {
    {"Nothing works here any more.", "Everything is terribly slow.", "The connection keeps dropping."},
    {"Hier geht gar nichts mehr.", "Alles ist furchtbar langsam.", "Die Verbindung bricht dauernd ab."},
    {"Hier werkt niets meer.", "Alles is vreselijk traag.", "De verbinding valt steeds weg."}};

template <typename T, std::size_t n>
T pick(const std::array<T, n>& from, Dice& dice) {
  return from[dice.between(0, n - 1)];
}

// At most `most` of them, evenly spread.
std::vector<EndpointIndex> thinned(const std::vector<EndpointIndex>& all, std::size_t most) {
  if (all.size() <= most) return all;
  std::vector<EndpointIndex> some;
  for (std::size_t i = 0; i < most; ++i) some.push_back(all[i * all.size() / most]);
  return some;
}

std::vector<EndpointIndex> with_place(std::vector<EndpointIndex> all, const Topology& topology) {
  std::erase_if(all, [&](EndpointIndex e) { return !topology.endpoint(e).place; });
  return all;
}

std::optional<EndpointIndex> farthest_from(const std::string& target, const Topology& topology) {
  const auto served = endpoints_of(topology, target);
  std::vector<EndpointIndex> others;
  for (const EndpointIndex e : endpoints_of(topology, std::string(kEverything)))
    if (!std::binary_search(served.begin(), served.end(), e)) others.push_back(e);
  const auto near = thinned(with_place(served, topology), kMostCandidates);
  std::optional<EndpointIndex> best;
  double best_m = -1;
  for (const EndpointIndex e : thinned(with_place(others, topology), kMostCandidates)) {
    double least = 1e9;
    for (const EndpointIndex s : near)
      least = std::min(least, distance_m(*topology.endpoint(e).place, *topology.endpoint(s).place) -
                                  static_cast<double>(topology.endpoint(s).coverage_m));
    if (least > best_m) {
      best_m = least;
      best = e;
    }
  }
  return best;
}

EndpointIndex draw_by_customers(const std::vector<EndpointIndex>& from, const Topology& topology,
                                Dice& dice) {
  std::uint64_t total = 0;
  for (const EndpointIndex e : from) total += topology.endpoint(e).customers;
  std::uint64_t left = dice.next() % std::max<std::uint64_t>(total, 1);
  for (const EndpointIndex e : from) {
    const std::uint64_t customers = topology.endpoint(e).customers;
    if (left < customers) return e;
    left -= customers;
  }
  return from.back();
}

Service draw_service(Technology technology, Dice& dice) {
  const double u = dice.unit();
  if (is_mobile(technology)) return u < 0.75 ? Service::mobile_data : Service::mobile_voice;
  return u < 0.7 ? Service::internet : u < 0.85 ? Service::tv : Service::telephony;
}

Symptom symptom_of(const std::optional<Trouble>& trouble, Dice& dice) {
  if (!trouble) return static_cast<Symptom>(dice.between(0, 2));
  if (trouble->kind == FaultKind::cut || trouble->kind == FaultKind::power) return no_service;
  return dice.unit() < 0.6 ? slow : drops;
}

// Customers notice late and round: most name a time, few the right one.
std::optional<Duration> draw_delay(const ComplaintEvent& event, const std::optional<Trouble>& trouble,
                                   Dice& dice) {
  if (event.delay) return event.delay;
  if (dice.unit() < 0.3) return std::nullopt;
  const double seconds =
      trouble ? to_seconds(trouble->since) + 10 * dice.normal() : -120 * std::log(1 - dice.unit());
  return Duration(std::llround(std::max(seconds, 1.0) * 1e6));
}

Place reported_place(const Endpoint& endpoint, double error_m, Dice& dice) {
  const double radius =
      0.8 * std::max(static_cast<double>(endpoint.coverage_m), 50.0) * std::sqrt(dice.unit());
  const double angle = 2 * std::numbers::pi * dice.unit();
  const Place home = moved(*endpoint.place, radius * std::cos(angle), radius * std::sin(angle));
  const double east = error_m * dice.normal();
  return moved(home, east, error_m * dice.normal());
}

void say_where(const ComplaintEvent& event, const Endpoint& endpoint, Dice& dice, ComplaintReport& report) {
  const bool mobile = is_mobile(endpoint.technology);
  const double u = dice.unit();
  const ComplaintBy drawn = mobile ? (u < 0.15 ? ComplaintBy::cell : ComplaintBy::place)
                                   : (u < 0.5 ? ComplaintBy::line : ComplaintBy::place);
  const ComplaintBy by = event.by.value_or(drawn);
  if (by == ComplaintBy::place && endpoint.place) {
    report.accuracy_m = event.error_m.value_or(mobile ? dice.between(50, 400) : dice.between(10, 60));
    report.place = reported_place(endpoint, report.accuracy_m, dice);
  } else {
    (by == ComplaintBy::cell ? report.cell : report.line) = endpoint.name;
  }
}

}  // namespace

std::vector<PlannedComplaint> plan_complaints(const ComplaintEvent& event, Duration at,
                                              const Topology& topology, Dice& dice) {
  std::vector<EndpointIndex> from;
  if (event.where == ComplaintWhere::far_from) {
    if (const auto far = farthest_from(event.target, topology)) from.push_back(*far);
  } else {
    from = endpoints_of(topology, event.target);
  }
  if (event.by.value_or(ComplaintBy::place) == ComplaintBy::place && event.where != ComplaintWhere::near)
    from = with_place(std::move(from), topology);
  std::vector<PlannedComplaint> planned;
  for (std::uint32_t i = 0; i < event.count && !from.empty(); ++i) {
    const double share = event.count == 1 ? 0 : std::pow(dice.unit(), 1.5);  // most of them early
    const auto after = Duration(std::llround(static_cast<double>(event.within.count()) * share));
    planned.push_back({at + after, draw_by_customers(from, topology, dice)});
  }
  std::sort(planned.begin(), planned.end(),
            [](const PlannedComplaint& a, const PlannedComplaint& b) { return a.at < b.at; });
  return planned;
}

ComplaintReport make_complaint(const ComplaintEvent& event, const Endpoint& endpoint, std::string id,
                               Timestamp received, std::optional<Trouble> trouble, Dice& dice) {
  ComplaintReport report;
  report.id = std::move(id);
  report.customer = fmt::format("customer-{:08}", dice.between(0, 99'999'999));
  report.received = received;
  if (const auto delay = draw_delay(event, trouble, dice)) report.began = received - *delay;
  report.channel = pick(kChannels, dice);
  const std::uint32_t language = dice.between(0, 2);
  const Symptom symptom = symptom_of(trouble, dice);
  report.language = kLanguages[language];
  report.symptom = kSymptomNames[symptom];
  report.text = kTexts[language][symptom];
  const Service drawn = draw_service(endpoint.technology, dice);
  report.service = event.service.value_or(drawn);
  say_where(event, endpoint, dice, report);
  return report;
}

}  // namespace faultline::lab
