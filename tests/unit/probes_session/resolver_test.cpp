// The resolver against a name server in the test.
#include "probes/async/resolver.h"

#include "tests/unit/probes_session/dns_server.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace faultline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

using Change = std::pair<std::string, std::optional<std::string>>;

struct ResolverTest : testing::Test {
  void start() {
    options.servers = server.address();
    auto started =
        Resolver::start(options, [this](const std::string& name, std::optional<std::string> address) {
          const std::lock_guard lock(mutex);
          changes.emplace_back(name, std::move(address));
          changed.notify_all();
        });
    ASSERT_TRUE(started) << started.error().message;
    resolver = std::move(*started);
  }
  // Waits until so many changes were told, and gives all that were.
  std::vector<Change> wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, 20s, [&] { return changes.size() >= count; })) << "it was never told";
    return changes;
  }
  // Waits until the server has been asked for the name so often. The resolver has acted on all but the last.
  void wait_until_asked(const std::string& name, std::size_t times) {
    EXPECT_TRUE(server.wait_until_asked(name, times)) << name << " was never asked for";
  }

  DnsServer server;
  ResolverOptions options{"", 5ms, 1h, 5ms, 100ms};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Change> changes;
  std::unique_ptr<Resolver> resolver;  // last: it ends before what its calls use
};

TEST_F(ResolverTest, TellsAChangeOnceHoweverOftenItAsks) {
  server.set("a.test", {"192.0.2.1"});
  start();
  resolver->set_names({"a.test"});
  wait_until_asked("a.test", 4);
  EXPECT_THAT(wait_for(1), ElementsAre(Pair("a.test", "192.0.2.1")));
  server.set("a.test", {"192.0.2.2"});
  EXPECT_THAT(wait_for(2), ElementsAre(Pair("a.test", "192.0.2.1"), Pair("a.test", "192.0.2.2")));
}

TEST_F(ResolverTest, AsksAgainWhenTheTimeToLiveIsOver) {
  server.set("a.test", {"192.0.2.1"}, 1);
  start();
  resolver->set_names({"a.test"});
  wait_until_asked("a.test", 2);
  const auto asked = server.asked("a.test");
  EXPECT_GE(asked[1] - asked[0], 1s);
}

TEST_F(ResolverTest, BelievesNoTimeToLiveBelowItsShortest) {
  options.shortest = 200ms;
  server.set("a.test", {"192.0.2.1"}, 0);
  start();
  resolver->set_names({"a.test"});
  wait_until_asked("a.test", 2);
  const auto asked = server.asked("a.test");
  EXPECT_GE(asked[1] - asked[0], 200ms);
}

TEST_F(ResolverTest, KeepsItsAddressWhileItIsAmongTheAnswersInWhateverOrder) {
  server.set("a.test", {"2001:db8::1", "192.0.2.1", "192.0.2.2"});
  start();
  resolver->set_names({"a.test"});
  EXPECT_THAT(wait_for(1), ElementsAre(Pair("a.test", "192.0.2.1")));
  server.set("a.test", {"192.0.2.2", "192.0.2.1", "2001:db8::1"});
  const auto so_far = server.asked("a.test").size();
  wait_until_asked("a.test", so_far + 3);
  EXPECT_EQ(wait_for(1).size(), 1U);
  server.set("a.test", {"2001:db8::1", "192.0.2.2"});
  EXPECT_THAT(wait_for(2).back(), Pair("a.test", "192.0.2.2"));
}

TEST_F(ResolverTest, TakesAnIpv6AddressWhereThereIsNoOther) {
  server.set("six.test", {"2001:db8::1"});
  start();
  resolver->set_names({"six.test"});
  EXPECT_THAT(wait_for(1), ElementsAre(Pair("six.test", "2001:db8::1")));
}

TEST_F(ResolverTest, TellsAFirstFailureOnceAndTheRecoveryAndKeepsTheAddressThroughTheNext) {
  start();
  resolver->set_names({"a.test"});
  wait_until_asked("a.test", 4);
  EXPECT_THAT(wait_for(1), ElementsAre(Pair("a.test", std::nullopt)));
  server.set("a.test", {"192.0.2.1"});
  EXPECT_THAT(wait_for(2).back(), Pair("a.test", "192.0.2.1"));
  server.set("a.test", {});
  wait_until_asked("a.test", server.asked("a.test").size() + 3);
  EXPECT_EQ(wait_for(2).size(), 2U) << "the last address is kept";
  server.set("a.test", {"192.0.2.9"});
  EXPECT_THAT(wait_for(3).back(), Pair("a.test", "192.0.2.9"));
}

TEST_F(ResolverTest, PausesGrowWhileANameFails) {
  options.first_retry = 20ms;
  start();
  resolver->set_names({"a.test"});
  wait_until_asked("a.test", 4);
  const auto asked = server.asked("a.test");
  for (std::size_t i = 1; i < 4; ++i) EXPECT_GE(asked[i] - asked[i - 1], 20ms * (1 << (i - 1))) << i;
}

TEST_F(ResolverTest, ASilentNameHoldsUpNoOther) {
  options.answer_within = 5s;
  server.silence("a-silent");
  server.set("z.test", {"192.0.2.1"}, 3600);
  start();
  const auto began = std::chrono::steady_clock::now();
  resolver->set_names({"a-silent.test", "z.test"});
  EXPECT_THAT(wait_for(1), ElementsAre(Pair("z.test", "192.0.2.1")));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(ResolverTest, ACrowdOfSilentNamesStarvesNoOther) {
  options.answer_within = 20ms;
  server.silence("a-silent");
  server.set("z.test", {"192.0.2.1"}, 3600);
  std::vector<std::string> names{"z.test"};
  for (int i = 0; i < 300; ++i) names.push_back("a-silent-" + std::to_string(i) + ".test");
  start();
  resolver->set_names(names);
  const auto all = wait_for(301);
  EXPECT_THAT(all, testing::Contains(Pair("z.test", "192.0.2.1")));
}

TEST_F(ResolverTest, ForgetsANameThatIsNoLongerWanted) {
  server.set("a.test", {"192.0.2.1"});
  server.set("b.test", {"192.0.2.2"});
  start();
  resolver->set_names({"a.test"});
  wait_for(1);
  resolver->set_names({"b.test"});
  wait_for(2);
  const auto of_a = server.asked("a.test").size();
  wait_until_asked("b.test", 5);
  EXPECT_EQ(server.asked("a.test").size(), of_a);
  resolver->set_names({"a.test", "b.test"});
  EXPECT_THAT(wait_for(3).back(), Pair("a.test", "192.0.2.1")) << "new again, so told again";
}

TEST_F(ResolverTest, EndsAtOnceWithQuestionsUnderWay) {
  options.answer_within = 1h;
  server.silence("a-silent");
  start();
  resolver->set_names({"a-silent.test"});
  wait_until_asked("a-silent.test", 1);
  resolver.reset();
  EXPECT_TRUE(changes.empty()) << "that it ends says nothing of the name";
}

TEST(Resolver, RefusesServersThatAreNoAddresses) {
  ResolverOptions options;
  options.servers = "no server";
  const auto started = Resolver::start(options, [](const std::string&, std::optional<std::string>) {});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("name servers \"no server\""));
}

TEST(LiteralAddress, IsOneThatNeedsNoResolving) {
  for (const char* literal : {"192.0.2.1", "::1", "2001:db8::1"})
    EXPECT_TRUE(is_literal_address(literal)) << literal;
  for (const char* name : {"", "a.test", "192.0.2", "192.0.2.256", "[::1]", "192.0.2.1 "})
    EXPECT_FALSE(is_literal_address(name)) << name;
}

}  // namespace
}  // namespace faultline
