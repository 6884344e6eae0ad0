// Some endpoints of the network, in the order of their indexes: a bit each. Going through it costs what the
// network has, a microsecond for 100,000, and what is in it; both hardly anything beside what a node of a
// tree costs.
#pragma once

#include "rules/model/index.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace faultline {

class EndpointSet {
 public:
  bool contains(EndpointIndex endpoint) const {
    const std::size_t word = endpoint.value / kBits;
    return word < words_.size() && (words_[word] >> endpoint.value % kBits & 1U) != 0;
  }
  void insert(EndpointIndex endpoint) {
    const std::size_t word = endpoint.value / kBits;
    if (word >= words_.size()) words_.resize(word + 1);
    if (!contains(endpoint)) ++size_;
    words_[word] |= std::uint64_t{1} << endpoint.value % kBits;
  }
  void erase(EndpointIndex endpoint) {
    if (!contains(endpoint)) return;
    --size_;
    words_[endpoint.value / kBits] &= ~(std::uint64_t{1} << endpoint.value % kBits);
  }
  template <typename Predicate>
  void erase_if(const Predicate& is_out) {
    for (const EndpointIndex endpoint : *this)
      if (is_out(endpoint)) erase(endpoint);
  }
  bool operator==(const EndpointSet& other) const {
    if (size_ != other.size_) return false;
    for (const EndpointIndex endpoint : *this)
      if (!other.contains(endpoint)) return false;
    return true;
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Stands on an endpoint; the one it stands on may be erased.
  class Iterator {
   public:
    Iterator(const std::vector<std::uint64_t>& words, std::size_t word) : words_(&words), word_(word) {
      if (word_ < words.size()) rest_ = words[word_];
      find();
    }
    EndpointIndex operator*() const {
      return {static_cast<std::uint32_t>(word_ * kBits + static_cast<std::size_t>(std::countr_zero(rest_)))};
    }
    Iterator& operator++() {
      rest_ &= rest_ - 1;
      find();
      return *this;
    }
    bool operator==(const Iterator& other) const { return word_ == other.word_ && rest_ == other.rest_; }

   private:
    void find() {
      while (rest_ == 0 && word_ < words_->size())
        if (++word_ < words_->size()) rest_ = (*words_)[word_];
    }
    const std::vector<std::uint64_t>* words_;
    std::size_t word_;
    std::uint64_t rest_ = 0;  // of the word: where it stands and behind it
  };
  Iterator begin() const { return {words_, 0}; }
  Iterator end() const { return {words_, words_.size()}; }

 private:
  static constexpr std::size_t kBits = 64;
  std::vector<std::uint64_t> words_;
  std::size_t size_ = 0;
};

}  // namespace faultline
