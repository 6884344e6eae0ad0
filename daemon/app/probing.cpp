#include "daemon/app/probing.h"

#include "probes/packet/early_sockets.h"
#include "probes/registry.h"
#include "probes/session/agent_address.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace faultline::app {
namespace {

namespace asio = boost::asio;

// How the references are measured: often enough that a dead uplink is seen before the first burst's verdict.
packet::PacketSettings reference_settings() {
  packet::PacketSettings settings;
  settings.kind = index_of(*find_probe_kind("icmp"));
  settings.interval = std::chrono::seconds(2);
  settings.packets = 2;
  settings.timeout = std::chrono::milliseconds(900);
  settings.late_horizon = std::chrono::seconds(2);
  return settings;
}

std::vector<NodeIndex> transport_parents(const Endpoint& endpoint) {
  std::vector<NodeIndex> parents;
  for (const ParentEdge& edge : endpoint.parents)
    if (edge.kind == EdgeKind::transport) parents.push_back(edge.parent);
  return parents;
}

// The packet probes of every profile.
Result<std::vector<std::vector<packet::PacketSettings>>> profile_settings(const config::Config& config) {
  std::vector<std::vector<packet::PacketSettings>> all(config.profiles.size());
  for (std::size_t p = 0; p < config.profiles.size(); ++p)
    for (const config::ConfiguredProbe& probe : config.profiles[p].probes) {
      const ProbeKind& kind = probe_kinds()[probe.kind];
      if (kind.transport != ProbeTransport::packet) continue;
      auto made = packet::packet_settings(kind.name, probe.kind, probe.options);
      if (!made)
        return fail(
            fmt::format("profile {}, {}: {}", config.profiles[p].name, kind.name, made.error().message));
      all[p].push_back(std::move(*made));
    }
  return all;
}

}  // namespace

Probing::Probing(asio::io_context& io, RoundSink sink)
    : io_(io),
      sink_(std::move(sink)),
      lines_(std::make_shared<session::LineBook>()),
      alive_(std::make_shared<bool>(true)) {}

Probing::~Probing() {
  *alive_ = false;
  resolver_.reset();
  if (engine_) engine_->stop();
}

std::shared_ptr<packet::EarlySockets> Probing::open_sockets() {
  const packet::EngineOptions options;
  return std::make_shared<packet::EarlySockets>(
      packet::EarlySockets::open(options.shards, options.receive_buffer_bytes));
}

Result<std::unique_ptr<Probing>> Probing::start(asio::io_context& io, RoundSink sink,
                                                std::shared_ptr<packet::EarlySockets> sockets) {
  std::unique_ptr<Probing> probing(new Probing(io, std::move(sink)));
  packet::EngineOptions options;
  options.early_sockets = std::move(sockets);
  options.late_sink = [self = probing.get()](std::span<const LateReply> replies) {
    self->on_engine_late(replies);
  };
  auto engine = packet::Engine::start(
      std::move(options),
      [self = probing.get()](std::span<const Round> rounds) { self->on_engine_rounds(rounds); });
  if (!engine) return tl::make_unexpected(engine.error());
  probing->engine_ = std::move(*engine);
  probing->sessions_ = std::make_unique<session::Scheduler>(
      io.get_executor(), [self = probing.get()](const Round& round) { self->on_round(round); });
  auto resolver = Resolver::start({}, [&io, self = probing.get(), alive = probing->alive_](
                                          const std::string& name, std::optional<std::string> address) {
    asio::post(io, [self, alive, name, address = std::move(address)] {
      if (*alive) self->on_resolved(name, address);
    });
  });
  if (!resolver) return tl::make_unexpected(resolver.error());
  probing->resolver_ = std::move(*resolver);
  return probing;
}

void Probing::on_engine_rounds(std::span<const Round> rounds) {
  asio::post(io_, [this, alive = alive_, batch = std::vector<Round>(rounds.begin(), rounds.end())] {
    for (const Round& round : batch)
      if (*alive) on_round(round);
  });
}

void Probing::on_engine_late(std::span<const LateReply> replies) {
  asio::post(io_, [this, alive = alive_, batch = std::vector<LateReply>(replies.begin(), replies.end())] {
    for (const LateReply& reply : batch)
      if (*alive && late_sink_ && !SelfCheck::is_reference(reply.endpoint)) late_sink_(reply);
  });
}

void Probing::on_round(const Round& round) {
  if (SelfCheck::is_reference(round.endpoint)) {
    self_check_.on_round(round);
    return;
  }
  if (round.value_count > 0 && is_loaded(round.endpoint)) lines_->note_use(round);
  sink_(round);
}

void Probing::on_resolved(const std::string& name, const std::optional<std::string>& address) {
  const auto users = endpoints_of_name_.find(name);
  if (users == endpoints_of_name_.end()) return;
  if (address) {
    spdlog::info("name.resolved name={} address={}", name, *address);
    unresolved_.erase(name);
  } else {
    spdlog::warn("name.unresolved name={} action=\"asked again; its endpoints are not measured meanwhile\"",
                 name);
    unresolved_[name] = true;
  }
  if (address) (*names_)[name] = *address;
  const auto parsed = address ? packet::parse_address(*address) : std::nullopt;
  if (parsed) resolved_[name] = *parsed;
  for (const EndpointIndex endpoint : users->second) engine_->set_address(endpoint, parsed);
}

std::optional<packet::IpAddress> Probing::address_of(const std::string& text) const {
  if (const auto literal = packet::parse_address(text)) return literal;
  const auto known = resolved_.find(text);
  if (known == resolved_.end()) return std::nullopt;
  return known->second;
}

Result<std::vector<packet::PacketTarget>> Probing::packet_targets(
    const config::Config& config, const inventory::Inventory& inventory,
    std::vector<packet::PacketSettings>& settings) {
  const auto of_profile = profile_settings(config);
  if (!of_profile) return tl::make_unexpected(of_profile.error());
  // Only what something uses gets sockets: to probe with STAMP alone needs no right to send ICMP. Position of
  // every used profile's packet probes in `settings`:
  std::map<std::size_t, std::vector<std::uint16_t>> positions;
  const auto use = [&](std::size_t profile) -> const std::vector<std::uint16_t>& {
    const auto [found, is_new] = positions.try_emplace(profile);
    for (std::size_t i = 0; is_new && i < (*of_profile)[profile].size(); ++i) {
      found->second.push_back(static_cast<std::uint16_t>(settings.size()));
      settings.push_back((*of_profile)[profile][i]);
    }
    return found->second;
  };
  std::vector<packet::PacketTarget> targets;
  const auto endpoints = inventory.topology->endpoints();
  for (std::uint32_t i = 0; i < endpoints.size(); ++i) {
    const std::string& address = inventory.access[i].address;
    if (endpoints[i].retired || address.empty()) continue;
    for (const std::uint16_t position : use(endpoints[i].profile)) {
      targets.push_back({EndpointIndex{i}, position, address_of(address)});
      kinds_of_[i] |= 1U << settings[position].kind;
    }
    if (!packet::parse_address(address)) endpoints_of_name_[address].push_back(EndpointIndex{i});
  }
  const auto& references = config.probe_host.references;
  const auto reference = static_cast<std::uint16_t>(settings.size());
  if (!references.empty()) settings.push_back(reference_settings());
  for (std::size_t i = 0; i < references.size(); ++i) {
    targets.push_back({SelfCheck::reference(i), reference, address_of(references[i])});
    if (!packet::parse_address(references[i]))
      endpoints_of_name_[references[i]].push_back(SelfCheck::reference(i));
  }
  return targets;
}

// The host of an agent is resolved too; it is nobody's address.
void Probing::want_names(const inventory::EndpointAccess& access) {
  const auto agent = session::parse_agent(access.agent);
  if (agent && !agent->host.empty() && !is_literal_address(agent->host)) endpoints_of_name_[agent->host];
}

std::vector<session::ScheduledTarget> Probing::session_targets(const config::Config& config,
                                                               const inventory::Inventory& inventory) {
  decltype(session_probes_) kept;
  const auto object_for = [&](const config::ConfiguredProbe& probe) {
    for (const auto* list : {&kept, &session_probes_})
      for (const auto& [configured, object] : *list)
        if (configured.kind == probe.kind && configured.options == probe.options) {
          if (list != &kept) kept.emplace_back(probe, object);
          return object;
        }
    std::shared_ptr<SessionProbe> made = probe_kinds()[probe.kind].make(probe.options);
    kept.emplace_back(probe, made);
    return made;
  };
  std::vector<session::ScheduledTarget> targets;
  const auto endpoints = inventory.topology->endpoints();
  for (std::uint32_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].retired) continue;
    for (const config::ConfiguredProbe& probe : config.profiles[endpoints[i].profile].probes) {
      const ProbeKind& kind = probe_kinds()[probe.kind];
      const auto& access = inventory.access[i];
      const std::string& source = inventory::source_of(access, kind.source);
      if (kind.transport != ProbeTransport::session || source.empty()) continue;
      targets.push_back({{EndpointIndex{i}, endpoints[i].name, access.address, access.device, access.agent,
                          config.device_profiles, names_, nullptr, transport_parents(endpoints[i]), lines_},
                         probe.kind,
                         object_for(probe),
                         probe.options.duration("interval"),
                         probe.options.duration("timeout")});
      kinds_of_[i] |= 1U << probe.kind;
      if (kind.source == ProbeSource::agent) want_names(access);
    }
  }
  session_probes_ = std::move(kept);
  return targets;
}

Result<void> Probing::apply(const config::Config& config, const inventory::Inventory& inventory) {
  auto old_names = std::exchange(endpoints_of_name_, {});
  auto old_kinds =
      std::exchange(kinds_of_, std::vector<std::uint32_t>(inventory.topology->endpoints().size()));
  std::vector<packet::PacketSettings> settings;
  const auto targets = packet_targets(config, inventory, settings);
  Result<void> set =
      targets ? engine_->set_targets(settings, *targets) : tl::make_unexpected(targets.error());
  if (!set) {
    endpoints_of_name_ = std::move(old_names);
    kinds_of_ = std::move(old_kinds);
    return set;
  }
  self_check_.set_references(config.probe_host.references.size());
  sessions_->set_targets(session_targets(config, inventory));
  std::vector<std::string> names;
  for (const auto& [name, users] : endpoints_of_name_) names.push_back(name);
  std::erase_if(*names_, [&](const auto& item) { return !endpoints_of_name_.contains(item.first); });
  std::erase_if(resolved_, [&](const auto& item) { return !endpoints_of_name_.contains(item.first); });
  std::erase_if(unresolved_, [&](const auto& item) { return !endpoints_of_name_.contains(item.first); });
  resolver_->set_names(std::move(names));
  return {};
}

void Probing::burst(const BurstRequested& wanted) {
  const EndpointIndex endpoint = wanted.endpoint;
  if (endpoint.value >= kinds_of_.size()) return;
  bool sent = false;
  for (ProbeKindIndex kind = 0; kind < probe_kinds().size(); ++kind)
    if (measures(endpoint, kind) && probe_kinds()[kind].transport == ProbeTransport::packet)
      sent = engine_->burst(endpoint, kind) || sent;
  // What only a session reads, such as a modem's signal: asked again where it is the question, not of every
  // neighbour.
  const bool is_question = wanted.reason == BurstReason::suspicion || wanted.reason == BurstReason::hold;
  if (!sent || is_question) run_sessions(endpoint, ProbeRole::evidence);
}

void Probing::look_closer(EndpointIndex endpoint) {
  run_sessions(endpoint, ProbeRole::closer_look);
}

void Probing::load_line(EndpointIndex endpoint) {
  run_sessions(endpoint, ProbeRole::costly_evidence);
}

void Probing::run_sessions(EndpointIndex endpoint, ProbeRole role) {
  for (ProbeKindIndex kind = 0; kind < probe_kinds().size(); ++kind)
    if (measures(endpoint, kind) && probe_kinds()[kind].transport == ProbeTransport::session &&
        probe_kinds()[kind].role == role)
      sessions_->run_now(endpoint, kind);
}

// Whether something may ask how its line is used.
bool Probing::is_loaded(EndpointIndex endpoint) const {
  for (ProbeKindIndex kind = 0; kind < probe_kinds().size(); ++kind)
    if (probe_kinds()[kind].role == ProbeRole::costly_evidence && measures(endpoint, kind)) return true;
  return false;
}

bool Probing::measures(EndpointIndex endpoint, ProbeKindIndex kind) const {
  return endpoint.value < kinds_of_.size() && ((kinds_of_[endpoint.value] >> kind) & 1U) != 0;
}

void Probing::stop(std::function<void()> when_stopped) {
  resolver_.reset();
  engine_->stop();
  sessions_->stop(std::move(when_stopped));
}

}  // namespace faultline::app
