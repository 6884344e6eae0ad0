#include "daemon/alarms/traps.h"

#include "tests/unit/daemon_store/support.h"

#include <gtest/gtest.h>

namespace faultline::alarms {
namespace {

using session::parse_oid;
using session::SnmpTrap;
using store::kNoon;

SnmpTrap trap(const std::string& oid,
              const std::vector<std::pair<std::string, std::string>>& variables = {}) {
  SnmpTrap made;
  made.agent = "10.0.0.1";
  made.oid = *parse_oid(oid);
  for (const auto& [name, text] : variables) made.variables.emplace_back(*parse_oid(name), text);
  return made;
}
SnmpTrap link(bool up, const std::string& index) {
  return trap(up ? "1.3.6.1.6.3.1.1.5.4" : "1.3.6.1.6.3.1.1.5.3",
              {{"1.3.6.1.2.1.2.2.1.1." + index, index}, {"1.3.6.1.2.1.2.2.1.2." + index, "eth" + index}});
}

TEST(Traps, LinkDownAndUpAreOneAlarmOfAnInterface) {
  const auto down = read_trap(link(false, "7"), {}, kNoon), up = read_trap(link(true, "7"), {}, kNoon);
  const auto other = read_trap(link(true, "8"), {}, kNoon);
  ASSERT_TRUE(down && up && other);
  EXPECT_FALSE(down->cleared);
  EXPECT_TRUE(up->cleared);
  EXPECT_EQ(up->id, down->id);
  EXPECT_NE(other->id, down->id);
  const Fields fields = flat(down->document);
  EXPECT_EQ(fields.at("agent"), "10.0.0.1");
  EXPECT_EQ(fields.at("ifDescr"), "eth7");
  EXPECT_EQ(fields.at("1.3.6.1.2.1.2.2.1.2.7"), "eth7");
  EXPECT_EQ(fields.at("1.3.6.1.2.1.2.2.1.2"), "eth7");
  EXPECT_EQ(fields.at("probableCause"), "linkDown");
}

TEST(Traps, OfAUpsOnlyWhatSpeaksOfTheMains) {
  const std::string descr = "1.3.6.1.2.1.33.1.6.2.1.2.1";
  EXPECT_FALSE(read_trap(trap("1.3.6.1.2.1.33.2.3", {{descr, "1.3.6.1.2.1.33.1.6.3.8"}}), {}, kNoon));
  const auto on = read_trap(trap("1.3.6.1.2.1.33.2.3", {{descr, "1.3.6.1.2.1.33.1.6.3.2"}}), {}, kNoon);
  const auto off = read_trap(trap("1.3.6.1.2.1.33.2.4", {{descr, "1.3.6.1.2.1.33.1.6.3.2"}}), {}, kNoon);
  ASSERT_TRUE(on && off);
  EXPECT_EQ(off->id, on->id);
  EXPECT_TRUE(off->cleared);
  EXPECT_TRUE(read_trap(trap("1.3.6.1.4.1.318.0.5"), {}, kNoon));
}

TEST(Traps, ThePairsOfTheOperatorComeFirst) {
  const std::vector<TrapPair> pairs = {
      {"1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4", "lossOfSignal", "", ""},
      {"1.3.6.1.4.1.9999.1", "1.3.6.1.4.1.9999.2", "", "{1.3.6.1.4.1.9999.7}", ""}};
  EXPECT_EQ(flat(read_trap(link(false, "7"), pairs, kNoon)->document).at("probableCause"), "lossOfSignal");
  const auto own = read_trap(trap("1.3.6.1.4.1.9999.2", {{"1.3.6.1.4.1.9999.7.0", "onu-3"}}), pairs, kNoon);
  ASSERT_TRUE(own);
  EXPECT_EQ(own->id, "10.0.0.1 1.3.6.1.4.1.9999.1 onu-3");
  EXPECT_FALSE(read_trap(trap("1.3.6.1.4.1.9999.3"), pairs, kNoon)) << "no state without an end";
}

}  // namespace
}  // namespace faultline::alarms
