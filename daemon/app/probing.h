// Everything that measures, behind one face: the packet engine, the session probes, the resolver and the
// probe host's check of itself. Built from a configuration and an inventory, changed by difference at a
// reload. Lives on the main loop; rounds of the engine's threads arrive there too.
#pragma once

#include "daemon/app/self_check.h"
#include "daemon/config/config.h"
#include "daemon/inventory/inventory.h"
#include "probes/async/resolver.h"
#include "probes/packet/engine.h"
#include "probes/registry.h"
#include "probes/session/line_book.h"
#include "probes/session/scheduler.h"
#include "rules/model/action.h"
#include "rules/model/round.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace faultline::app {

class Probing {
 public:
  using RoundSink = std::function<void(const Round&)>;
  using LateSink = std::function<void(const LateReply&)>;

  // Opens what needs a capability, for a Probing that is started after the capability is gone.
  static std::shared_ptr<packet::EarlySockets> open_sockets();
  // Rounds come through `sink` on the main loop. The error names what the machine does not allow and the
  // remedy. Without `sockets` they are opened when a configuration needs them.
  static Result<std::unique_ptr<Probing>> start(boost::asio::io_context& io, RoundSink sink,
                                                std::shared_ptr<packet::EarlySockets> sockets = nullptr);
  ~Probing();

  // Probes this inventory from now on; what did not change keeps its schedule. On an error nothing has
  // changed.
  Result<void> apply(const config::Config& config, const inventory::Inventory& inventory);

  // Who hears of answers after their time-out, on the main loop.
  void set_late_sink(LateSink sink) { late_sink_ = std::move(sink); }

  // Who hears what session probes say in words, on the main loop, just before the round.
  void set_note_sink(session::Scheduler::NoteSink sink, bool wants_exchange) {
    sessions_->set_note_sink(std::move(sink), wants_exchange);
  }

  // Measures the endpoint again at once: by its packet probes, and by its session probes where it has no
  // other or where it is the endpoint in question.
  void burst(const BurstRequested& wanted);
  // Runs at once what only tells more about an endpoint that is known to be bad.
  void look_closer(EndpointIndex endpoint);
  // Runs at once what loads the endpoint's line. For somebody who asks for it; never by itself.
  void load_line(EndpointIndex endpoint);
  // Whether this kind of probe measures this endpoint.
  bool measures(EndpointIndex endpoint, ProbeKindIndex kind) const;

  bool probe_host_healthy(Timestamp now) const { return self_check_.healthy(now); }
  packet::EngineStats engine_stats() const { return engine_->stats(); }
  // Names that have no address yet.
  std::size_t unresolved() const { return unresolved_.size(); }

  // Ends all probing; `when_stopped` comes on the main loop.
  void stop(std::function<void()> when_stopped);

 private:
  Probing(boost::asio::io_context& io, RoundSink sink);
  void on_engine_rounds(std::span<const Round> rounds);
  void on_engine_late(std::span<const LateReply> replies);
  void on_round(const Round& round);
  bool is_loaded(EndpointIndex endpoint) const;
  void run_sessions(EndpointIndex endpoint, ProbeRole role);
  void on_resolved(const std::string& name, const std::optional<std::string>& address);
  Result<std::vector<packet::PacketTarget>> packet_targets(const config::Config& config,
                                                           const inventory::Inventory& inventory,
                                                           std::vector<packet::PacketSettings>& settings);
  // The literal, or what the name resolved to; nothing while it has not.
  std::optional<packet::IpAddress> address_of(const std::string& text) const;
  std::vector<session::ScheduledTarget> session_targets(const config::Config& config,
                                                        const inventory::Inventory& inventory);

  void want_names(const inventory::EndpointAccess& access);

  boost::asio::io_context& io_;
  RoundSink sink_;
  LateSink late_sink_;
  SelfCheck self_check_;
  std::unique_ptr<packet::Engine> engine_;
  std::unique_ptr<session::Scheduler> sessions_;
  std::unique_ptr<Resolver> resolver_;
  // Probe objects by kind and options, so that a reload that does not touch a profile keeps them.
  std::vector<std::pair<config::ConfiguredProbe, std::shared_ptr<SessionProbe>>> session_probes_;
  std::vector<std::uint32_t> kinds_of_;  // by endpoint: bit k = measured by kind k
  std::map<std::string, std::vector<EndpointIndex>, std::less<>> endpoints_of_name_;
  std::map<std::string, packet::IpAddress, std::less<>> resolved_;
  std::map<std::string, bool, std::less<>> unresolved_;
  std::shared_ptr<ResolvedNames> names_ = std::make_shared<ResolvedNames>();  // for session probes
  std::shared_ptr<session::LineBook> lines_;                                  // for throughput tests
  std::shared_ptr<bool> alive_;  // posted work looks whether this is still there
};

}  // namespace faultline::app
