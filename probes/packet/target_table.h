// All targets of a shard in one flat array, the cells of their packets in another, and an index from address
// to targets for replies that carry no slot number. No allocation but when targets are added.
#pragma once

#include "probes/packet/target.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace faultline::packet {

class TargetTable {
 public:
  explicit TargetTable(std::uint64_t seed) : seed_(seed) {}

  // Slots below `count` exist; those that there are stay.
  void resize(std::uint32_t count) { targets_.resize(count); }
  void reserve(std::uint32_t count, std::size_t packets);
  std::uint32_t size() const { return static_cast<std::uint32_t>(targets_.size()); }
  Target& operator[](std::uint32_t slot) { return targets_[slot]; }
  const Target& operator[](std::uint32_t slot) const { return targets_[slot]; }

  // Gives the target cells for `packets` packets, or takes them back (and its address out of the index).
  void occupy(std::uint32_t slot, std::uint16_t packets);
  void vacate(std::uint32_t slot);
  Cells cells(const Target& target);

  // Sets or clears the target's address.
  void set_address(std::uint32_t slot, const IpAddress* address);

  // Calls visit(slot) for each target of the address until it says true; says whether one did.
  template <typename Visit>
  bool find(const IpAddress& address, Visit visit) const {
    if (index_.empty()) return false;
    for (auto at = home(address); index_[at] != kEmpty; at = (at + 1) & mask())
      if (targets_[index_[at]].address == address && visit(index_[at])) return true;
    return false;
  }

  // Fetch into the cache what will be used in a moment; the cells' place is in the target.
  void prefetch(std::uint32_t slot) const {
    const auto* target = reinterpret_cast<const std::byte*>(&targets_[slot]);
    for (std::size_t at = 0; at < sizeof(Target); at += kCacheLine) __builtin_prefetch(target + at, 1);
  }
  void prefetch_cells(std::uint32_t slot) const {
    const auto* cells = pool_.data() + targets_[slot].cells;
    __builtin_prefetch(cells, 1);
    __builtin_prefetch(cells + targets_[slot].capacity, 1);
  }
  void prefetch(const IpAddress& address) const {
    if (!index_.empty()) __builtin_prefetch(&index_[home(address)]);
  }
  // The target that most likely has the address; its place in the index should be in the cache.
  void prefetch_first(const IpAddress& address) const {
    if (index_.empty()) return;
    if (const auto slot = index_[home(address)]; slot != kEmpty) prefetch(slot);
  }

  std::size_t bytes() const;

 private:
  static constexpr std::uint32_t kEmpty = UINT32_MAX;
  static constexpr std::size_t kCacheLine = 64;

  std::size_t mask() const { return index_.size() - 1; }
  std::size_t home(const IpAddress& address) const;
  void insert(std::uint32_t slot);
  void erase(std::uint32_t slot);
  void grow();

  std::vector<Target> targets_;
  std::vector<std::uint32_t> pool_;                                 // cells
  std::map<std::uint16_t, std::vector<std::uint32_t>> free_cells_;  // by packets: positions in the pool
  std::vector<std::uint32_t> index_;                                // open addressing, linear probing
  std::uint32_t indexed_ = 0;
  std::uint64_t seed_;  // of the address hash
};

}  // namespace faultline::packet
