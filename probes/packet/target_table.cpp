#include "probes/packet/target_table.h"

#include <algorithm>
#include <cstring>

namespace faultline::packet {

void TargetTable::reserve(std::uint32_t count, std::size_t packets) {
  reserve_some(targets_, count);
  reserve_some(pool_, pool_.size() + 2 * packets);
}

void TargetTable::occupy(std::uint32_t slot, std::uint16_t packets) {
  auto& target = targets_[slot];
  auto& free = free_cells_[packets];
  if (free.empty()) {
    target.cells = static_cast<std::uint32_t>(pool_.size());
    pool_.resize(pool_.size() + std::size_t{2} * packets);
  } else {
    target.cells = free.back();
    free.pop_back();
  }
  target.capacity = packets;
}

void TargetTable::vacate(std::uint32_t slot) {
  auto& target = targets_[slot];
  if (target.has_address) erase(slot);
  if (target.capacity > 0) free_cells_[target.capacity].push_back(target.cells);
  target = Target{};
}

Cells TargetTable::cells(const Target& target) {
  const auto all = std::span(pool_).subspan(target.cells, std::size_t{2} * target.capacity);
  return {.sent = all.first(target.capacity), .rtt = all.last(target.capacity)};
}

void TargetTable::set_address(std::uint32_t slot, const IpAddress* address) {
  auto& target = targets_[slot];
  if (target.has_address) erase(slot);
  target.has_address = address != nullptr;
  target.address = address != nullptr ? *address : IpAddress{};
  if (address != nullptr) insert(slot);
}

std::size_t TargetTable::home(const IpAddress& address) const {
  return static_cast<std::size_t>(hash(address, seed_)) & mask();
}

void TargetTable::insert(std::uint32_t slot) {
  if (4 * (std::size_t{indexed_} + 1) > 3 * index_.size()) grow();
  auto at = home(targets_[slot].address);
  while (index_[at] != kEmpty) at = (at + 1) & mask();
  index_[at] = slot;
  ++indexed_;
}

// Linear probing without tombstones: what follows the gap moves into it unless it would then stand before its
// home.
void TargetTable::erase(std::uint32_t slot) {
  auto gap = home(targets_[slot].address);
  while (index_[gap] != slot) gap = (gap + 1) & mask();
  for (auto at = (gap + 1) & mask(); index_[at] != kEmpty; at = (at + 1) & mask()) {
    const auto wanted = home(targets_[index_[at]].address);
    if (((at - wanted) & mask()) < ((at - gap) & mask())) continue;
    index_[gap] = index_[at];
    gap = at;
  }
  index_[gap] = kEmpty;
  --indexed_;
}

void TargetTable::grow() {
  auto old = std::move(index_);
  index_.assign(std::max<std::size_t>(64, old.size() * 2), kEmpty);
  indexed_ = 0;
  for (const auto slot : old)
    if (slot != kEmpty) insert(slot);
}

std::size_t TargetTable::bytes() const {
  return targets_.capacity() * sizeof(Target) +
         (pool_.capacity() + index_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace faultline::packet
