// When what was heard of each endpoint becomes stale. Looking for those that are due costs a look at each
// block of endpoints and not at each endpoint: a tick comes every second, a deadline passes rarely.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace faultline::detect {

class Deadlines {
 public:
  void resize(std::size_t count) {
    at_s_.resize(count, kNever);
    earliest_s_.assign((count + kBlock - 1) / kBlock, 0);  // found out by the next look
  }

  bool is_set(std::uint32_t e) const { return at_s_[e] != kNever; }
  void clear(std::uint32_t e) { at_s_[e] = kNever; }
  // Later than it was, or as it was. Seconds of the epoch.
  void extend(std::uint32_t e, std::uint32_t at_s) {
    at_s_[e] = is_set(e) ? std::max(at_s_[e], at_s) : at_s;
    earliest_s_[e / kBlock] = std::min(earliest_s_[e / kBlock], at_s_[e]);
  }

  // Clears each deadline that is not later than now, and then tells of it.
  template <typename Tell>
  void take_due(std::uint32_t now_s, Tell&& tell) {
    for (std::size_t block = 0; block < earliest_s_.size(); ++block)
      if (earliest_s_[block] <= now_s) look_at(block, now_s, tell);
  }

  // The clock was set back by so much; what waits goes on waiting as long as it would have.
  void set_back(std::uint32_t by_s) {
    for (std::uint32_t& at_s : at_s_)
      if (at_s != kNever) at_s = at_s > by_s ? at_s - by_s : 1;
    std::fill(earliest_s_.begin(), earliest_s_.end(), 0);
  }

 private:
  static constexpr std::size_t kBlock = 64;
  static constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();

  template <typename Tell>
  void look_at(std::size_t block, std::uint32_t now_s, Tell& tell) {
    const std::size_t end = std::min(at_s_.size(), (block + 1) * kBlock);
    std::uint32_t earliest = kNever;
    for (std::size_t e = block * kBlock; e < end; ++e) {
      if (at_s_[e] > now_s) {
        earliest = std::min(earliest, at_s_[e]);
        continue;
      }
      at_s_[e] = kNever;
      tell(static_cast<std::uint32_t>(e));
    }
    earliest_s_[block] = earliest;
  }

  std::vector<std::uint32_t> at_s_;
  std::vector<std::uint32_t> earliest_s_;  // of each block, or earlier
};

}  // namespace faultline::detect
