// A timing wheel: at most one due time per id, on a grid of one millisecond, O(1) to set, to cancel and to
// expire. An id is a position in the shard's target table. Never early: an id expires at the first grid line
// at or after its due time.
#pragma once

#include <algorithm>
#include <array>
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
  void resize(std::uint32_t count) { lines_.resize(count, kNone); }
  void reserve(std::uint32_t count) { reserve_some(lines_, count); }

  // Replaces an earlier due time. What is due in the past expires at the next grid line.
  void schedule(std::uint32_t id, Nanos due) {
    std::int64_t line = due / kGrid + (due % kGrid > 0 ? 1 : 0);
    if (line <= at_) line = at_ + 1;
    if (static_cast<std::uint32_t>(line) == kNone) ++line;
    lines_[id] = static_cast<std::uint32_t>(line);
    put(slot(line), id);
  }

  // Its entry stays where it is and goes when that line has come.
  void cancel(std::uint32_t id) { lines_[id] = kNone; }

  // Calls expired(id) for everything due at `now`, in the order of grid lines. The call may schedule any id
  // again, and cancel its own only. Calls soon(id) and, nearer to it, next(id) some turns before, so that the
  // id's state, and what that points to, can be fetched into the cache meanwhile.
  template <typename Expired, typename Soon, typename Next>
  void expire(Nanos now, Expired expired, Soon soon, Next next) {
    const std::int64_t end = now / kGrid;
    if (end - at_ > static_cast<std::int64_t>(mask_)) skip_turns(end, expired);
    while (at_ < end) {
      ++at_;
      take_due(slot(at_));
      for (std::size_t i = 0; i < std::min(due_.size(), kAhead); ++i) soon(due_[i]);
      for (std::size_t i = 0; i < due_.size(); ++i) {
        if (i + kAhead < due_.size()) soon(due_[i + kAhead]);
        if (i + kAhead / 2 < due_.size()) next(due_[i + kAhead / 2]);
        expired(due_[i]);
      }
    }
  }
  template <typename Expired>
  void expire(Nanos now, Expired expired) {
    expire(
        now, std::move(expired), [](std::uint32_t) {}, [](std::uint32_t) {});
  }
  // What schedule() and cancel() of the id will touch first.
  void prefetch(std::uint32_t id) const { __builtin_prefetch(&lines_[id], 1); }

  // The first grid line after the last expired one that may have something due, or `limit`.
  Nanos next_due(Nanos limit) const {
    const std::int64_t end = limit / kGrid;
    for (std::int64_t line = at_ + 1; line < end; ++line)
      if (heads_[slot(line)] != kNone) return line * kGrid;
    return limit;
  }

  std::size_t bytes() const {
    return chunks_.capacity() * sizeof(Chunk) +
           (heads_.capacity() + lines_.capacity()) * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::size_t kAhead = 8;
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::uint32_t kIds = 14;
  // Of a list of ids: a cache line's worth.
  struct alignas(64) Chunk {
    std::array<std::uint32_t, kIds> ids;
    std::uint32_t count;
    std::uint32_t next;
  };

  std::uint32_t slot(std::int64_t line) const { return static_cast<std::uint32_t>(line) & mask_; }

  bool is_due(std::uint32_t line) const {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(at_) - line) >= 0;
  }

  void put(std::uint32_t number, std::uint32_t id) {
    auto head = heads_[number];
    if (head == kNone || chunks_[head].count == kIds) {
      if (free_ == kNone) {
        chunks_.push_back({.ids = {}, .count = 0, .next = kNone});
        free_ = static_cast<std::uint32_t>(chunks_.size() - 1);
      }
      const auto chunk = std::exchange(free_, chunks_[free_].next);
      chunks_[chunk].next = head;
      chunks_[chunk].count = 0;
      heads_[number] = head = chunk;
    }
    chunks_[head].ids[chunks_[head].count++] = id;
  }

  // Into due_ what is due of a list; what belongs to a later turn is put back, what was cancelled or moved
  // goes.
  void take_due(std::uint32_t number) {
    due_.clear();
    later_.clear();
    for (auto at = std::exchange(heads_[number], kNone); at != kNone;) {
      auto& chunk = chunks_[at];
      if (chunk.next != kNone) __builtin_prefetch(&chunks_[chunk.next]);
      for (std::uint32_t i = 0; i < chunk.count; ++i) prefetch(chunk.ids[i]);
      for (std::uint32_t i = 0; i < chunk.count; ++i) sort_out(number, chunk.ids[i]);
      const auto next = chunk.next;
      chunk.next = std::exchange(free_, at);
      at = next;
    }
    for (const auto id : later_) put(number, id);
  }
  void sort_out(std::uint32_t number, std::uint32_t id) {
    const auto line = lines_[id];
    if (line == kNone || (line & mask_) != number) return;
    if (!is_due(line)) return later_.push_back(id);
    due_.push_back(id);
    lines_[id] = kNone;
  }

  // After a stop of more than a turn: everything due before `end`, in no particular order.
  template <typename Expired>
  void skip_turns(std::int64_t end, Expired& expired) {
    std::vector<std::uint32_t> all;
    at_ = end - 1;
    for (std::uint32_t number = 0; number <= mask_; ++number) {
      take_due(number);
      all.insert(all.end(), due_.begin(), due_.end());
    }
    for (const auto id : all) expired(id);
  }

  // Lists of chunks rather than of single ids: what is due is read without a cache miss for each.
  std::vector<std::uint32_t> heads_;  // by grid line, modulo a turn: in chunks_
  std::vector<Chunk> chunks_;
  std::uint32_t free_ = kNone;        // the first of the chunks that are not in use
  std::vector<std::uint32_t> lines_;  // by id, modulo 2^32 ms: 49 days, far beyond the longest interval
  std::vector<std::uint32_t> due_, later_;
  std::uint32_t mask_;
  std::int64_t at_;  // the last expired grid line
};

}  // namespace faultline::packet
