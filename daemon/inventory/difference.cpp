#include "daemon/inventory/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <tuple>

namespace faultline::inventory {
namespace {

using config::Config;
using config::Profile;

bool same_place(const std::optional<Place>& a, const std::optional<Place>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || (a->latitude_deg == b->latitude_deg && a->longitude_deg == b->longitude_deg);
}

bool same_parents(std::span<const ParentEdge> a, std::span<const ParentEdge> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ParentEdge& x, const ParentEdge& y) {
    return x.kind == y.kind && x.parent == y.parent;
  });
}

bool same_node(const Node& a, const Node& b) {
  return a.kind == b.kind && same_place(a.place, b.place) && same_parents(a.parents, b.parents);
}

// Without the profile, whose index may mean another one now.
bool same_endpoint(const Endpoint& a, const Endpoint& b) {
  return std::tie(a.region, a.coverage_m, a.customers, a.technology) ==
             std::tie(b.region, b.coverage_m, b.customers, b.technology) &&
         same_place(a.place, b.place) && same_parents(a.parents, b.parents);
}

bool same_probes(const Profile& a, const Profile& b) {
  return std::equal(a.probes.begin(), a.probes.end(), b.probes.begin(), b.probes.end(),
                    [](const auto& x, const auto& y) { return x.kind == y.kind && x.options == y.options; });
}

void compare_profiles(const Config& before, const Config& after, InventoryDifference& difference) {
  for (const Profile& profile : after.profiles) {
    const auto old = before.find_profile(profile.name);
    if (!old)
      difference.added_profiles.push_back(profile.name);
    else if (!same_probes(before.profiles[*old], profile) ||
             before.profiles[*old].technologies != profile.technologies)
      difference.changed_profiles.push_back(profile.name);
  }
  for (const Profile& profile : before.profiles)
    if (!after.find_profile(profile.name)) difference.removed_profiles.push_back(profile.name);
}

void compare_nodes(std::span<const Node> before, std::span<const Node> after,
                   InventoryDifference& difference) {
  for (std::uint32_t i = 0; i < after.size(); ++i) {
    const bool was = i < before.size() && !before[i].retired, is = !after[i].retired;
    if (is && !was) difference.added_nodes.push_back({i});
    if (was && !is) difference.removed_nodes.push_back({i});
    if (was && is && !same_node(before[i], after[i])) difference.changed_nodes.push_back({i});
  }
}

std::string counts(std::string_view what, std::size_t added, std::size_t removed, std::size_t changed) {
  std::string text;
  const auto append = [&](std::size_t count, std::string_view verb) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, verb);
  };
  append(added, "added");
  append(removed, "removed");
  append(changed, "changed");
  return text.empty() ? text : fmt::format("{}: {}", what, text);
}

}  // namespace

bool InventoryDifference::is_empty() const {
  return added_endpoints.empty() && removed_endpoints.empty() && changed_endpoints.empty() &&
         added_nodes.empty() && removed_nodes.empty() && changed_nodes.empty() && added_profiles.empty() &&
         removed_profiles.empty() && changed_profiles.empty();
}

std::string InventoryDifference::summary() const {
  std::string text;
  for (const std::string& part :
       {counts("endpoints", added_endpoints.size(), removed_endpoints.size(), changed_endpoints.size()),
        counts("nodes", added_nodes.size(), removed_nodes.size(), changed_nodes.size()),
        counts("profiles", added_profiles.size(), removed_profiles.size(), changed_profiles.size())})
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  return text.empty() ? "nothing" : text;
}

InventoryDifference compare(const Config& old_config, const Inventory& old_inventory,
                            const Config& new_config, const Inventory& new_inventory) {
  InventoryDifference difference;
  compare_profiles(old_config, new_config, difference);
  compare_nodes(old_inventory.topology->nodes(), new_inventory.topology->nodes(), difference);

  const auto before = old_inventory.topology->endpoints(), after = new_inventory.topology->endpoints();
  for (std::uint32_t i = 0; i < after.size(); ++i) {
    const bool was = i < before.size() && !before[i].retired, is = !after[i].retired;
    if (is && !was) difference.added_endpoints.push_back({i});
    if (was && !is) difference.removed_endpoints.push_back({i});
    if (!was || !is) continue;
    const Profile& old_profile = old_config.profiles[before[i].profile];
    const Profile& new_profile = new_config.profiles[after[i].profile];
    const bool is_reprobed =
        old_inventory.access[i] != new_inventory.access[i] || !same_probes(old_profile, new_profile);
    if (is_reprobed) difference.reprobed_endpoints.push_back({i});
    if (is_reprobed || old_profile.name != new_profile.name || !same_endpoint(before[i], after[i]))
      difference.changed_endpoints.push_back({i});
  }
  return difference;
}

}  // namespace faultline::inventory
