// The page for people at "/": what is wrong now, in one self-contained HTML document without scripts or
// anything from elsewhere. Pure; every text from outside is escaped.
#pragma once

#include "daemon/http/api_backend.h"

#include <string>
#include <vector>

namespace faultline::http {

struct PageContent {
  DaemonStatus status;
  std::vector<IncidentView> incidents;  // those not ended
  bool more_incidents = false;
  struct Trouble {
    std::string endpoint;
    Degradation degradation;
  };
  std::vector<Trouble> degradations;  // the latest ones
  std::size_t degradations_total = 0;
  std::string problem;  // why a part is missing; empty: all is there
};

// With its Content-Security-Policy. Reloads itself every ten seconds.
HttpResponse status_page(const PageContent& content);

// & < > " ' as entities.
std::string escape_html(std::string_view text);

}  // namespace faultline::http
