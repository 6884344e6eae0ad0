// Dense indexes of the things in an inventory. They are given by Topology, stay the same over a reload (a
// removed thing's index is retired and not given again while the process runs), and mean nothing after a
// restart: what is stored or sent to others is the name.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace faultline {

template <typename Tag>
struct Index {
  std::uint32_t value = UINT32_MAX;

  constexpr bool valid() const { return value != UINT32_MAX; }
  constexpr auto operator<=>(const Index&) const = default;
};

using EndpointIndex = Index<struct EndpointTag>;
using NodeIndex = Index<struct NodeTag>;

}  // namespace faultline

template <typename Tag>
struct std::hash<faultline::Index<Tag>> {
  std::size_t operator()(faultline::Index<Tag> index) const noexcept { return index.value; }
};
