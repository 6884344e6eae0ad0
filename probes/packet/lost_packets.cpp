#include "probes/packet/lost_packets.h"

#include <algorithm>

namespace faultline::packet {
namespace {

constexpr std::size_t kFirstCapacity = 1024;

}  // namespace

std::size_t LostPackets::home(std::uint32_t slot, std::uint32_t sequence) const {
  const auto mixed = ((std::uint64_t{slot} << 32U) | sequence) * 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(mixed >> 32U) & (index_.size() - 1);
}

std::size_t LostPackets::find(std::uint32_t slot, std::uint32_t sequence) const {
  if (index_.empty()) return 0;
  const auto mask = index_.size() - 1;
  for (auto at = home(slot, sequence); index_[at] != kEmpty; at = (at + 1) & mask)
    if (ring_[index_[at]].slot == slot && ring_[index_[at]].sequence == sequence) return at;
  return index_.size();
}

void LostPackets::insert(std::uint32_t position) {
  const auto mask = index_.size() - 1;
  auto at = home(ring_[position].slot, ring_[position].sequence);
  while (index_[at] != kEmpty) at = (at + 1) & mask;
  index_[at] = position;
}

// What follows the gap moves into it unless it would then stand before its home.
void LostPackets::erase(std::size_t gap) {
  const auto mask = index_.size() - 1;
  for (auto at = (gap + 1) & mask; index_[at] != kEmpty; at = (at + 1) & mask) {
    const auto& packet = ring_[index_[at]];
    const auto wanted = home(packet.slot, packet.sequence);
    if (((at - wanted) & mask) < ((at - gap) & mask)) continue;
    index_[gap] = index_[at];
    gap = at;
  }
  index_[gap] = kEmpty;
  --count_;
}

void LostPackets::drop_oldest() {
  const auto& packet = ring_[begin_++ & (ring_.size() - 1)];
  if (packet.slot != kTaken) erase(find(packet.slot, packet.sequence));
}

void LostPackets::grow() {
  std::vector<LostPacket> larger(std::max(kFirstCapacity, ring_.size() * 2));
  std::size_t kept = 0;
  for (auto at = begin_; at < end_; ++at) {
    const auto& packet = ring_[at & (ring_.size() - 1)];
    if (packet.slot != kTaken) larger[kept++] = packet;
  }
  ring_ = std::move(larger);
  index_.assign(ring_.size() * 2, kEmpty);
  begin_ = 0;
  end_ = kept;
  for (std::uint32_t position = 0; position < kept; ++position) insert(position);
}

void LostPackets::add(const LostPacket& packet) {
  if (end_ - begin_ == ring_.size()) {
    if (ring_.size() < limit_)
      grow();
    else
      drop_oldest();
  }
  const auto position = static_cast<std::uint32_t>(end_++ & (ring_.size() - 1));
  ring_[position] = packet;
  insert(position);
  ++count_;
}

std::optional<LostPacket> LostPackets::take(std::uint32_t slot, std::uint32_t sequence) {
  const auto at = find(slot, sequence);
  if (at == index_.size()) return std::nullopt;
  auto& packet = ring_[index_[at]];
  const auto taken = packet;
  erase(at);
  packet.slot = kTaken;
  return taken;
}

void LostPackets::forget(Nanos sent_before) {
  while (begin_ < end_) {
    const auto& oldest = ring_[begin_ & (ring_.size() - 1)];
    if (oldest.slot != kTaken && oldest.sent_at >= sent_before) return;
    drop_oldest();
  }
}

}  // namespace faultline::packet
