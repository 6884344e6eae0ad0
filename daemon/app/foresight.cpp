#include "daemon/app/foresight.h"

#include "daemon/store/complaints.h"
#include "daemon/store/incidents.h"
#include "probes/async/clock.h"
#include "rules/correlate/geocode.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace faultline::app {
namespace {

using namespace std::chrono_literals;

// What one turn of the main loop may take; a few endpoints' work more, since the clock is read between
// batches.
constexpr auto kSlice = 2ms;
constexpr std::uint32_t kBatch = 8;
constexpr std::size_t kPage = 5'000;
constexpr std::size_t kMostIncidents = 5'000;

class SliceEnd {
 public:
  bool is_here() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + kSlice;
};

Result<void> note_complaints(store::Database& db, foresee::Survey& survey,
                             std::shared_ptr<const Topology> topology, const RuleSet& rules, Timestamp now) {
  const correlate::Geocoder geocoder(topology);
  store::ComplaintFilter filter;
  filter.from = now - rules.foresee.complaints_back;
  for (std::size_t left = rules.foresee.most_complaints; left > 0;) {
    filter.limit = std::min(kPage, left);
    const auto page = store::list_complaints(db, filter);
    if (!page) return tl::make_unexpected(page.error());
    for (const store::StoredComplaint& stored : *page) {
      const auto weights = geocoder.weights(store::to_model(stored, *topology), rules.correlate.geocode);
      if (weights.empty()) continue;
      survey.note(foresee::PastComplaint{weights.front().endpoint, stored.customer, stored.received,
                                         stored.incident.has_value()});
    }
    if (page->size() < filter.limit) break;
    filter.offset += page->size();
    left -= page->size();
  }
  return {};
}

// Those that were opened; a suspicion that was withdrawn is no history.
Result<void> note_incidents(store::Database& db, foresee::Survey& survey, const Topology& topology,
                            const RuleSet& rules, Timestamp now) {
  store::IncidentFilter filter;
  filter.active_from = now - rules.foresee.incidents_back;
  filter.limit = kMostIncidents;
  const auto records = store::list_incidents(db, filter);
  if (!records) return tl::make_unexpected(records.error());
  for (const store::IncidentRecord& record : *records) {
    if (!record.opened_at || record.state == IncidentState::merged) continue;
    const auto restored = store::from_document(record.document, topology);
    if (!restored || restored->root_gone) continue;
    const Incident& incident = restored->incident;
    foresee::PastIncident past{incident.root, std::nullopt, incident.suspected_members};
    if (!incident.causes.empty()) past.cause = incident.causes.front().cause;
    survey.note(past);
  }
  return {};
}

}  // namespace

struct Foresight::Run {
  std::shared_ptr<const Topology> topology;
  std::shared_ptr<const RuleSet> rules;
  Timestamp now{};
  foresee::Survey survey;
  std::uint32_t next = 0;
};

struct Foresight::UsageRun {
  Outlook outlook;
  std::shared_ptr<const Topology> topology;
  std::shared_ptr<const RuleSet> rules;
  Timestamp now{};
  std::vector<NodeIndex> areas;
  UsageReply reply;
  std::vector<foresee::AreaUsage> done;
  std::optional<foresee::UsageSum> sum;  // of areas[done.size()]
  std::vector<EndpointIndex> below;
  std::size_t next = 0;
};

void Foresight::outlook(Reply reply) {
  const bool is_good = latest_ && topology_ == services_.setup.inventory.topology &&
                       rules_ == services_.setup.rules && latest_->made <= wall_now() &&
                       wall_now() - latest_->made < rules_->foresee.refresh;
  if (is_good) return reply(latest_);
  waiting_.push_back(std::move(reply));
  if (waiting_.size() == 1) start();
}

void Foresight::start() {
  const auto topology = services_.setup.inventory.topology;
  const auto rules = services_.setup.rules;
  const Timestamp now = wall_now();
  auto run = std::make_shared<Run>(Run{topology, rules, now, foresee::Survey(topology, rules, now), 0});
  services_.store->read(
      [run](store::Database& db) -> Result<void> {
        if (auto noted = note_complaints(db, run->survey, run->topology, *run->rules, run->now); !noted)
          return noted;
        return note_incidents(db, run->survey, *run->topology, *run->rules, run->now);
      },
      [this, run](const Result<void>& read) {
        if (!read) return end(tl::make_unexpected(read.error()));
        slice(run);
      });
}

void Foresight::slice(const std::shared_ptr<Run>& run) {
  if (run->topology != services_.setup.inventory.topology || run->rules != services_.setup.rules)
    return start();
  const auto count = static_cast<std::uint32_t>(run->topology->endpoints().size());
  const SliceEnd slice_end;
  while (run->next < count && !slice_end.is_here()) {
    for (const std::uint32_t stop = std::min(count, run->next + kBatch); run->next < stop; ++run->next) {
      const EndpointIndex e{run->next};
      if (run->topology->endpoint(e).retired) continue;
      const bool is_well = services_.pipeline->health(e).state == HealthState::ok;
      run->survey.look_at(e, services_.pipeline->learnt(e, run->now), is_well);
    }
  }
  if (run->next < count) return services_.post([this, run] { slice(run); });
  topology_ = run->topology;
  rules_ = run->rules;
  end(std::make_shared<const foresee::Outlook>(run->survey.finish()));
}

void Foresight::end(Result<Outlook> result) {
  if (result) latest_ = *result;
  for (Reply& reply : std::exchange(waiting_, {})) reply(result);
}

void Foresight::usage(std::vector<NodeIndex> areas, UsageReply reply) {
  outlook([this, areas = std::move(areas), reply = std::move(reply)](const Result<Outlook>& found) mutable {
    if (!found) return reply(tl::make_unexpected(found.error()));
    auto run = std::make_shared<UsageRun>();
    run->outlook = *found;
    run->topology = services_.setup.inventory.topology;
    run->rules = services_.setup.rules;
    run->now = wall_now();
    run->areas = std::move(areas);
    run->reply = std::move(reply);
    slice(run);
  });
}

void Foresight::slice(const std::shared_ptr<UsageRun>& run) {
  const SliceEnd slice_end;
  while (run->done.size() < run->areas.size()) {
    if (!run->sum) {
      const NodeIndex area = run->areas[run->done.size()];
      run->sum.emplace(area, run->topology, run->rules);
      run->below = run->topology->endpoints_below(area);
      run->next = 0;
    }
    for (; run->next < run->below.size(); ++run->next) {
      if (run->next % kBatch == 0 && slice_end.is_here()) return services_.post([this, run] { slice(run); });
      const EndpointIndex e = run->below[run->next];
      run->sum->add(e, services_.pipeline->learnt(e, run->now));
      run->sum->add_complaints(e, run->outlook->complaints);
    }
    run->done.push_back(run->sum->finish());
    run->sum.reset();
  }
  run->reply(std::move(run->done));
}

}  // namespace faultline::app
