// What the API asks, answered from the running parts. One object; its functions are grouped by topic in
// backend_*.cpp.
#pragma once

#include "daemon/alarms/tmf642.h"
#include "daemon/app/foresight.h"
#include "daemon/app/services.h"
#include "daemon/app/trouble_log.h"
#include "daemon/complaints/desk.h"
#include "daemon/http/api_backend.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace faultline::app {

class Backend : public http::ApiBackend {
 public:
  // Starts a reload; the reply says what changed, or what is wrong.
  using Reload = std::function<void(http::Reply<Result<std::string>>)>;
  Backend(Services& services, Reload reload);

  http::DaemonStatus status() override;
  std::shared_ptr<const Topology> topology() override;
  EndpointHealth health(EndpointIndex endpoint) override;
  http::EndpointDetails details(EndpointIndex endpoint) override;
  std::string_view probe_name(ProbeKindIndex probe) override;
  std::vector<Degradation> degradations() override;

  void incidents(http::IncidentQuery query,
                 http::Reply<Result<http::Page<http::IncidentView>>> reply) override;
  void incident(IncidentNumber number, http::Reply<Result<std::optional<http::IncidentView>>> reply) override;
  void complaints(http::PageRequest page,
                  http::Reply<Result<http::Page<http::ComplaintView>>> reply) override;
  void tickets(http::PageRequest page, http::Reply<Result<http::Page<http::TicketView>>> reply) override;
  void ticket(std::string id, http::Reply<Result<std::optional<http::TicketView>>> reply) override;
  void events(http::EventQuery query, http::Reply<Result<http::Page<http::EventView>>> reply) override;
  void history(http::HistoryQuery query, http::Reply<Result<std::vector<http::HistoryPoint>>> reply) override;

  void outlook(http::Reply<Result<std::shared_ptr<const foresee::Outlook>>> reply) override;
  void usage(std::vector<NodeIndex> areas,
             http::Reply<Result<std::vector<foresee::AreaUsage>>> reply) override;
  void inventory_suspects(http::Reply<Result<http::InventorySuspectsView>> reply) override;

  std::vector<http::MaintenanceView> maintenance() override;
  void add_maintenance(http::MaintenanceView window, const http::Principal& by,
                       http::Reply<Result<http::MaintenanceView>> reply) override;
  void remove_maintenance(std::string id, const http::Principal& by,
                          http::Reply<Result<bool>> reply) override;

  void submit_complaints(std::string body, const http::Principal& by,
                         http::Reply<http::RawAnswer> reply) override;
  void submit_alerts(std::string body, const http::Principal& by,
                     http::Reply<http::RawAnswer> reply) override;
  void tmf_alarms(http::Method method, std::string resource, std::string id, http::Query query,
                  std::string body, const http::Principal& by, http::Reply<http::RawAnswer> reply) override;
  void tmf(http::Method method, std::string id, http::Query query, std::string body,
           const http::Principal& by, http::Reply<http::RawAnswer> reply) override;
  void reload(const http::Principal& by, http::Reply<Result<std::string>> reply) override;

 private:
  http::IncidentView view(const Incident& incident) const;

  Services& services_;
  Reload reload_;
  complaints::Desk desk_;
  alarms::Tmf642 tmf642_;
  Foresight foresight_;
  TroubleLog complaint_trouble_;  // complaints that could not be stored
  std::array<std::uint64_t, complaints::kItemResultNames.size()>
      counted_{};  // of the desk's, told to the metrics
};

// The cursor after a page that began at `offset`, the offset of the next item; empty if it was the last
// (fewer items than asked for).
std::string cursor_after(std::size_t offset, std::size_t items, std::size_t limit);

}  // namespace faultline::app
