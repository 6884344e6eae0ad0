#include "daemon/config/check.h"

#include "probes/packet/settings.h"
#include "probes/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace faultline::config {
namespace {

// The budgets of the engine and the rules, and measured sizes of the rest.
constexpr std::size_t kEngineBytes = 300;       // per endpoint and packet probe
constexpr std::size_t kRulesBytes = 128;        // per endpoint
constexpr std::size_t kContinuousBytes = 256;   // per endpoint and metric
constexpr std::size_t kCountedBytes = 128;      // per endpoint and metric judged from counts
constexpr std::size_t kInventoryBytes = 500;    // per endpoint or node
constexpr std::size_t kBaseBytes = 40'000'000;  // program, libraries, sockets, database cache
constexpr std::size_t kIpv4Bytes = 20, kIpv6Bytes = 40, kTransportBytes = 8;  // ICMP and UDP headers alike
// The longest burst that a suspicion asks for (probes/packet BurstPlan).
constexpr int kBurstPackets = 20;
constexpr Duration kBurstSpacing = std::chrono::milliseconds(150);

// A profile's probe with what is needed per endpoint.
struct Plan {
  const ProbeKind* kind = nullptr;
  double interval_s = 0;
  double packets = 0;       // per round
  std::size_t payload = 0;  // bytes after the ICMP or UDP header
  std::size_t metric_bytes = 0;
};

bool has_option(const ProbeKind& kind, std::string_view name) {
  return std::any_of(kind.options.begin(), kind.options.end(),
                     [&](const OptionSpec& s) { return s.name == name; });
}

Plan plan_of(const ConfiguredProbe& probe) {
  Plan plan;
  plan.kind = &probe_kinds()[probe.kind];
  if (has_option(*plan.kind, "interval")) plan.interval_s = to_seconds(probe.options.duration("interval"));
  for (const Metric metric : plan.kind->metrics)
    plan.metric_bytes += metric == Metric::loss_ratio ? kCountedBytes : kContinuousBytes;
  if (plan.kind->transport != ProbeTransport::packet) return plan;
  if (const auto settings = packet::packet_settings(plan.kind->name, probe.kind, probe.options)) {
    plan.packets = settings->packets;
    plan.payload = settings->payload;
  }
  return plan;
}

// "a, b, c, d, e and 12 more"
class SomeNames {
 public:
  void add(std::string_view name) {
    if (count_++ < 5) text_ += (text_.empty() ? "" : ", ") + std::string(name);
  }
  std::size_t count() const { return count_; }
  std::string text() const { return count_ > 5 ? fmt::format("{} and {} more", text_, count_ - 5) : text_; }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

std::string percent(double part, double whole) {
  return fmt::format("{:.0f} %", whole > 0 ? 100 * part / whole : 0);
}

// Times in a profile that do not fit each other.
void warn_of_times(const Config& config, std::vector<std::string>& warnings) {
  for (const Profile& profile : config.profiles) {
    for (const ConfiguredProbe& probe : profile.probes) {
      const ProbeKind& kind = probe_kinds()[probe.kind];
      if (!has_option(kind, "interval") || !has_option(kind, "timeout")) continue;
      const Duration interval = probe.options.duration("interval");
      const bool is_packet = kind.transport == ProbeTransport::packet;
      const Duration burst = is_packet ? (kBurstPackets - 1) * kBurstSpacing : Duration::zero();
      const Duration needed = burst + probe.options.duration("timeout");
      if (needed <= interval) continue;
      warnings.push_back(
          fmt::format("profiles.{}.probes.{}: the interval of {} s is shorter than {} ({} s); a result can "
                      "come after the next "
                      "round has begun",
                      profile.name, kind.name, to_seconds(interval),
                      is_packet ? "a burst and its time-out" : "the time-out", to_seconds(needed)));
    }
  }
}

void warn_of_endpoints(const inventory::Inventory& inventory, std::vector<std::string>& warnings) {
  SomeNames placeless, rootless;
  std::unordered_map<std::string_view, std::size_t> addresses;
  std::size_t live = 0, sharing = 0;
  const auto endpoints = inventory.topology->endpoints();
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].retired) continue;
    ++live;
    if (!endpoints[i].place) placeless.add(endpoints[i].name);
    if (endpoints[i].parents.empty()) rootless.add(endpoints[i].name);
    const std::string& address = inventory.access[i].address;
    if (!address.empty() && ++addresses[address] == 2) ++sharing;
  }
  if (placeless.count() > 0)
    warnings.push_back(
        fmt::format("{} of {} endpoints have no place; complaints reach them by line or cell only: {}",
                    placeless.count(), live, placeless.text()));
  if (rootless.count() > 0 && live > 1)
    warnings.push_back(
        fmt::format("{} of {} endpoints have no parents; a fault above them cannot be localised: {}",
                    rootless.count(), live, rootless.text()));
  if (sharing > 0)
    warnings.push_back(fmt::format("{} addresses are those of more than one endpoint each", sharing));
}

void warn_of_nodes(const Topology& topology, std::vector<std::string>& warnings) {
  std::vector<bool> is_used(topology.nodes().size());
  const auto endpoints = topology.endpoints();
  for (std::uint32_t i = 0; i < endpoints.size(); ++i)
    if (!endpoints[i].retired)
      for (const NodeIndex node : topology.ancestors(EndpointIndex{i})) is_used[node.value] = true;
  SomeNames unused;
  for (std::size_t i = 0; i < is_used.size(); ++i) {
    const Node& node = topology.nodes()[i];
    if (!is_used[i] && !node.retired && node.kind != NodeKind::probe_host) unused.add(node.name);
  }
  if (unused.count() > 0)
    warnings.push_back(
        fmt::format("{} nodes have no endpoint below them: {}", unused.count(), unused.text()));
}

// What one endpoint costs: its probes' rounds, packets and bytes.
void add_endpoint(const inventory::EndpointAccess& access, std::span<const Plan> plans,
                  std::vector<ProbeLoad>& loads, Memory& memory) {
  const bool is_v6 = access.address.find(':') != std::string::npos;
  memory.rules += kRulesBytes;
  memory.inventory += kInventoryBytes;
  for (const Plan& plan : plans) {
    if (inventory::source_of(access, plan.kind->source).empty()) continue;
    ProbeLoad& load = loads[index_of(*plan.kind)];
    ++load.endpoints;
    memory.rules += plan.metric_bytes;
    if (plan.interval_s <= 0) continue;
    load.rounds_per_second += 1 / plan.interval_s;
    if (plan.kind->transport != ProbeTransport::packet) continue;
    memory.engine += kEngineBytes;
    const double packets = plan.packets / plan.interval_s;
    const std::size_t bytes = (is_v6 ? kIpv6Bytes : kIpv4Bytes) + kTransportBytes + plan.payload;
    load.packets_per_second += packets;
    load.bits_per_second += packets * 8 * static_cast<double>(bytes);
  }
}

std::string in_megabytes(std::size_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string in_bits(double bits) {
  if (bits >= 1e6) return fmt::format("{:.1f} Mbit/s", bits / 1e6);
  return fmt::format("{:.1f} kbit/s", bits / 1e3);
}

std::string plural(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

Assessment assess(const Config& config, const inventory::Inventory& inventory) {
  Assessment result;
  std::vector<std::vector<Plan>> plans;
  for (const Profile& profile : config.profiles) {
    auto& of_profile = plans.emplace_back();
    for (const ConfiguredProbe& probe : profile.probes) of_profile.push_back(plan_of(probe));
  }
  std::vector<ProbeLoad> loads(probe_kinds().size());
  for (std::size_t i = 0; i < loads.size(); ++i) loads[i].kind = probe_kinds()[i].name;

  const Topology& topology = *inventory.topology;
  for (std::size_t i = 0; i < topology.endpoints().size(); ++i) {
    const Endpoint& endpoint = topology.endpoints()[i];
    if (endpoint.retired) continue;
    ++result.endpoints;
    ++result.by_technology[static_cast<std::size_t>(endpoint.technology)];
    result.customers += endpoint.customers;
    if (endpoint.place) result.customers_with_place += endpoint.customers;
    add_endpoint(inventory.access[i], plans[endpoint.profile], loads, result.memory);
  }
  for (const Node& node : topology.nodes()) result.nodes += node.retired ? 0 : 1;
  result.memory.inventory += result.nodes * kInventoryBytes;
  result.memory.base = kBaseBytes;
  for (ProbeLoad& load : loads)
    if (load.endpoints > 0) result.probes.push_back(std::move(load));

  warn_of_times(config, result.warnings);
  warn_of_endpoints(inventory, result.warnings);
  warn_of_nodes(topology, result.warnings);
  if (config.probe_host.references.empty())
    result.warnings.emplace_back(
        "probe_host.references is empty; a failure of this machine's own uplink looks like a failure of "
        "everything");
  return result;
}

std::string check_text(const std::string& file, const Assessment& assessment, std::size_t maintenance_windows,
                       const Problems& problems) {
  if (!problems.empty())
    return fmt::format("{}{}: {}; nothing was started or changed\n", problems.text(), file,
                       plural(problems.count(), "problem"));
  std::string text = fmt::format("{}: good\n\n", file);
  text += fmt::format("{}, {}, {}, {}\n", plural(assessment.endpoints, "endpoint"),
                      plural(assessment.nodes, "node"), plural(assessment.customers, "customer"),
                      plural(maintenance_windows, "maintenance window"));
  for (std::size_t i = 0; i < kTechnologyNames.size(); ++i)
    if (assessment.by_technology[i] > 0)
      text += fmt::format("  {:<16}{:>9}\n", kTechnologyNames[i], assessment.by_technology[i]);
  text += "\nprobes          endpoints    rounds/s   packets/s   each way\n";
  ProbeLoad sum;
  for (const ProbeLoad& load : assessment.probes) {
    text += fmt::format("  {:<14}{:>9}{:>12.1f}{:>12.1f}   {}\n", load.kind, load.endpoints,
                        load.rounds_per_second, load.packets_per_second, in_bits(load.bits_per_second));
    sum.rounds_per_second += load.rounds_per_second;
    sum.packets_per_second += load.packets_per_second;
    sum.bits_per_second += load.bits_per_second;
  }
  text += fmt::format("  {:<14}{:>9}{:>12.1f}{:>12.1f}   {}\n", "together", "", sum.rounds_per_second,
                      sum.packets_per_second, in_bits(sum.bits_per_second));
  const Memory& memory = assessment.memory;
  text += fmt::format("\nmemory, estimated: {} (engine {}, rules {}, inventory {}, base {})\n",
                      in_megabytes(memory.total()), in_megabytes(memory.engine), in_megabytes(memory.rules),
                      in_megabytes(memory.inventory), in_megabytes(memory.base));
  text += fmt::format("complaints can be attached by place for {} of the customers\n",
                      percent(static_cast<double>(assessment.customers_with_place),
                              static_cast<double>(assessment.customers)));
  if (!assessment.warnings.empty()) text += "\n";
  for (const std::string& warning : assessment.warnings) text += "warning: " + warning + "\n";
  return text;
}

}  // namespace faultline::config
