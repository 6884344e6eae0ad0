// maintenance.csv: planned windows, by node or endpoint name.
#include "daemon/inventory/inventory.h"
#include "daemon/inventory/table.h"
#include "rules/model/time_text.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace faultline::inventory {
namespace {

using config::in_quotes;

constexpr std::array<Column, 5> kColumns = {
    {{"id", true}, {"target", true}, {"begins", true}, {"ends", true}, {"reason"}}};
enum : std::size_t { column_id, column_target, column_begins, column_ends, column_reason };
constexpr std::size_t kMaxReasonBytes = 500;

std::optional<Timestamp> read_time(const Row& row, std::size_t column) {
  if (row.text(column).empty()) return std::nullopt;
  const std::optional<Timestamp> time = parse_rfc3339(row.text(column));
  if (!time)
    row.problem(column, fmt::format("{} is no time with a zone (try 2026-11-24T02:00:00Z)",
                                    in_quotes(row.text(column))));
  return time;
}

bool read_target(const Row& row, const Topology& topology, Maintenance& window) {
  const std::string_view target = row.text(column_target);
  if (target.empty()) return false;
  const auto node = topology.find_node(target);
  const auto endpoint = topology.find_endpoint(target);
  if (node && !topology.node(*node).retired) {
    window.node = node;
  } else if (endpoint && !topology.endpoint(*endpoint).retired) {
    window.endpoint = endpoint;
  } else {
    std::vector<std::string_view> names;
    for (const Node& known : topology.nodes())
      if (!known.retired) names.push_back(known.name);
    for (const Endpoint& known : topology.endpoints())
      if (!known.retired) names.push_back(known.name);
    row.problem(column_target, fmt::format("there is no node or endpoint {}{}", in_quotes(target),
                                           config::did_you_mean(target, names)));
    return false;
  }
  return true;
}

}  // namespace

std::vector<Maintenance> load_maintenance(const config::Config& config, const Topology& topology,
                                          config::Problems& problems) {
  std::vector<Maintenance> windows;
  std::unordered_map<std::string, int> lines;
  if (!config.maintenance.is_given()) return windows;
  read_table(config.maintenance, kColumns, problems, [&](const Row& row) {
    Maintenance window;
    window.id = row.name(column_id);
    bool is_good = !window.id.empty();
    if (is_good) {
      const auto [known, is_new] = lines.emplace(window.id, row.at(column_id).line);
      if (!is_new)
        row.problem(column_id,
                    fmt::format("{} is given twice, first on line {}", in_quotes(window.id), known->second));
      is_good = is_new;
    }
    is_good = read_target(row, topology, window) && is_good;
    const std::optional<Timestamp> begins = read_time(row, column_begins), ends = read_time(row, column_ends);
    if (begins && ends && *ends <= *begins)
      row.problem(column_ends, "is not after begins");
    else if (begins && ends && is_good) {
      window.begins = *begins;
      window.ends = *ends;
      window.reason = row.free_text(column_reason, kMaxReasonBytes);
      windows.push_back(std::move(window));
    }
  });
  return windows;
}

}  // namespace faultline::inventory
