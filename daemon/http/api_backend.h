// What the API's handlers ask of the program. The application implements it over the pipeline, the engine and
// the store; the unit tests over plain vectors. Everything is called on the main loop; a Reply is called on
// the main loop too, at once or later, exactly once. Plain types of rules/model and records with names;
// nothing here speaks JSON, except where a body is handed through untouched.
#pragma once

#include "daemon/http/router.h"
#include "rules/foresee/outlook.h"
#include "rules/foresee/usage.h"
#include "rules/model/complaint.h"
#include "rules/model/health.h"
#include "rules/model/incident.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"
#include "rules/model/round.h"
#include "rules/model/time.h"
#include "rules/model/topology.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::http {

template <typename T>
using Reply = std::function<void(T)>;

// One page of a list. `next`: pass it as `cursor` to get what follows; empty at the end.
template <typename T>
struct Page {
  std::vector<T> items;
  std::string next;
};
struct PageRequest {
  std::size_t limit = 100;  // 1 … 1000
  std::size_t offset = 0;   // the cursor that a Page gave; 0: from the start
};

struct DaemonStatus {
  std::string version;
  Timestamp now{};
  Timestamp started{};
  std::vector<std::string> not_ready;  // why not, in words; empty: ready
  double packets_per_second = 0;       // sent, of late
  double rounds_per_second = 0;
  std::uint64_t endpoints = 0;
  std::uint64_t endpoints_bad = 0;
  std::uint64_t endpoints_unknown = 0;  // not measured, or not yet
  std::uint64_t complaints_last_day = 0;
};

// Latest round of one probe of an endpoint, for reading.
struct LatestRound {
  std::string probe;  // name of the kind
  Round round;
};
// What the topology does not know of an endpoint.
struct EndpointDetails {
  std::string address;  // as configured; empty if none
  std::string device;
  std::string profile;
  std::vector<LatestRound> rounds;
};

struct IncidentQuery {
  std::optional<IncidentState> state;  // none: all that have not ended
  bool all = false;                    // every state, ended ones too
  std::optional<Timestamp> since;      // suspected or changed at or after
  PageRequest page;
};
struct IncidentView {
  Incident incident;   // indexes as in topology() now; things that left the inventory are missing
  std::string root;    // name of the node or endpoint, names separated by ", " for an area
  std::string ticket;  // its id in the ticket book; empty: none
};

struct ComplaintView {  // nothing that identifies a customer
  std::string id;
  Timestamp received{};
  std::optional<Timestamp> began;
  Service service = Service::unknown;
  std::string symptom;
  std::string channel;
  std::optional<IncidentNumber> incident;
};

struct TicketView {
  std::string id;
  IncidentNumber incident = 0;
  std::string status;    // TMF621: acknowledged, inProgress, …
  std::string severity;  // of the incident
  std::string title;
  Timestamp created{};
  Timestamp updated{};
  std::vector<std::string> notes;  // oldest first
};

struct MaintenanceView {
  std::string id;
  std::string target;  // name of a node or endpoint
  Timestamp begins{};
  Timestamp ends{};
  std::string reason;
  bool from_file = false;  // of maintenance.csv: cannot be deleted here
};

struct EventView {
  std::uint64_t sequence = 0;
  Timestamp at{};
  std::string kind;     // "incident.opened", "config.reloaded", …
  std::string subject;  // "FL-7", an endpoint, a ticket
  std::string reason;
  std::string evidence;  // in words; may be empty
};
struct EventQuery {
  std::string subject;  // empty: all
  std::optional<Timestamp> since;
  PageRequest page;  // newest first
};

struct HistoryQuery {
  EndpointIndex endpoint;
  Metric metric = Metric::loss_ratio;
  Timestamp from{};
  Timestamp to{};
};
struct HistoryPoint {
  Timestamp begins{};
  Duration width{};
  std::uint32_t rounds = 0;
  float minimum = kNoValue;
  float mean = kNoValue;
  float maximum = kNoValue;
};

// An entry of the inventory that is probably wrong, worked out from the incidents that are kept.
struct InventorySuspectView {
  std::string endpoint;
  std::vector<std::string> entered_below;  // its parents in the inventory
  std::string failed_with;                 // the place of the incidents it failed with
  std::vector<IncidentNumber> incidents;   // oldest first
  std::uint32_t recovered = 0;             // of them: and recovered with
  std::uint32_t apart = 0;                 // incidents there since that it did not fail with
  double odds = 0;                         // wrong entry : coincidence
  Timestamp first_seen{};
  Timestamp last_seen{};
};
struct InventorySuspectsView {
  std::vector<InventorySuspectView> items;  // the surest first
  double wrong_edge_ratio = 0;              // estimated share of wrong entries, 0 … 1
  std::uint64_t members = 0;                // that failed where the inventory has them: what it rests on
  std::uint64_t strays = 0;
};

// An answer in JSON that someone else has written: complaints' intake, the ticket book.
struct RawAnswer {
  unsigned status = 200;
  std::string json;  // empty: no body
  Headers headers;
};

class ApiBackend {
 public:
  virtual ~ApiBackend() = default;

  virtual DaemonStatus status() = 0;
  virtual std::shared_ptr<const Topology> topology() = 0;
  virtual EndpointHealth health(EndpointIndex endpoint) = 0;
  virtual EndpointDetails details(EndpointIndex endpoint) = 0;
  virtual std::string_view probe_name(ProbeKindIndex probe) = 0;
  virtual std::vector<Degradation> degradations() = 0;

  virtual void incidents(IncidentQuery query, Reply<Result<Page<IncidentView>>> reply) = 0;
  virtual void incident(IncidentNumber number, Reply<Result<std::optional<IncidentView>>> reply) = 0;
  virtual void complaints(PageRequest page, Reply<Result<Page<ComplaintView>>> reply) = 0;
  virtual void tickets(PageRequest page, Reply<Result<Page<TicketView>>> reply) = 0;
  virtual void ticket(std::string id, Reply<Result<std::optional<TicketView>>> reply) = 0;
  virtual void events(EventQuery query, Reply<Result<Page<EventView>>> reply) = 0;
  virtual void history(HistoryQuery query, Reply<Result<std::vector<HistoryPoint>>> reply) = 0;

  // What is foreseen and advised, at most `foresee.refresh` old. Indexes as in topology() now.
  virtual void outlook(Reply<Result<std::shared_ptr<const foresee::Outlook>>> reply) = 0;
  // How these areas (is_usage_area) are used, in the same order.
  virtual void usage(std::vector<NodeIndex> areas, Reply<Result<std::vector<foresee::AreaUsage>>> reply) = 0;
  virtual void inventory_suspects(Reply<Result<InventorySuspectsView>> reply) = 0;

  virtual std::vector<MaintenanceView> maintenance() = 0;
  // An empty id gets one. Durable when replied. The error is what was wrong with it (answered as 422).
  virtual void add_maintenance(MaintenanceView window, const Principal& by,
                               Reply<Result<MaintenanceView>> reply) = 0;
  // False: there is none of that id. The error: it cannot be deleted (409).
  virtual void remove_maintenance(std::string id, const Principal& by, Reply<Result<bool>> reply) = 0;

  // The body as it came, one complaint or an array; durable when replied.
  virtual void submit_complaints(std::string body, const Principal& by, Reply<RawAnswer> reply) = 0;
  // Alertmanager's webhook. A status of 400 and more comes with words for people instead of JSON.
  virtual void submit_alerts(std::string body, const Principal& by, Reply<RawAnswer> reply) = 0;
  // TMF642 under /tmf-api/alarmManagement/v4; `resource` is "alarm" or "clearAlarms", `id` empty: all of
  // them.
  virtual void tmf_alarms(Method method, std::string resource, std::string id, Query query, std::string body,
                          const Principal& by, Reply<RawAnswer> reply) = 0;
  // The ticket book under /tmf-api/troubleTicket/v5/troubleTicket; `id` empty: the collection.
  virtual void tmf(Method method, std::string id, Query query, std::string body, const Principal& by,
                   Reply<RawAnswer> reply) = 0;

  // Reads the configuration anew. The text says what changed; the error what is wrong, a line each (422).
  virtual void reload(const Principal& by, Reply<Result<std::string>> reply) = 0;
};

// Adds every route of the API but /metrics (daemon/metrics/metrics_route.h). Both must outlive the router.
void add_api_routes(Router& router, ApiBackend& backend);

}  // namespace faultline::http
