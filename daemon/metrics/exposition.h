// Renders /metrics on its own thread: the registry's text first, then the endpoint table's, in blocks of at
// most 1 MB, from a snapshot taken on the main loop when the scrape began. gzip if asked for.
#pragma once

#include "daemon/http/router.h"
#include "daemon/metrics/endpoint_table.h"
#include "daemon/metrics/family.h"
#include "daemon/metrics/registry.h"

#include <memory>

namespace faultline::metrics {

class Exposition {
 public:
  // Both must outlive it. Starts the thread.
  Exposition(Registry& registry, EndpointTable& table, FamilySet families);
  ~Exposition();  // ends the thread after the block it is at
  Exposition(const Exposition&) = delete;
  Exposition& operator=(const Exposition&) = delete;

  void set_families(FamilySet families);  // for scrapes that come from now on
  // One scrape: refreshes the registry, takes the snapshot. Main loop; its blocks are made on the thread.
  std::shared_ptr<http::BodySource> scrape(bool gzip);

 private:
  class Worker;
  class Scrape;
  Registry& registry_;
  EndpointTable& table_;
  FamilySet families_;
  std::shared_ptr<Worker> worker_;
};

// GET /metrics, for viewers. `exposition` must outlive the router.
void add_metrics_route(http::Router& router, Exposition& exposition);

}  // namespace faultline::metrics
