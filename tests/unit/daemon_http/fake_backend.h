// An ApiBackend over plain vectors: one small network in trouble, for the tests of the API. Replies at once.
#pragma once

#include "daemon/http/api_backend.h"

#include <map>
#include <string>
#include <vector>

namespace faultline::http {

class FakeBackend : public ApiBackend {
 public:
  FakeBackend();  // 2 nodes, 3 endpoints, 1 degradation, 1 open incident, and one of everything else

  DaemonStatus status() override { return status_; }
  std::shared_ptr<const Topology> topology() override { return topology_; }
  EndpointHealth health(EndpointIndex endpoint) override { return health_[endpoint.value]; }
  EndpointDetails details(EndpointIndex endpoint) override;
  std::string_view probe_name(ProbeKindIndex) override { return "icmp"; }
  std::vector<Degradation> degradations() override { return degradations_; }
  void incidents(IncidentQuery query, Reply<Result<Page<IncidentView>>> reply) override;
  void incident(IncidentNumber number, Reply<Result<std::optional<IncidentView>>> reply) override;
  void complaints(PageRequest page, Reply<Result<Page<ComplaintView>>> reply) override;
  void tickets(PageRequest page, Reply<Result<Page<TicketView>>> reply) override;
  void ticket(std::string id, Reply<Result<std::optional<TicketView>>> reply) override;
  void events(EventQuery query, Reply<Result<Page<EventView>>> reply) override;
  void history(HistoryQuery query, Reply<Result<std::vector<HistoryPoint>>> reply) override;
  void outlook(Reply<Result<std::shared_ptr<const foresee::Outlook>>> reply) override;
  void usage(std::vector<NodeIndex> areas, Reply<Result<std::vector<foresee::AreaUsage>>> reply) override;
  void inventory_suspects(Reply<Result<InventorySuspectsView>> reply) override;
  std::vector<MaintenanceView> maintenance() override { return windows_; }
  void add_maintenance(MaintenanceView window, const Principal& by,
                       Reply<Result<MaintenanceView>> reply) override;
  void remove_maintenance(std::string id, const Principal& by, Reply<Result<bool>> reply) override;
  void submit_complaints(std::string body, const Principal& by, Reply<RawAnswer> reply) override;
  void submit_alerts(std::string body, const Principal& by, Reply<RawAnswer> reply) override;
  void tmf_alarms(Method method, std::string resource, std::string id, Query query, std::string body,
                  const Principal& by, Reply<RawAnswer> reply) override;
  void tmf(Method method, std::string id, Query query, std::string body, const Principal& by,
           Reply<RawAnswer> reply) override;
  void reload(const Principal& by, Reply<Result<std::string>> reply) override;

  // What the tests look at and change.
  DaemonStatus status_;
  std::shared_ptr<const Topology> topology_;
  std::vector<EndpointHealth> health_;
  std::vector<Degradation> degradations_;
  std::vector<IncidentView> incidents_;
  foresee::Outlook outlook_;
  std::vector<MaintenanceView> windows_;
  std::vector<std::string> submitted_;
  std::string last_principal_;
  IncidentQuery last_incident_query_;
  EventQuery last_event_query_;
  HistoryQuery last_history_query_;
  std::optional<Error> store_error_;  // if set, what is asked of the store fails
  std::optional<Error> reload_error_;
};

}  // namespace faultline::http
