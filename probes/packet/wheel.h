// A timing wheel: at most one due time per id, on a grid of one millisecond, O(1) to set, to cancel and to
// expire. An id is a position in the shard's target table. Never early: an id expires at the first grid line
// at or after its due time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace faultline::packet {

using Nanos = std::int64_t;  // of CLOCK_MONOTONIC

// Room for `count` elements, and for some more if there have to be more than there are: vectors double else.
template <typename T>
void reserve_some(std::vector<T>& vector, std::size_t count) {
  if (count > vector.capacity()) vector.reserve(std::max(count, vector.capacity() + vector.capacity() / 8));
}

class Wheel {
 public:
  static constexpr Nanos kGrid = 1'000'000;

  // `slots`, a power of two, is how many grid lines one turn has; what is due later stays for another turn.
  explicit Wheel(Nanos now, std::uint32_t slots = 65536)
      : heads_(slots, kNone), mask_(slots - 1), at_(now / kGrid) {}

  // Ids below `count` may be used; those that there are keep their due time.
  void resize(std::uint32_t count) { nodes_.resize(count); }
  void reserve(std::uint32_t count) { reserve_some(nodes_, count); }

  // Replaces an earlier due time. What is due in the past expires at the next grid line.
  void schedule(std::uint32_t id, Nanos due) {
    cancel(id);
    std::int64_t line = due / kGrid + (due % kGrid > 0 ? 1 : 0);
    if (line <= at_) line = at_ + 1;
    auto& node = nodes_[id];
    auto& head = heads_[slot(line)];
    node = {.next = head, .previous = kNone, .line = static_cast<std::uint32_t>(line)};
    if (head != kNone) nodes_[head].previous = id;
    head = id;
  }

  void cancel(std::uint32_t id) {
    auto& node = nodes_[id];
    if (node.previous == kUnlinked) return;
    (node.previous == kNone ? heads_[slot(node.line)] : nodes_[node.previous].next) = node.next;
    if (node.next != kNone) nodes_[node.next].previous = node.previous;
    node.previous = kUnlinked;
  }

  // Calls expired(id) for everything due at `now`, in the order of grid lines. The call may schedule any id
  // again, and cancel its own only. Calls soon(id) some turns before, so that the id's state can be fetched
  // into the cache meanwhile.
  template <typename Expired, typename Soon>
  void expire(Nanos now, Expired expired, Soon soon) {
    const std::int64_t end = now / kGrid;
    if (end - at_ > static_cast<std::int64_t>(mask_)) skip_turns(end, expired);
    while (at_ < end) {
      ++at_;
      take_due(heads_[slot(at_)], at_);
      for (std::size_t i = 0; i < std::min(due_.size(), kAhead); ++i) soon(due_[i]);
      for (std::size_t i = 0; i < due_.size(); ++i) {
        if (i + kAhead < due_.size()) soon(due_[i + kAhead]);
        expired(due_[i]);
      }
    }
  }
  template <typename Expired>
  void expire(Nanos now, Expired expired) {
    expire(now, std::move(expired), [](std::uint32_t) {});
  }
  // What schedule() and cancel() of the id will touch first.
  void prefetch(std::uint32_t id) const { __builtin_prefetch(&nodes_[id], 1); }

  // The first grid line after the last expired one that may have something due, or `limit`.
  Nanos next_due(Nanos limit) const {
    const std::int64_t end = limit / kGrid;
    for (std::int64_t line = at_ + 1; line < end; ++line)
      if (heads_[slot(line)] != kNone) return line * kGrid;
    return limit;
  }

  std::size_t bytes() const {
    return nodes_.capacity() * sizeof(Node) + heads_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::size_t kAhead = 8;
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::uint32_t kUnlinked = UINT32_MAX - 1;
  struct Node {
    std::uint32_t next = kNone;
    std::uint32_t previous = kUnlinked;
    std::uint32_t line = 0;  // modulo 2^32 ms, 49 days: far beyond the longest interval
  };

  std::uint32_t slot(std::int64_t line) const { return static_cast<std::uint32_t>(line) & mask_; }

  static bool is_due(std::uint32_t line, std::int64_t at) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(at) - line) >= 0;
  }

  void take_due(std::uint32_t head, std::int64_t at) {
    due_.clear();
    for (auto id = head; id != kNone; id = nodes_[id].next)
      if (is_due(nodes_[id].line, at)) due_.push_back(id);
    for (const auto id : due_) cancel(id);
  }

  // After a stop of more than a turn: everything due before `end`, in no particular order.
  template <typename Expired>
  void skip_turns(std::int64_t end, Expired& expired) {
    std::vector<std::uint32_t> all;
    at_ = end - 1;
    for (const auto head : heads_) {
      take_due(head, at_);
      all.insert(all.end(), due_.begin(), due_.end());
    }
    for (const auto id : all) expired(id);
  }

  std::vector<std::uint32_t> heads_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> due_;
  std::uint32_t mask_;
  std::int64_t at_;  // the last expired grid line
};

}  // namespace faultline::packet
