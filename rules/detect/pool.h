// Fixed-size blocks by number, in chunks that never move: growing copies nothing and a block's address stays.
// Freed blocks are used again first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace faultline::detect {

inline constexpr std::uint32_t kNoBlock = UINT32_MAX;

template <typename T>
class Pool {
 public:
  T& operator[](std::uint32_t block) { return chunks_[block / kChunk][block % kChunk]; }
  const T& operator[](std::uint32_t block) const { return chunks_[block / kChunk][block % kChunk]; }

  // A block at its defaults.
  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t block = free_.back();
      free_.pop_back();
      (*this)[block] = T{};
      return block;
    }
    if (used_ % kChunk == 0) chunks_.push_back(std::make_unique<T[]>(kChunk));
    return used_++;
  }
  void give_back(std::uint32_t block) { free_.push_back(block); }

 private:
  static constexpr std::uint32_t kChunk = 1024;
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
};

}  // namespace faultline::detect
