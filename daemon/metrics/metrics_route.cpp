#include "daemon/metrics/exposition.h"
#include "daemon/metrics/gzip.h"

namespace faultline::metrics {

void add_metrics_route(http::Router& router, Exposition& exposition) {
  router.add(http::Method::get, "/metrics", http::Role::viewer,
             [&exposition](const http::HttpRequest& request, const http::Respond& respond) {
               const bool gzip = accepts_gzip(request.header("accept-encoding"));
               http::HttpResponse response;
               response.content_type = "text/plain; version=0.0.4; charset=utf-8";
               response.headers.emplace_back("Vary", "Accept-Encoding");
               if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
               if (request.method != http::Method::head) response.stream = exposition.scrape(gzip);
               respond(std::move(response));
             });
}

}  // namespace faultline::metrics
