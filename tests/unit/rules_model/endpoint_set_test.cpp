#include "rules/model/endpoint_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace faultline {
namespace {

std::vector<std::uint32_t> listed(const EndpointSet& set) {
  std::vector<std::uint32_t> all;
  for (const EndpointIndex endpoint : set) all.push_back(endpoint.value);
  return all;
}

TEST(EndpointSet, IsWhatASortedSetIs) {
  std::mt19937 random(7);
  EndpointSet set;
  std::set<std::uint32_t> same;
  EXPECT_TRUE(listed(set).empty());
  for (int i = 0; i < 3000; ++i) {
    const auto value = static_cast<std::uint32_t>(random() % 700);
    if (random() % 3 == 0) {
      set.erase({value});
      same.erase(value);
    } else {
      set.insert({value});
      same.insert(value);
    }
    ASSERT_EQ(set.size(), same.size());
    ASSERT_EQ(set.contains({value}), same.contains(value));
  }
  EXPECT_EQ(listed(set), std::vector<std::uint32_t>(same.begin(), same.end()));
  set.erase_if([](EndpointIndex endpoint) { return endpoint.value % 2 == 0; });
  std::erase_if(same, [](std::uint32_t value) { return value % 2 == 0; });
  EXPECT_EQ(listed(set), std::vector<std::uint32_t>(same.begin(), same.end()));
}

TEST(EndpointSet, HasTheEdgesOfItsWords) {
  EndpointSet set;
  for (const std::uint32_t value : {64U, 0U, 127U, 63U, 128U, 100'000U}) set.insert({value});
  EXPECT_EQ(listed(set), (std::vector<std::uint32_t>{0, 63, 64, 127, 128, 100'000}));
  set.erase({100'000});
  set.erase({100'000'000});  // it never had that many
  EXPECT_EQ(listed(set).back(), 128U);
  EXPECT_FALSE(set.contains({100'000'000}));
}

}  // namespace
}  // namespace faultline
