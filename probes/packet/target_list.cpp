#include "probes/packet/target_list.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace faultline::packet {
namespace {

template <typename A, typename B>
bool before(const A& a, const B& b) {
  return std::tie(a.endpoint.value, a.kind) < std::tie(b.endpoint.value, b.kind);
}

void sort_and_keep_last(std::vector<TargetList::Wanted>& wanted) {
  const auto less = [](const auto& a, const auto& b) { return before(a, b); };
  if (!std::is_sorted(wanted.begin(), wanted.end(), less))
    std::stable_sort(wanted.begin(), wanted.end(), less);
  std::size_t kept = 0;
  for (auto& target : wanted) {
    if (kept > 0 && !before(wanted[kept - 1], target)) --kept;
    wanted[kept++] = target;
  }
  wanted.resize(kept);
}

}  // namespace

TargetList::TargetList(std::uint8_t shards, std::uint32_t first_slot, wire::SipKey key)
    : slots_(shards, Slots{.next = first_slot, .free = {}}), key_(key) {}

std::uint64_t TargetList::hash(const std::optional<IpAddress>& address) const {
  if (!address) return 0;
  const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(address->bytes);
  return wire::siphash_2_4(key_, words[0] ^ address->scope, words[1] ^ (address->is_v6 ? 1U : 0U)) | 1U;
}

ListedTarget TargetList::take_slot(const Wanted& wanted) {
  const auto shard = static_cast<std::uint8_t>(wanted.endpoint.value % slots_.size());
  auto& slots = slots_[shard];
  auto slot = slots.next;
  if (slots.free.empty()) {
    ++slots.next;
  } else {
    slot = slots.free.back();
    slots.free.pop_back();
  }
  return {.endpoint = wanted.endpoint,
          .slot = slot,
          .address_hash = hash(wanted.address),
          .settings = wanted.settings,
          .kind = wanted.kind,
          .shard = shard};
}

TargetList::Difference TargetList::replace(std::vector<Wanted> wanted) {
  sort_and_keep_last(wanted);
  Difference difference;
  std::vector<ListedTarget> next;
  next.reserve(wanted.size());
  auto old = targets_.begin();
  const auto remove = [&](const ListedTarget& target) {
    difference.removed.push_back(target);
    slots_[target.shard].free.push_back(target.slot);
  };
  for (const auto& target : wanted) {
    for (; old != targets_.end() && before(*old, target); ++old) remove(*old);
    const bool known = old != targets_.end() && !before(target, *old);
    if (known && old->settings == target.settings) {
      auto kept = *old++;
      const auto address_hash = hash(target.address);
      if (target.address && address_hash != kept.address_hash)
        difference.moved.emplace_back(kept, *target.address);
      kept.address_hash = address_hash;
      next.push_back(kept);
      continue;
    }
    if (known) remove(*old++);
    next.push_back(take_slot(target));
    difference.added.push_back(next.back());
    difference.added_wanted.push_back(target);
  }
  for (; old != targets_.end(); ++old) remove(*old);
  targets_ = std::move(next);
  return difference;
}

void TargetList::set_address(EndpointIndex endpoint, const std::optional<IpAddress>& address) {
  const auto own = of(endpoint);
  const auto first = targets_.begin() + (own.data() - targets_.data());
  for (auto target = first; target != first + static_cast<std::ptrdiff_t>(own.size()); ++target)
    target->address_hash = hash(address);
}

std::span<const ListedTarget> TargetList::of(EndpointIndex endpoint) const {
  const auto less = [](const ListedTarget& a, const ListedTarget& b) { return a.endpoint < b.endpoint; };
  const auto [first, last] =
      std::equal_range(targets_.begin(), targets_.end(), ListedTarget{.endpoint = endpoint}, less);
  return {first, last};
}

const ListedTarget* TargetList::find(EndpointIndex endpoint, ProbeKindIndex kind) const {
  for (const auto& target : of(endpoint))
    if (target.kind == kind) return &target;
  return nullptr;
}

}  // namespace faultline::packet
