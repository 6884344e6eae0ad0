// The real server with the real routes over the fake backend, for openapi_test.py. Listens on a free port,
// with one token for each role ("viewer-token", …); prints a JSON line with port and routes; ends when its
// input does. With the argument "not-ready" it is not ready, and its store is in trouble.
#include "daemon/complaints/answer.h"
#include "daemon/http/server.h"
#include "daemon/http/token_table.h"
#include "daemon/metrics/daemon_metrics.h"
#include "daemon/metrics/exposition.h"
#include "rules/model/time_text.h"
#include "tests/unit/daemon_http/fake_backend.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <string_view>

namespace faultline::http {
namespace {

namespace json = boost::json;

// Reads and answers complaints as the daemon does, but keeps them in memory; incident 7 explains every one.
class OpenApiBackend : public FakeBackend {
 public:
  void submit_complaints(std::string body, const Principal&, Reply<RawAnswer> reply) override {
    const auto intake = complaints::read(body, *topology_, complaints::HashKey{}, status_.now);
    if (!intake.refusal.empty()) {
      const auto refused = complaints::refusal(intake.status, intake.refusal);
      return reply({refused.status, refused.json, {}});
    }
    std::vector<complaints::AnsweredItem> items;
    for (const auto& item : intake.items) {
      complaints::AnsweredItem answered{complaints::ItemResult::refused, item, std::nullopt};
      if (item.record) keep(item.id, body, answered);
      items.push_back(std::move(answered));
    }
    complaints::Surroundings around;
    around.topology = topology_.get();
    around.health = [this](EndpointIndex endpoint) { return health_[endpoint.value]; };
    around.rtt_ms = [](EndpointIndex) { return 12.5; };
    around.incident = [this](IncidentNumber) { return &incidents_.front().incident; };
    const auto answer = complaints::reply(intake.is_array, items, around);
    reply({answer.status, answer.json, {}});
  }

 private:
  void keep(const std::string& id, const std::string& body, complaints::AnsweredItem& item) {
    const auto [kept, is_new] = kept_.emplace(id, body);
    item.result = is_new                 ? complaints::ItemResult::accepted
                  : kept->second == body ? complaints::ItemResult::repeated
                                         : complaints::ItemResult::conflict;
    if (item.result == complaints::ItemResult::conflict) return;
    item.answer.emplace();
    item.answer->incident = 7;
    item.answer->probability = 0.9;
    item.answer->nearby = {EndpointIndex{0}, EndpointIndex{2}};
  }
  std::map<std::string, std::string> kept_;
};

std::string hex(const Digest& digest) {
  std::string text;
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

ServerConfig config_with_tokens() {
  ServerConfig config;
  config.listen = {{"127.0.0.1", 0}};
  for (const Role role : {Role::viewer, Role::complaints, Role::operations, Role::admin, Role::alarms}) {
    const std::string role_name(name(role));
    config.tokens.push_back({role_name, role, hex(sha256(role_name + "-token"))});
  }
  return config;
}

void print_hello(const Router& router, std::uint16_t port) {
  json::array routes;
  for (const Route& route : router.routes())
    routes.push_back(
        json::object{{"method", name(route.method)}, {"path", route.pattern}, {"role", name(route.minimum)}});
  fmt::print("{}\n", json::serialize(json::object{{"port", port}, {"routes", std::move(routes)}}));
  std::fflush(stdout);
}

int run(bool in_trouble) {
  boost::asio::io_context io;
  OpenApiBackend backend;
  if (in_trouble) {
    backend.status_.not_ready = {"the database is locked"};
    backend.store_error_ = Error{"the database is locked"};
    backend.reload_error_ = Error{"faultline.yaml:3:1: unknown key"};
  }
  metrics::Registry registry;
  const metrics::DaemonMetrics own(registry, "test");
  metrics::EndpointTable table({"icmp"});
  metrics::Exposition exposition(registry, table, metrics::FamilySet().set());
  Router router;
  add_api_routes(router, backend);
  metrics::add_metrics_route(router, exposition);
  const auto server = Server::start(io, router, config_with_tokens());
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().message);
    return 1;
  }
  print_hello(router, (*server)->bound().front().port);
  boost::asio::posix::stream_descriptor input(io, dup(STDIN_FILENO));
  input.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                   [&](boost::system::error_code) { io.stop(); });
  io.run();
  return 0;
}

}  // namespace
}  // namespace faultline::http

int main(int argc, char** argv) {
  return faultline::http::run(argc > 1 && std::string_view(argv[1]) == "not-ready");
}
