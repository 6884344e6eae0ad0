// What a row cannot know by itself: names given twice, parents that do not exist, loops, and graphs too deep
// to be a network. Pure.
#pragma once

#include "daemon/config/problem.h"
#include "daemon/inventory/rows.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace faultline::inventory {

inline constexpr std::size_t kMaxGraphDepth = 32;  // nodes in a row, from a root down

// `nodes_are_complete`: false if the node table could not be read, so that no parent can be called unknown.
void check_graph(std::span<const NodeRow> nodes, std::string_view nodes_file,
                 std::span<const EndpointRow> endpoints, std::string_view endpoints_file,
                 bool nodes_are_complete, config::Problems& problems);

}  // namespace faultline::inventory
