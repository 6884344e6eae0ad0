#include "daemon/config/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace faultline::config {
namespace {

struct Checked {
  Assessment assessment;
  std::string text;
};

Checked check(const std::string& yaml) {
  Checked checked;
  Problems problems;
  const auto config = parse_config(yaml, "faultline.yaml", "", problems);
  if (config && problems.empty()) {
    const auto inventory = inventory::load_inventory(*config, nullptr, problems);
    if (inventory.topology) checked.assessment = assess(*config, inventory);
  }
  checked.text = check_text("faultline.yaml", checked.assessment, 0, problems);
  return checked;
}

constexpr const char* kTwo = R"(
profiles:
  cell: {technologies: [lte], probes: [{icmp: {interval: 10s, packets: 5, size: 56}}]}
  core: {technologies: [ip], probes: [{icmp: {interval: 20s, packets: 10, size: 56}}, {stamp: {interval: 10s, packets: 5}}]}
probe_host: {references: [10.255.0.1]}
inventory:
  nodes: [{name: core, kind: core}]
  endpoints:
    - {name: a, technology: lte, address: 10.0.0.1, parents: transport:core, latitude: 52, longitude: 4, customers: 30}
    - {name: b, technology: ip, address: "2001:db8::1", parents: transport:core, customers: 10}
)";

TEST(Check, CountsRoundsPacketsAndBits) {
  const Assessment result = check(kTwo).assessment;
  EXPECT_EQ(result.endpoints, 2U);
  EXPECT_EQ(result.by_technology[static_cast<std::size_t>(Technology::lte)], 1U);
  ASSERT_EQ(result.probes.size(), 2U);
  EXPECT_EQ(result.probes[0].kind, "icmp");
  EXPECT_DOUBLE_EQ(result.probes[0].rounds_per_second, 0.1 + 0.05);
  EXPECT_DOUBLE_EQ(result.probes[0].packets_per_second, 0.5 + 0.5);
  // IPv4 20 + ICMP 8 + 56 bytes; IPv6 40 + 8 + 56.
  EXPECT_DOUBLE_EQ(result.probes[0].bits_per_second, 0.5 * 8 * 84 + 0.5 * 8 * 104);
  EXPECT_DOUBLE_EQ(result.probes[1].bits_per_second, 0.5 * 8 * (40 + 8 + 44));
}

TEST(Check, EstimatesMemoryByTheBudgets) {
  const Memory memory = check(kTwo).assessment.memory;
  EXPECT_EQ(memory.engine, 3U * 300);
  // Per endpoint 128; loss is counted (128), RTT and IPDV are continuous (256 each).
  EXPECT_EQ(memory.rules, 2U * 128 + 3U * (128 + 2 * 256));
}

TEST(Check, SaysItInOnePage) {
  EXPECT_EQ(check(kTwo).text, R"(faultline.yaml: good

2 endpoints, 1 node, 40 customers, 0 maintenance windows
  ip                      1
  lte                     1

probes          endpoints    rounds/s   packets/s   each way
  icmp                  2         0.2         1.0   0.8 kbit/s
  stamp                 1         0.1         0.5   0.4 kbit/s
  together                        0.2         1.5   1.1 kbit/s

memory, estimated: 40.0 MB (engine 0.0 MB, rules 0.0 MB, inventory 0.0 MB, base 40.0 MB)
complaints can be attached by place for 75 % of the customers

warning: 1 of 2 endpoints have no place; complaints reach them by line or cell only: b
)");
}

TEST(Check, WithProblemsThereIsNothingElse) {
  EXPECT_EQ(check("inventory: {endpoints: [{name: a, technology: lte}]}\n").text,
            "faultline.yaml:1:25: address: is empty, and so are device and agent; give one of them\n"
            "faultline.yaml: 1 problem; nothing was started or changed\n");
}

bool warns(const std::string& yaml, const std::string& words) {
  const auto warnings = check(yaml).assessment.warnings;
  return std::any_of(warnings.begin(), warnings.end(),
                     [&](const std::string& warning) { return warning.find(words) != std::string::npos; });
}

TEST(Check, WarnsOfWhatIsDoubtful) {
  const std::string endpoints =
      "inventory:\n  nodes: [{name: unused, kind: core}]\n  endpoints:\n"
      "    - {name: a, technology: ip, address: 10.0.0.1}\n    - {name: b, technology: ip, address: "
      "10.0.0.1}\n";
  const std::string fast =
      "profiles: {p: {technologies: [ip], probes: [{icmp: {interval: 4s, packets: 5}}]}}\n";
  EXPECT_TRUE(warns(endpoints, "1 nodes have no endpoint below them: unused"));
  EXPECT_TRUE(warns(endpoints, "2 of 2 endpoints have no parents"));
  EXPECT_TRUE(warns(endpoints, "1 addresses are those of more than one endpoint each"));
  EXPECT_TRUE(warns(endpoints, "probe_host.references is empty"));
  EXPECT_FALSE(warns(endpoints, "interval"));
  EXPECT_TRUE(warns(fast + endpoints, "profiles.p.probes.icmp: the interval of 4 s is shorter than a burst"));
  for (const char* words : {"nodes have", "no parents", "addresses are", "references", "interval"})
    EXPECT_FALSE(warns(kTwo, words)) << words;
}

}  // namespace
}  // namespace faultline::config
