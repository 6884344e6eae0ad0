#include "daemon/inventory/rows.h"

#include "daemon/config/names.h"
#include "probes/registry.h"
#include "probes/session/agent_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace faultline::inventory {
namespace {

using config::in_quotes;

namespace node_column {
enum : std::size_t { name, kind, parents, latitude, longitude };
}
namespace endpoint_column {
enum : std::size_t {
  name,
  technology,
  profile,
  address,
  device,
  parents,
  latitude,
  longitude,
  coverage_m,
  customers,
  region,
  agent
};
}

// "transport:core-1": nothing after a mistake, which has been reported.
std::optional<ParentName> read_parent(const Row& row, std::size_t column, std::string_view word) {
  const std::size_t colon = word.find(':');
  const std::string_view edge = word.substr(0, colon);
  const auto kind = std::find(kEdgeKindNames.begin(), kEdgeKindNames.end(), edge);
  if (colon == std::string_view::npos) {
    row.problem(column, fmt::format("{} has no kind of edge (try transport:{})", in_quotes(word), word));
  } else if (kind == kEdgeKindNames.end()) {
    row.problem(column,
                fmt::format("the edge {} is none of: {}{}", in_quotes(edge), config::listed(kEdgeKindNames),
                            config::did_you_mean(edge, kEdgeKindNames)));
  } else if (colon + 1 == word.size()) {
    row.problem(column, fmt::format("{} names no node after the colon", in_quotes(word)));
  } else {
    return ParentName{static_cast<EdgeKind>(kind - kEdgeKindNames.begin()),
                      std::string(word.substr(colon + 1))};
  }
  return std::nullopt;
}

std::vector<ParentName> read_parents(const Row& row, std::size_t column) {
  std::vector<ParentName> parents;
  std::string_view rest = row.text(column);
  while (!rest.empty()) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, space);
    rest.remove_prefix(std::min(space + 1, rest.size()));
    if (word.empty()) continue;
    if (parents.size() == kMaxParents) {
      row.problem(column, fmt::format("more than {} parents", kMaxParents));
      break;
    }
    std::optional<ParentName> parent = read_parent(row, column, word);
    if (!parent) continue;
    const bool is_twice = std::any_of(parents.begin(), parents.end(), [&](const ParentName& known) {
      return known.kind == parent->kind && known.parent == parent->parent;
    });
    if (is_twice)
      row.problem(column, fmt::format("{} is given twice", in_quotes(word)));
    else
      parents.push_back(std::move(*parent));
  }
  return parents;
}

std::optional<std::uint8_t> read_profile(const Row& row, const config::Config& config,
                                         std::optional<Technology> technology) {
  const std::string_view text = row.text(endpoint_column::profile);
  std::vector<std::string_view> names;
  if (text.empty()) {
    if (!technology) return std::nullopt;
    const auto profile = config.find_profile(*technology);
    if (!profile && !config.profiles.empty())
      row.problem(
          endpoint_column::technology,
          fmt::format(
              "no profile has the technology {}; add it to the technologies of one, or name a profile "
              "in the row",
              name(*technology)));
    return profile;
  }
  const auto profile = config.find_profile(text);
  if (profile) return profile;
  for (const config::Profile& known : config.profiles) names.push_back(known.name);
  row.problem(endpoint_column::profile,
              fmt::format("unknown profile {}; there are: {}{}", in_quotes(text), config::listed(names),
                          config::did_you_mean(text, names)));
  return std::nullopt;
}

bool has_probe_by(const config::Profile& profile, ProbeSource source) {
  return std::any_of(profile.probes.begin(), profile.probes.end(), [&](const config::ConfiguredProbe& probe) {
    return probe_kinds()[probe.kind].source == source;
  });
}

EndpointAccess read_access(const Row& row, const config::Config& config,
                           std::optional<std::uint8_t> profile) {
  EndpointAccess access;
  const std::string_view address = row.text(endpoint_column::address);
  const std::string_view device = row.text(endpoint_column::device);
  const std::string_view agent = row.text(endpoint_column::agent);
  const bool by_name = profile && has_probe_by(config.profiles[*profile], ProbeSource::name);
  if (by_name) access.name = row.text(endpoint_column::name);
  if (address.empty() && device.empty() && agent.empty() && !by_name)
    row.problem(endpoint_column::address, "is empty, and so are device and agent; give one of them");
  if (!address.empty()) {
    if (const auto wrong = config::address_problem(address))
      row.problem(endpoint_column::address, *wrong);
    else
      access.address = address;
  }
  const std::string path = row.free_text(endpoint_column::device, kMaxDeviceBytes);
  if (!path.empty()) access.device = (config.directory / path).string();
  if (agent.empty()) return access;
  const auto where = session::parse_agent(agent);
  const auto wrong = where && !where->host.empty() ? config::address_problem(where->host) : std::nullopt;
  if (!where)
    row.problem(endpoint_column::agent, where.error().message);
  else if (wrong)
    row.problem(endpoint_column::agent, *wrong);
  else if (where->host.empty() && address.empty())
    row.problem(endpoint_column::agent,
                "names no host, and the endpoint has no address; write olt-1/7, or give one");
  else
    access.agent = agent;
  return access;
}

// An endpoint that nothing would ever measure is a mistake.
void check_measurable(const Row& row, const config::Config& config, std::uint8_t profile_index,
                      const EndpointAccess& access) {
  const config::Profile& profile = config.profiles[profile_index];
  if (profile.probes.empty()) return;  // a mistake reported there
  const bool by_address = has_probe_by(profile, ProbeSource::address);
  const bool by_device = has_probe_by(profile, ProbeSource::device);
  const bool by_agent = has_probe_by(profile, ProbeSource::agent);
  if (!access.name.empty() || (!access.address.empty() && (by_address || by_agent)) ||
      (!access.device.empty() && by_device) || (!access.agent.empty() && by_agent))
    return;
  if (!access.agent.empty())
    row.problem(
        endpoint_column::agent,
        fmt::format("profile {} has no probe that goes by agent, such as snmp", in_quotes(profile.name)));
  else if (!access.address.empty() && !by_address)
    row.problem(endpoint_column::address,
                fmt::format("profile {} has no probe that goes by address (only by device)",
                            in_quotes(profile.name)));
  else if (!access.device.empty() && !by_device)
    row.problem(
        endpoint_column::device,
        fmt::format("profile {} has no probe that goes by device, such as modem", in_quotes(profile.name)));
}

}  // namespace

NodeRow read_node_row(const Row& row) {
  NodeRow read;
  Node& node = read.record.node;
  node.name = row.name(node_column::name);
  if (const auto kind = row.choice(node_column::kind, kNodeKindNames))
    node.kind = static_cast<NodeKind>(*kind);
  node.place = row.place(node_column::latitude, node_column::longitude);
  read.record.parents = read_parents(row, node_column::parents);
  read.name_at = row.at(node_column::name);
  read.parents_at = row.at(node_column::parents);
  return read;
}

EndpointRow read_endpoint_row(const Row& row, const config::Config& config) {
  EndpointRow read;
  Endpoint& endpoint = read.record.endpoint;
  endpoint.name = row.name(endpoint_column::name);
  std::optional<Technology> technology;
  if (const auto index = row.choice(endpoint_column::technology, kTechnologyNames))
    technology = static_cast<Technology>(*index);
  endpoint.technology = technology.value_or(Technology::ip);
  const auto profile = read_profile(row, config, technology);
  read.access = read_access(row, config, profile);
  if (profile) {
    endpoint.profile = *profile;
    check_measurable(row, config, *profile, read.access);
  }
  endpoint.place = row.place(endpoint_column::latitude, endpoint_column::longitude);
  endpoint.coverage_m =
      static_cast<float>(row.number(endpoint_column::coverage_m, 0, kMaxCoverageM).value_or(0));
  endpoint.customers = static_cast<std::uint32_t>(
      row.integer(endpoint_column::customers, 1, kMaxCustomers)
          .value_or(static_cast<std::int64_t>(default_customers(endpoint.technology))));
  endpoint.region = row.free_text(endpoint_column::region, kMaxRegionBytes);
  read.record.parents = read_parents(row, endpoint_column::parents);
  read.name_at = row.at(endpoint_column::name);
  read.parents_at = row.at(endpoint_column::parents);
  return read;
}

}  // namespace faultline::inventory
