// On threads of the test's own: capabilities belong to threads, and the rest of the program keeps its own.
#include "daemon/app/privileges.h"

#include <gtest/gtest.h>
#include <linux/capability.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <thread>

namespace faultline::app {
namespace {

constexpr std::uint64_t kBoth = (1ULL << CAP_NET_RAW) | (1ULL << CAP_NET_ADMIN);

// "CapEff" and so on, of the calling thread.
std::map<std::string, std::uint64_t> capability_sets() {
  std::map<std::string, std::uint64_t> sets;
  std::ifstream status("/proc/thread-self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Cap")) sets[line.substr(0, 6)] = std::stoull(line.substr(7), nullptr, 16);
  return sets;
}

TEST(Privileges, NoSetOfTheThreadHasThemAfterwardsAndNoThreadItStarts) {
  std::thread([] {
    const auto before = capability_sets();
    const auto dropped = drop_network_capabilities();
    ASSERT_TRUE(dropped) << dropped.error().message;
    const auto had = [&](const char* name) {
      return std::find(dropped->begin(), dropped->end(), name) != dropped->end();
    };
    EXPECT_EQ(had("cap_net_raw"), (before.at("CapPrm") >> CAP_NET_RAW & 1) != 0);
    EXPECT_EQ(had("cap_net_admin"), (before.at("CapPrm") >> CAP_NET_ADMIN & 1) != 0);
    const bool may_narrow = (before.at("CapEff") >> CAP_SETPCAP & 1) != 0;
    const auto check = [&] {
      for (const auto& [set, bits] : capability_sets()) {
        if (set == "CapBnd" && !may_narrow) continue;
        EXPECT_EQ(bits & kBoth, 0U) << set;
        EXPECT_EQ(bits, before.at(set) & ~kBoth) << set << ": no other may go";
      }
    };
    check();
    std::thread(check).join();
  }).join();
}

TEST(Privileges, NothingToGiveUpIsNoError) {
  std::thread([] {
    ASSERT_TRUE(drop_network_capabilities());
    const auto again = drop_network_capabilities();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->empty());
  }).join();
}

TEST(Privileges, OtherThreadsKeepWhatTheyHad) {
  const auto before = capability_sets();
  std::thread([] { ASSERT_TRUE(drop_network_capabilities()); }).join();
  EXPECT_EQ(capability_sets(), before);
}

}  // namespace
}  // namespace faultline::app
