// The packets of rounds that were given out without their answer, so that an answer that still comes is known
// for what it is: late, and how late. Memory goes with what is lost, not with what is probed. One thread.
#pragma once

#include "probes/packet/wheel.h"
#include "rules/model/index.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace faultline::packet {

struct LostPacket {
  Nanos sent_at = 0;
  std::uint32_t since_start = 0;  // sent so long after its round's start, in kCellUnit
  EndpointIndex endpoint;
  std::uint32_t slot = 0;
  std::uint32_t sequence = 0;
};

class LostPackets {
 public:
  // Never holds more than `limit`, a power of two: the oldest go then.
  explicit LostPackets(std::size_t limit = std::size_t{1} << 20U) : limit_(limit) {}

  // In the order of time, roughly. No two with the same slot and sequence.
  void add(const LostPacket& packet);
  // Takes it out; nothing if it is not there.
  std::optional<LostPacket> take(std::uint32_t slot, std::uint32_t sequence);
  // Forgets those that were sent before.
  void forget(Nanos sent_before);

  std::size_t size() const { return count_; }
  std::size_t bytes() const {
    return ring_.capacity() * sizeof(LostPacket) + index_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint32_t kEmpty = UINT32_MAX;
  static constexpr std::uint32_t kTaken = UINT32_MAX;  // as a slot: no such target

  std::size_t home(std::uint32_t slot, std::uint32_t sequence) const;
  std::size_t find(std::uint32_t slot, std::uint32_t sequence) const;  // in index_, or index_.size()
  void insert(std::uint32_t position);
  void erase(std::size_t gap);
  void drop_oldest();
  void grow();

  std::size_t limit_;
  std::vector<LostPacket> ring_;      // a power of two
  std::vector<std::uint32_t> index_;  // twice as many; open addressing, linear probing: positions in the ring
  std::uint64_t begin_ = 0, end_ = 0;
  std::size_t count_ = 0;
};

}  // namespace faultline::packet
