#include "daemon/store/state.h"

#include "daemon/store/complaints.h"
#include "daemon/store/filter.h"
#include "daemon/store/incidents.h"

#include <chrono>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace faultline::store {
namespace {

// No endpoint has an empty name.
constexpr std::string_view kUsualComplaints = "";
constexpr auto kRecentlyEnded = std::chrono::minutes(30);
constexpr auto kRecentComplaints = std::chrono::hours(24);
constexpr auto kRecentFaults = std::chrono::days(8);

std::optional<EndpointIndex> find_endpoint(const Topology& topology, std::string_view name) {
  const auto index = topology.find_endpoint(name);
  if (!index || topology.endpoint(*index).retired) return std::nullopt;
  return index;
}

Result<void> load_incidents(Database& db, const Topology& topology, Timestamp now, StoredState& state) {
  Result<void> problem;
  auto read = db.each(
      "SELECT document FROM incident WHERE ended_at IS NULL OR ended_at >= ? ORDER BY number",
      [&](const Row& row) {
        auto restored = from_document(row.text_view(0), topology);
        if (!restored) {
          problem = tl::make_unexpected(restored.error());
          return;
        }
        if (restored->root_gone) {
          if (has_ended(restored->incident.state)) return;
          ++state.dropped_incidents;
          state.lost.push_back(restored->incident.number);
          return;
        }
        state.dropped_names += restored->dropped_names;
        state.pipeline.incidents.push_back(std::move(restored->incident));
      },
      now - kRecentlyEnded);
  return read ? problem : read;
}

Result<void> load_past_faults(Database& db, const Topology& topology, Timestamp now, StoredState& state) {
  auto told = told_incidents(db, topology, now - kRecentFaults);
  if (!told) return tl::make_unexpected(told.error());
  for (Incident& incident : *told)
    state.pipeline.past_faults.push_back({std::move(incident.root), incident.onset});
  return {};
}

Result<void> load_degradations(Database& db, const Topology& topology, StoredState& state) {
  return db.each("SELECT endpoint, respect, onset, confirmed, evidence FROM degradation",
                 [&](const Row& row) {
                   const auto endpoint = find_endpoint(topology, row.text_view(0));
                   if (!endpoint) {
                     ++state.dropped_degradations;
                     return;
                   }
                   Degradation d;
                   d.endpoint = *endpoint;
                   d.respect = from_name<Respect>(kRespectNames, row.text_view(1));
                   d.onset = row.time(2);
                   d.confirmed = row.time(3);
                   d.evidence = row.text(4);
                   state.pipeline.degradations.push_back(std::move(d));
                 });
}

Result<void> load_complaints(Database& db, const Topology& topology, Timestamp now, StoredState& state) {
  ComplaintFilter recent;
  recent.from = now - kRecentComplaints;
  recent.limit = 1'000'000;
  auto found = list_complaints(db, recent);
  if (!found) return tl::make_unexpected(found.error());
  std::unordered_map<IncidentNumber, Incident*> incidents;
  std::unordered_set<std::string> attached;
  for (Incident& incident : state.pipeline.incidents) {
    incidents[incident.number] = &incident;
    attached.insert(incident.complaints.begin(), incident.complaints.end());
  }
  for (auto complaint = found->rbegin(); complaint != found->rend(); ++complaint) {
    state.pipeline.complaints.push_back(to_model(*complaint, topology));
    // An incident's document knows those of the time when it was told last; later ones know their incident.
    const auto incident = complaint->incident ? incidents.find(*complaint->incident) : incidents.end();
    if (incident != incidents.end() && attached.insert(complaint->id).second)
      incident->second->complaints.push_back(complaint->id);
  }
  return {};
}

Result<void> load_baselines(Database& db, const Topology& topology, StoredState& state) {
  return db.each("SELECT endpoint, block FROM baseline", [&](const Row& row) {
    if (row.text_view(0) == kUsualComplaints) {
      const auto learnt = row.blob(1);
      state.usual_complaints.assign(reinterpret_cast<const char*>(learnt.data()), learnt.size());
      return;
    }
    const auto endpoint = find_endpoint(topology, row.text_view(0));
    if (!endpoint) {
      ++state.dropped_baselines;
      return;
    }
    const auto block = row.blob(1);
    state.baselines.emplace_back(*endpoint, std::vector<std::byte>(block.begin(), block.end()));
  });
}

Result<void> load_maintenance(Database& db, const Topology& topology, Timestamp now, StoredState& state) {
  auto windows = list_maintenance(db);
  if (!windows) return tl::make_unexpected(windows.error());
  for (StoredMaintenance& stored : *windows) {
    if (stored.ends <= now) continue;
    Maintenance window{stored.id,    topology.find_node(stored.target),
                       std::nullopt, stored.begins,
                       stored.ends,  stored.reason};
    if (!window.node) window.endpoint = find_endpoint(topology, stored.target);
    if (window.node || window.endpoint)
      state.maintenance.push_back(std::move(window));
    else
      ++state.dropped_maintenance;
  }
  return {};
}

}  // namespace

StoredDegradation to_stored(const Degradation& d, const Topology& topology) {
  return {topology.endpoint(d.endpoint).name, d.respect, d.onset, d.confirmed, d.evidence};
}

Result<void> save_degradation(Database& db, const StoredDegradation& d) {
  return db.run(
      "INSERT OR REPLACE INTO degradation(endpoint, respect, onset, confirmed, evidence) VALUES(?,?,?,?,?)",
      d.endpoint, name(d.respect), d.onset, d.confirmed, d.evidence);
}

Result<void> remove_degradation(Database& db, std::string_view endpoint, Respect respect) {
  return db.run("DELETE FROM degradation WHERE endpoint = ? AND respect = ?", endpoint, name(respect));
}

Result<void> save_baseline(Database& db, const StoredBaseline& baseline) {
  return db.run("INSERT OR REPLACE INTO baseline(endpoint, updated, block) VALUES(?,?,?)", baseline.endpoint,
                baseline.updated, std::span<const std::byte>(baseline.block));
}

Result<void> save_usual_complaints(Database& db, std::string_view learnt, Timestamp updated) {
  return db.run("INSERT OR REPLACE INTO baseline(endpoint, updated, block) VALUES(?,?,?)", kUsualComplaints,
                updated, std::as_bytes(std::span(learnt)));
}

Result<void> save_maintenance(Database& db, const StoredMaintenance& w) {
  return db.run(
      "INSERT OR REPLACE INTO maintenance(id, target, begins, ends, reason, author) VALUES(?,?,?,?,?,?)",
      w.id, w.target, w.begins, w.ends, w.reason, w.author);
}

Result<bool> remove_maintenance(Database& db, std::string_view id) {
  if (auto removed = db.run("DELETE FROM maintenance WHERE id = ?", id); !removed)
    return tl::make_unexpected(removed.error());
  return db.changed_rows() > 0;
}

Result<std::vector<StoredMaintenance>> list_maintenance(Database& db) {
  std::vector<StoredMaintenance> windows;
  auto listed = db.each(
      "SELECT id, target, begins, ends, reason, author FROM maintenance ORDER BY begins, id",
      [&](const Row& row) {
        windows.push_back({row.text(0), row.text(1), row.time(2), row.time(3), row.text(4), row.text(5)});
      });
  if (!listed) return tl::make_unexpected(listed.error());
  return windows;
}

Result<StoredState> load_state(Database& db, const Topology& topology, Timestamp now) {
  StoredState state;
  Result<void> loaded = load_incidents(db, topology, now, state);
  if (loaded) loaded = load_past_faults(db, topology, now, state);
  if (loaded) loaded = load_degradations(db, topology, state);
  if (loaded) loaded = load_complaints(db, topology, now, state);
  if (loaded) loaded = load_baselines(db, topology, state);
  if (loaded) loaded = load_maintenance(db, topology, now, state);
  if (!loaded) return tl::make_unexpected(loaded.error());
  auto next = next_incident_number(db);
  if (!next) return tl::make_unexpected(next.error());
  state.pipeline.next_incident = *next;
  return state;
}

}  // namespace faultline::store
