// The CSV side of inventory.h: a plain reader of the lab's own, strict about what it needs and blind to the
// rest, and the writer of generated inventories.
#include "tests/lab/inventory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>

namespace faultline::lab {
namespace {

// One RFC 4180 line without line breaks in fields.
std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

class Table {
 public:
  explicit Table(std::filesystem::path path) : path_(std::move(path)), file_(path_) {}

  // Calls `row` for every line; it takes fields by column name and may fail.
  Result<void> read(const std::function<Result<void>(Table&)>& row) {
    if (!file_) return fail(fmt::format("{}: {}", path_.string(), std::strerror(errno)));
    for (std::string line; std::getline(file_, line);) {
      ++line_;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.empty() || line[0] == '#') continue;
      auto& into = header_.empty() ? header_ : fields_;
      into = split(line);
      if (&into == &header_) continue;
      if (fields_.size() != header_.size())
        return error(fmt::format("{} fields (expected {} as in the header)", fields_.size(), header_.size()));
      if (auto ok = row(*this); !ok) return ok;
    }
    return {};
  }

  std::string_view text(std::string_view column) const {
    const auto found = std::find(header_.begin(), header_.end(), column);
    if (found == header_.end()) return {};
    return fields_[static_cast<std::size_t>(found - header_.begin())];
  }
  std::optional<double> number(std::string_view column) const {
    const std::string copy(text(column));
    if (copy.empty()) return std::nullopt;
    return std::strtod(copy.c_str(), nullptr);
  }
  std::optional<Place> place() const {
    const auto latitude = number("latitude");
    const auto longitude = number("longitude");
    if (!latitude || !longitude) return std::nullopt;
    return Place{*latitude, *longitude};
  }
  tl::unexpected<Error> error(const std::string& what) const {
    return fail(fmt::format("{}:{}: {}", path_.string(), line_, what));
  }
  Result<std::vector<ParentName>> parents() const {
    std::vector<ParentName> all;
    std::istringstream words{std::string(text("parents"))};
    for (std::string word; words >> word;) {
      const std::size_t colon = word.find(':');
      const auto kind = std::find(kEdgeKindNames.begin(), kEdgeKindNames.end(), word.substr(0, colon));
      if (colon == std::string::npos || kind == kEdgeKindNames.end())
        return error(fmt::format("parents: \"{}\" (expected EDGE:NODE, as transport:core)", word));
      all.push_back({static_cast<EdgeKind>(kind - kEdgeKindNames.begin()), word.substr(colon + 1)});
    }
    return all;
  }

 private:
  std::filesystem::path path_;
  std::ifstream file_;
  unsigned line_ = 0;
  std::vector<std::string> header_, fields_;
};

Result<void> read_node(Table& table, InventoryRows& rows) {
  NodeRecord record;
  record.node.name = table.text("name");
  record.node.place = table.place();
  const auto kind = std::find(kNodeKindNames.begin(), kNodeKindNames.end(), table.text("kind"));
  if (kind == kNodeKindNames.end())
    return table.error(fmt::format("kind: \"{}\" is unknown", table.text("kind")));
  record.node.kind = static_cast<NodeKind>(kind - kNodeKindNames.begin());
  auto parents = table.parents();
  if (!parents) return tl::make_unexpected(parents.error());
  record.parents = *std::move(parents);
  rows.nodes.push_back(std::move(record));
  return {};
}

Result<void> read_endpoint(Table& table, InventoryRows& rows) {
  EndpointRecord record;
  Endpoint& endpoint = record.endpoint;
  endpoint.name = table.text("name");
  endpoint.region = table.text("region");
  endpoint.place = table.place();
  const auto technology =
      std::find(kTechnologyNames.begin(), kTechnologyNames.end(), table.text("technology"));
  if (technology == kTechnologyNames.end())
    return table.error(fmt::format("technology: \"{}\" is unknown", table.text("technology")));
  endpoint.technology = static_cast<Technology>(technology - kTechnologyNames.begin());
  endpoint.coverage_m = static_cast<float>(table.number("coverage_m").value_or(0));
  endpoint.customers =
      static_cast<std::uint32_t>(table.number("customers").value_or(default_customers(endpoint.technology)));
  auto parents = table.parents();
  if (!parents) return tl::make_unexpected(parents.error());
  record.parents = *std::move(parents);
  rows.endpoints.push_back(std::move(record));
  rows.addresses.emplace_back(table.text("address"));
  rows.devices.emplace_back(table.text("device"));
  rows.agents.emplace_back(table.text("agent"));
  return {};
}

std::string parents_text(std::span<const ParentName> parents) {
  std::string text;
  for (const ParentName& edge : parents)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", name(edge.kind), edge.parent);
  return text;
}
std::string place_text(const std::optional<Place>& place) {
  return place ? fmt::format("{:.6f},{:.6f}", place->latitude_deg, place->longitude_deg) : ",";
}

void write_nodes(const InventoryRows& rows, std::ostream& out) {
  out << "name,kind,parents,latitude,longitude\n";
  for (const NodeRecord& r : rows.nodes)
    out << fmt::format("{},{},{},{}\n", r.node.name, name(r.node.kind), parents_text(r.parents),
                       place_text(r.node.place));
}

void write_endpoints(const InventoryRows& rows, std::ostream& out) {
  out << "name,technology,profile,address,device,parents,latitude,longitude,coverage_m,customers,region,"
         "agent\n";
  for (std::size_t i = 0; i < rows.endpoints.size(); ++i) {
    const Endpoint& e = rows.endpoints[i].endpoint;
    out << fmt::format("{},{},,{},{},{},{},{:.0f},{},{},{}\n", e.name, name(e.technology), rows.addresses[i],
                       rows.devices[i], parents_text(rows.endpoints[i].parents), place_text(e.place),
                       e.coverage_m, e.customers, e.region, i < rows.agents.size() ? rows.agents[i] : "");
  }
}

}  // namespace

Result<InventoryRows> read_inventory(const std::filesystem::path& directory) {
  InventoryRows rows;
  if (auto ok = Table(directory / "nodes.csv").read([&](Table& t) { return read_node(t, rows); }); !ok)
    return tl::make_unexpected(ok.error());
  if (auto ok = Table(directory / "endpoints.csv").read([&](Table& t) { return read_endpoint(t, rows); });
      !ok)
    return tl::make_unexpected(ok.error());
  return rows;
}

Result<void> write_inventory(const InventoryRows& rows, const std::filesystem::path& directory) {
  std::error_code ignored;
  std::filesystem::create_directories(directory, ignored);
  std::ofstream nodes(directory / "nodes.csv"), endpoints(directory / "endpoints.csv"),
      maintenance(directory / "maintenance.csv");
  write_nodes(rows, nodes);
  write_endpoints(rows, endpoints);
  maintenance << "id,target,begins,ends,reason\n";
  for (std::ofstream* file : {&nodes, &endpoints, &maintenance}) {
    file->close();
    if (!*file)
      return fail(
          fmt::format("{}: cannot write the inventory: {}", directory.string(), std::strerror(errno)));
  }
  return {};
}

}  // namespace faultline::lab
