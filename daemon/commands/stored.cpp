#include "daemon/commands/stored.h"

#include "daemon/app/observations.h"
#include "daemon/app/setup.h"
#include "daemon/store/incidents.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

namespace faultline::commands {

Result<Stored> open_stored(const std::filesystem::path& config_file) {
  config::Problems problems;
  auto setup = app::load_setup(config_file, nullptr, problems);
  if (!setup) return fail(problems.text());
  auto database = store::Database::open(setup->config.store.path, store::OpenMode::read_only);
  if (!database) return tl::make_unexpected(database.error());
  return Stored{setup->inventory.topology, setup->rules, std::move(*database)};
}

Result<IncidentNumber> parse_incident(std::string_view text) {
  const std::string_view digits = text.starts_with("FL-") ? text.substr(3) : text;
  IncidentNumber number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number == 0)
    return fail(fmt::format("\"{}\" is no incident (expected FL-17 or 17)", text));
  return number;
}

Result<Incident> load_incident(Stored& stored, IncidentNumber number) {
  const auto record = store::find_incident(stored.database, number);
  if (!record) return tl::make_unexpected(record.error());
  if (!*record) return fail(fmt::format("there is no incident FL-{}", number));
  auto restored = store::from_document((*record)->document, *stored.topology);
  if (!restored) return tl::make_unexpected(restored.error());
  return std::move(restored->incident);
}

Result<std::vector<store::Event>> events_of(Stored& stored, const Incident& incident) {
  store::EventFilter own;
  own.incident = incident.number;
  own.oldest_first = true;
  own.limit = 1000;
  auto events = store::list_events(stored.database, own);
  if (!events || !incident.opened_at) return events;
  store::EventFilter began;
  began.kind = "degradation.began";
  began.from = incident.onset;
  began.until = *incident.opened_at;
  began.oldest_first = true;
  began.limit = 10'000;
  const auto confirmed = store::list_events(stored.database, began);
  if (!confirmed) return tl::make_unexpected(confirmed.error());
  events->insert(events->end(), confirmed->begin(), confirmed->end());
  return events;
}

Result<std::vector<store::Event>> observations_of(Stored& stored, const Incident& incident) {
  constexpr auto kBefore = std::chrono::minutes(10);
  store::EventFilter meanwhile;
  meanwhile.kind = app::kObservationPrefix;
  meanwhile.from = incident.onset - kBefore;
  meanwhile.until = incident.resolved_at;
  meanwhile.oldest_first = true;
  meanwhile.limit = 10'000;
  auto events = store::list_events(stored.database, meanwhile);
  if (!events) return events;
  std::set<std::string_view> names;
  for (const EndpointIndex endpoint : incident.affected)
    names.insert(stored.topology->endpoint(endpoint).name);
  std::erase_if(*events, [&](const store::Event& event) { return !names.contains(event.subject); });
  return events;
}

Result<std::vector<store::StoredComplaint>> complaints_of(Stored& stored, IncidentNumber number) {
  store::ComplaintFilter of_incident;
  of_incident.incident = number;
  of_incident.limit = 10'000;
  return store::list_complaints(stored.database, of_incident);
}

}  // namespace faultline::commands
