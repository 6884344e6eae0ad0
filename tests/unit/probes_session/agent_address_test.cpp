#include "probes/session/agent_address.h"

#include <gtest/gtest.h>

namespace faultline::session {
namespace {

TEST(AgentAddress, IsHostPortAndIndexEachOfThemOptional) {
  const struct {
    const char* text;
    AgentAddress expected;
  } cases[] = {
      {"", {"", 161, {}}},
      {"10.0.0.1", {"10.0.0.1", 161, {}}},
      {"olt-3:1161", {"olt-3", 1161, {}}},
      {"olt-3/268501248.1", {"olt-3", 161, {268501248, 1}}},
      {"olt-3:1161/7", {"olt-3", 1161, {7}}},
      {"2001:db8::1", {"2001:db8::1", 161, {}}},
      {"[2001:db8::1]", {"2001:db8::1", 161, {}}},
      {"[2001:db8::1]:1161/7", {"2001:db8::1", 1161, {7}}},
      {"2001:db8::1/7", {"2001:db8::1", 161, {7}}},
      {":1161", {"", 1161, {}}},
      {"/7.4294967295", {"", 161, {7, 4294967295}}},
  };
  for (const auto& c : cases) {
    const auto agent = parse_agent(c.text);
    ASSERT_TRUE(agent) << c.text << ": " << agent.error().message;
    EXPECT_EQ(*agent, c.expected) << c.text;
  }
}

TEST(AgentAddress, SaysWhatIsWrong) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"olt:0", "the port \"0\" is no number from 1 to 65535"},
      {"olt:65536", "the port \"65536\" is no number from 1 to 65535"},
      {"olt:", "the port \"\" is no number from 1 to 65535"},
      {"olt/", "the index \"\" is no row of a table (try olt-1/268501248.1, numbers with dots between)"},
      {"olt/.1", "the index \".1\" is no row of a table (try olt-1/268501248.1, numbers with dots between)"},
      {"olt/1/2",
       "the index \"1/2\" is no row of a table (try olt-1/268501248.1, numbers with dots between)"},
      {"olt/4294967296",
       "the index \"4294967296\" is no row of a table (try olt-1/268501248.1, numbers with dots between)"},
      {"[::1", "has a [ without its ]"},
      {"[]:1", "has nothing between [ and ]"},
      {"[::1]1", "has more after the ] than :port"},
  };
  for (const auto& c : cases) {
    const auto agent = parse_agent(c.text);
    ASSERT_FALSE(agent) << c.text;
    EXPECT_EQ(agent.error().message, c.message) << c.text;
  }
  EXPECT_FALSE(parse_agent(std::string(kMaxAgentBytes + 1, 'a')));
}

}  // namespace
}  // namespace faultline::session
