// Rows of nodes.csv and endpoints.csv as records: every field checked by itself. What needs the other rows
// (names, parents, loops) is graph_check.h's.
#pragma once

#include "daemon/config/config.h"
#include "daemon/inventory/inventory.h"
#include "daemon/inventory/table.h"

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace faultline::inventory {

inline constexpr std::size_t kMaxParents = 16;
inline constexpr std::size_t kMaxRegionBytes = 128;
inline constexpr std::size_t kMaxDeviceBytes = 1024;
inline constexpr double kMaxCoverageM = 200'000;
inline constexpr std::int64_t kMaxCustomers = 100'000'000;

inline constexpr std::array<Column, 5> kNodeColumns = {
    {{"name", true}, {"kind", true}, {"parents"}, {"latitude"}, {"longitude"}}};
inline constexpr std::array<Column, 12> kEndpointColumns = {{{"name", true},
                                                             {"technology", true},
                                                             {"profile"},
                                                             {"address"},
                                                             {"device"},
                                                             {"parents"},
                                                             {"latitude"},
                                                             {"longitude"},
                                                             {"coverage_m"},
                                                             {"customers"},
                                                             {"region"},
                                                             {"agent"}}};

struct NodeRow {
  NodeRecord record;
  config::Position name_at, parents_at;
};
struct EndpointRow {
  EndpointRecord record;
  EndpointAccess access;
  config::Position name_at, parents_at;
};

// With whatever was good in the row; its name is empty if that was not. Mistakes are reported.
NodeRow read_node_row(const Row& row);
EndpointRow read_endpoint_row(const Row& row, const config::Config& config);

}  // namespace faultline::inventory
