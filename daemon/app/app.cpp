#include "daemon/app/app.h"

#include "daemon/app/alarms.h"
#include "daemon/app/backend.h"
#include "daemon/app/deliveries.h"
#include "daemon/app/gauges.h"
#include "daemon/app/restore.h"
#include "daemon/app/services.h"
#include "daemon/app/trap_receiver.h"
#include "daemon/app/version.h"
#include "daemon/inventory/difference.h"
#include "daemon/metrics/exposition.h"
#include "probes/async/clock.h"
#include "probes/registry.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace faultline::app {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kBaselineCycleSeconds = 600;  // every endpoint's baseline is saved once in this time

http::ServerConfig server_config(const config::Config& config) {
  http::ServerConfig server;
  for (const config::ListenConfig& listen : config.listen)
    server.listen.push_back({listen.address, listen.port});
  if (config.api.tls) server.tls = {config.api.tls->certificate, config.api.tls->key};
  for (const config::TokenConfig& token : config.api.tokens)
    server.tokens.push_back({token.name, token.role, token.sha256});
  server.allowed_hosts = config.api.allowed_hosts;
  server.limits.requests_per_minute = config.api.rate_per_minute;
  server.limits.connections = config.api.connections;
  server.limits.connections_per_peer = config.api.connections_per_peer;
  return server;
}

std::vector<std::string> probe_names() {
  std::vector<std::string> names;
  for (const ProbeKind& kind : probe_kinds()) names.emplace_back(kind.name);
  return names;
}

}  // namespace

struct App::Impl {
  std::filesystem::path config_file;
  asio::io_context io{1};
  asio::thread_pool loader{1};  // reads files for a reload, so that the loop does not wait for the disk
  Services services;
  metrics::Registry registry;
  std::unique_ptr<metrics::Exposition> exposition;
  std::unique_ptr<Deliveries> deliveries;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<TrapReceiver> traps;  // null: none are received
  http::Router router;
  std::unique_ptr<http::Server> server;
  asio::steady_timer tick{io};
  asio::signal_set signals{io};
  std::size_t next_baseline = 0;
  bool reloading = false;
  bool stopping = false;

  Result<void> build(std::shared_ptr<packet::EarlySockets> sockets);
  Result<void> open_store();
  Result<void> start_server();
  void on_round(const Round& round);
  void on_late(const LateReply& reply);
  void on_tick();
  void save_baselines(std::size_t count);
  void wait_for_signal();
  void reload(http::Reply<Result<std::string>> reply);
  Result<std::string> take_over(std::optional<Setup> setup, const config::Problems& problems);
  void begin_stop();
  void finish_stop();
};

Result<void> App::Impl::open_store() {
  store::StoreOptions options;
  options.path = services.setup.config.store.path;
  services.post = [this](std::function<void()> f) { asio::post(io, std::move(f)); };
  options.post = services.post;
  auto opened = store::Store::open(std::move(options));
  if (!opened) return tl::make_unexpected(opened.error());
  services.store = std::move(*opened);
  if (services.setup.config.history.enabled) {
    auto path = services.setup.config.store.path;
    auto history = store::History::open(path.replace_extension(".history"), *services.store);
    if (!history) return tl::make_unexpected(history.error());
    services.history = std::move(*history);
    services.history->set_topology(services.setup.inventory.topology, wall_now());
  }
  return {};
}

Result<void> App::Impl::start_server() {
  add_api_routes(router, *backend);
  metrics::add_metrics_route(router, *exposition);
  http::ServerConfig config = server_config(services.setup.config);
  auto inherited = http::inherited_listeners(std::getenv("LISTEN_PID"), std::getenv("LISTEN_FDS"), getpid());
  if (!inherited) return tl::make_unexpected(inherited.error());
  config.inherited = std::move(*inherited);
  http::ServerEvents events;
  events.request_done = [this](const http::RequestDone& done) {
    services.metrics->http_request(done.route, http::name(done.method), done.status,
                                   to_seconds(done.duration));
  };
  events.refused = [this](http::Refusal refusal) { services.metrics->http_refused(http::name(refusal)); };
  events.trouble = [](std::string_view text) { spdlog::warn("http.trouble reason=\"{}\"", text); };
  auto started = http::Server::start(io, router, std::move(config), std::move(events));
  if (!started) return tl::make_unexpected(started.error());
  server = std::move(*started);
  return {};
}

Result<void> App::Impl::build(std::shared_ptr<packet::EarlySockets> sockets) {
  config::Problems problems;
  auto setup = load_setup(config_file, nullptr, problems);
  if (!setup) return fail(problems.text());
  services.setup = std::move(*setup);
  services.started = wall_now();
  if (auto opened = open_store(); !opened) return opened;
  if (auto restored = restore(services); !restored) return restored;

  services.metrics = std::make_unique<metrics::DaemonMetrics>(registry, kVersion);
  services.metrics->config_is_good(to_seconds(services.started.time_since_epoch()));
  services.table = std::make_unique<metrics::EndpointTable>(probe_names());
  deliveries = std::make_unique<Deliveries>(io, services);
  services.bookkeeper = std::make_unique<Bookkeeper>(
      io, *services.store,
      Bookkeeper::Hooks{[this] { deliveries->pump(); },
                        [this](const std::string& message) {
                          services.metrics->store_error();
                          spdlog::error("store.failed reason=\"{}\" action=\"tried again\"", message);
                        },
                        [this](const std::string& message) {
                          services.metrics->store_error();
                          spdlog::critical("record.lost reason=\"{}\" action=\"left out: report this\"",
                                           message);
                        }});
  if (auto set = deliveries->configure(services.setup.config); !set) return set;

  auto probing = Probing::start(
      io, [this](const Round& round) { on_round(round); }, std::move(sockets));
  if (!probing) return tl::make_unexpected(probing.error());
  services.probing = std::move(*probing);
  services.observations = std::make_unique<Observations>(
      [this](Timestamp at, auto kind, auto subject, auto text) {
        services.bookkeeper->record_event(at, std::move(kind), std::move(subject), std::move(text));
      },
      [this](const Alarm& alarm) { services.carry_out(services.pipeline->on(alarm)); });
  const auto hear = [this](const Round& round, std::span<const SessionNote> notes) {
    if (stopping || round.endpoint.value >= services.setup.inventory.topology->endpoints().size()) return;
    services.observations->hear(round, notes, *services.setup.inventory.topology);
  };
  services.probing->set_note_sink(hear, false);
  services.probing->set_late_sink([this](const LateReply& reply) { on_late(reply); });
  if (auto applied = services.probing->apply(services.setup.config, services.setup.inventory); !applied)
    return applied;
  services.table->set_topology(
      services.setup.inventory.topology, [this](EndpointIndex endpoint, ProbeKindIndex kind) {
        return services.setup.config.metrics.endpoints && services.probing->measures(endpoint, kind);
      });

  const auto families = metrics::parse_families(services.setup.config.metrics.families);
  if (!families) return tl::make_unexpected(families.error());
  exposition = std::make_unique<metrics::Exposition>(registry, *services.table, *families);
  if (auto started = start_alarms(services); !started) return started;
  auto receiver = TrapReceiver::open(io.get_executor(), services);
  if (!receiver) return tl::make_unexpected(receiver.error());
  traps = std::move(*receiver);
  registry.on_scrape([this] { set_gauges(services); });
  backend = std::make_unique<Backend>(services, [this](auto reply) { reload(std::move(reply)); });
  return start_server();
}

void App::Impl::on_round(const Round& round) {
  if (stopping || round.endpoint.value >= services.setup.inventory.topology->endpoints().size()) return;
  ++services.rounds;
  services.latest.keep(round);
  services.table->on_round(round);
  if (services.history) services.history->add(round);
  if (probe_kinds()[round.probe].role != ProbeRole::closer_look)
    services.carry_out(services.pipeline->on(round));
}

void App::Impl::on_late(const LateReply& reply) {
  services.latest.count_late(reply);
  services.table->on_late(reply);
  services.metrics->late_reply(static_cast<double>(reply.rtt_ms) / 1000);
}

void App::Impl::on_tick() {
  const Timestamp now = wall_now();
  services.probe_host_healthy = services.probing->probe_host_healthy(now);
  services.alarms->tick();
  services.carry_out(services.pipeline->on(Tick{now, services.probe_host_healthy}));
  if (services.history) services.history->roll(now);
  measure_rates(services);
  save_baselines(services.setup.inventory.topology->endpoints().size() / kBaselineCycleSeconds + 1);
  if (now.time_since_epoch() % std::chrono::hours(1) < seconds(1)) services.store->retain(now);
  deliveries->pump();
  deliveries->look();

  // A tick that comes late shows how long the loop was kept; missed ones are left out.
  const auto now_steady = std::chrono::steady_clock::now();
  services.metrics->set_loop_lag(std::chrono::duration<double>(now_steady - tick.expiry()).count());
  tick.expires_at(std::max(tick.expiry() + seconds(1), now_steady));
  tick.async_wait([this](boost::system::error_code error) {
    if (!error && !stopping) on_tick();
  });
}

void App::Impl::save_baselines(std::size_t count) {
  const auto endpoints = services.setup.inventory.topology->endpoints();
  std::vector<store::StoredBaseline> blocks;
  std::string usual;
  for (std::size_t i = 0; i < count && !endpoints.empty(); ++i) {
    const auto endpoint = static_cast<std::uint32_t>(next_baseline++ % endpoints.size());
    if (endpoint == 0) usual = services.pipeline->usual_complaints();  // once a cycle
    if (endpoints[endpoint].retired) continue;
    auto block = services.pipeline->baseline(EndpointIndex{endpoint});
    if (!block.empty()) blocks.push_back({endpoints[endpoint].name, std::move(block), wall_now()});
  }
  if (blocks.empty() && usual.empty()) return;
  services.store->write([blocks = std::move(blocks), usual = std::move(usual),
                         now = wall_now()](store::Database& db) -> Result<void> {
    if (!usual.empty())
      if (auto saved = store::save_usual_complaints(db, usual, now); !saved) return saved;
    for (const store::StoredBaseline& baseline : blocks)
      if (auto saved = store::save_baseline(db, baseline); !saved) return saved;
    return {};
  });
}

void App::Impl::wait_for_signal() {
  signals.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      spdlog::info("daemon.reloading reason=\"SIGHUP\"");
      reload([](const Result<std::string>&) {});
    } else if (stopping) {
      // Asked twice: whoever asks does not want to wait.
      io.stop();
    } else {
      spdlog::info("daemon.stopping signal={}", signal);
      begin_stop();
    }
    wait_for_signal();
  });
}

void App::Impl::reload(http::Reply<Result<std::string>> reply) {
  if (reloading || stopping) return reply(fail("a reload is under way already"));
  reloading = true;
  asio::post(
      loader, [this, previous = services.setup.inventory.topology, reply = std::move(reply)]() mutable {
        auto problems = std::make_shared<config::Problems>();
        const auto load = [&] { return load_setup(config_file, previous.get(), *problems); };
        auto setup = std::make_shared<std::optional<Setup>>(guarded_load(load, config_file, *problems));
        asio::post(io, [this, problems, setup, reply = std::move(reply)] {
          reloading = false;
          if (stopping) return reply(fail("the daemon is stopping"));
          auto result = take_over(std::move(*setup), *problems);
          services.metrics->reload(result.has_value(),
                                   std::chrono::duration<double>(wall_now().time_since_epoch()).count());
          if (result) {
            spdlog::info("config.reloaded changes=\"{}\"", *result);
            services.bookkeeper->record_event(wall_now(), "config.reloaded", config_file.string(), *result);
          } else {
            std::string reason = result.error().message;
            while (reason.ends_with('\n')) reason.pop_back();
            services.bookkeeper->record_event(wall_now(), "config.refused", config_file.string(), reason);
            std::replace(reason.begin(), reason.end(), '\n', ' ');  // an entry of the log is one line
            spdlog::error("config.refused action=\"the old one stays\" reason=\"{}\"", reason);
          }
          reply(std::move(result));
        });
      });
}

// Everything that can refuse the new setup comes before anything is changed.
Result<std::string> App::Impl::take_over(std::optional<Setup> setup, const config::Problems& problems) {
  if (!setup) return fail(problems.text());
  const auto families = metrics::parse_families(setup->config.metrics.families);
  if (!families) return tl::make_unexpected(families.error());
  http::ServerConfig new_server = server_config(setup->config);
  if (const auto wrong = http::check(new_server); !wrong.empty()) return tl::make_unexpected(wrong.front());
  if (setup->config.store.path != services.setup.config.store.path)
    return fail("store.path cannot be changed by a reload: restart the daemon for that");
  if (setup->config.listen != services.setup.config.listen)
    return fail("listen cannot be changed by a reload: restart the daemon for that");
  if (setup->config.traps.listen != services.setup.config.traps.listen)
    return fail("alarms.traps.listen cannot be changed by a reload: restart the daemon for that");
  if (setup->config.history.enabled != services.setup.config.history.enabled)
    return fail("history.enabled cannot be changed by a reload: restart the daemon for that");
  const auto switch_server = server->prepare(std::move(new_server));
  if (!switch_server) return tl::make_unexpected(switch_server.error());
  if (auto applied = services.probing->apply(setup->config, setup->inventory); !applied)
    return tl::make_unexpected(applied.error());
  if (auto set = deliveries->configure(setup->config); !set) {
    // Back to what goes on being valid; the sockets for it are open.
    static_cast<void>(services.probing->apply(services.setup.config, services.setup.inventory));
    return tl::make_unexpected(set.error());
  }
  (*switch_server)();

  const std::string changes =
      inventory::compare(services.setup.config, services.setup.inventory, setup->config, setup->inventory)
          .summary();
  services.setup = std::move(*setup);
  const auto topology = services.setup.inventory.topology;
  services.pipeline->set_topology(topology);
  services.pipeline->set_rules(services.setup.rules);
  services.apply_maintenance();
  configure_alarms(services);
  services.latest.forget_retired(*topology);
  services.table->set_topology(topology, [this](EndpointIndex endpoint, ProbeKindIndex kind) {
    return services.setup.config.metrics.endpoints && services.probing->measures(endpoint, kind);
  });
  exposition->set_families(*families);
  if (services.history) services.history->set_topology(topology, wall_now());
  return changes;
}

void App::Impl::begin_stop() {
  if (std::exchange(stopping, true)) return;
  tick.cancel();
  traps.reset();
  server->stop(milliseconds(2000), [this] { services.probing->stop([this] { finish_stop(); }); });
}

// Nothing new is decided any more; what was decided goes to disk, then the loop ends.
void App::Impl::finish_stop() {
  if (services.bookkeeper->pending() > 0 && !services.bookkeeper->in_trouble()) {
    tick.expires_after(milliseconds(20));
    tick.async_wait([this](boost::system::error_code) { finish_stop(); });
    return;
  }
  save_baselines(services.setup.inventory.topology->endpoints().size());
  if (services.history) services.history->flush(wall_now());
  deliveries->stop();
  services.bookkeeper->record_event(wall_now(), "daemon.stopped", "", "asked to");
  asio::post(io, [this] { io.stop(); });
}

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
App::~App() {
  impl_->loader.join();
  impl_->services.probing.reset();  // the engine's threads end before the loop that they post to
}

Result<std::unique_ptr<App>> App::create(const std::filesystem::path& config_file,
                                         std::shared_ptr<packet::EarlySockets> sockets) {
  auto impl = std::make_unique<Impl>();
  impl->config_file = config_file;
  if (auto built = impl->build(std::move(sockets)); !built) return tl::make_unexpected(built.error());
  return std::unique_ptr<App>(new App(std::move(impl)));
}

void App::run() {
  Impl& impl = *impl_;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) impl.signals.add(signal);
  impl.wait_for_signal();
  const Topology& topology = *impl.services.setup.inventory.topology;
  for (const http::ListenAddress& address : impl.server->bound())
    spdlog::info("daemon.listening address={} port={}", address.address, address.port);
  spdlog::info("daemon.started version={} endpoints={} nodes={} store={}", kVersion,
               topology.endpoints().size(), topology.nodes().size(),
               impl.services.setup.config.store.path.string());
  impl.services.bookkeeper->record_event(impl.services.started, "daemon.started", "",
                                         fmt::format("version {}", kVersion));
  impl.tick.expires_at(std::chrono::steady_clock::now());
  impl.on_tick();
  impl.io.run();
}

void App::stop() {
  asio::post(impl_->io, [this] { impl_->begin_stop(); });
}

std::vector<http::ListenAddress> App::bound() const {
  return impl_->server->bound();
}

}  // namespace faultline::app
