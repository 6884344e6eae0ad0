// A value for some of the map's sites (Grid::sites): those of one circle of the many that a scan only looks
// at, so that a look costs what the circle has. Emptied and filled again without memory taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace faultline::correlate {

template <typename Value>
class OfSites {
 public:
  explicit OfSites(std::size_t all) : values_(all), has_(all) {}
  Value& operator[](std::uint32_t site) {
    if (!has_[site]) sites_.push_back(site);
    has_[site] = true;
    return values_[site];
  }
  std::span<const std::uint32_t> sites() const { return sites_; }  // in no order
  std::map<std::uint32_t, Value> sorted() const {
    std::map<std::uint32_t, Value> values;
    for (const std::uint32_t site : sites_) values.emplace(site, values_[site]);
    return values;
  }
  void clear() {
    for (const std::uint32_t site : sites_) values_[site] = {}, has_[site] = false;
    sites_.clear();
  }

 private:
  std::vector<Value> values_;
  std::vector<bool> has_;
  std::vector<std::uint32_t> sites_;
};

}  // namespace faultline::correlate
