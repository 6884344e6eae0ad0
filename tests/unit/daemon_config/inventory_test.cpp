#include "daemon/inventory/inventory.h"

#include "daemon/inventory/difference.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace faultline::inventory {
namespace {

namespace fs = std::filesystem;

// A directory of its own that goes with the test.
class Inventories : public testing::Test {
 protected:
  Inventories() {
    std::string name = (fs::temp_directory_path() / "faultline-inventory-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~Inventories() override { fs::remove_all(directory_); }

  void write(const std::string& file, const std::string& text) { std::ofstream(directory_ / file) << text; }
  config::Config config(const std::string& more = "") {
    write("faultline.yaml", "inventory: {nodes: nodes.csv, endpoints: endpoints.csv}\n" + more);
    return *config::load_config(directory_ / "faultline.yaml", problems_);
  }
  Inventory load(const config::Config& config, const Topology* previous = nullptr) {
    return load_inventory(config, previous, problems_);
  }

  fs::path directory_;
  config::Problems problems_;
};

constexpr const char* kNodes = "name,kind,parents\ncore,core,\nring,aggregation,transport:core\n";
constexpr const char* kHeader = "name,technology,address,device,parents,latitude,longitude,customers\n";

TEST_F(Inventories, FillWhatARowLeavesOpen) {
  write("nodes.csv", kNodes);
  write("endpoints.csv",
        std::string(kHeader) + "cell,lte,10.0.0.1,,transport:ring,52.5,4.5,\npop,ip,host.example,,,,,7\n");
  const auto configuration = config();
  const Inventory inventory = load(configuration);
  ASSERT_TRUE(inventory.topology) << problems_.text();
  const EndpointIndex cell = *inventory.topology->find_endpoint("cell"),
                      pop = *inventory.topology->find_endpoint("pop");
  EXPECT_EQ(inventory.topology->endpoint(cell).customers, default_customers(Technology::lte));
  EXPECT_EQ(configuration.profiles[inventory.topology->endpoint(cell).profile].name, "cell");
  EXPECT_EQ(configuration.profiles[inventory.topology->endpoint(pop).profile].name, "ip");
  EXPECT_EQ(inventory.topology->endpoint(cell).place->latitude_deg, 52.5);
  EXPECT_FALSE(inventory.topology->endpoint(pop).place);
  EXPECT_EQ(inventory.access[pop.value].address, "host.example");
  EXPECT_EQ(inventory.topology->ancestors(cell).size(), 2U);
}

// What somebody else knows of an endpoint needs no way to it.
TEST_F(Inventories, AnEndpointThatIsMeasuredByItsNameNeedsNothingElse) {
  write("nodes.csv", kNodes);
  write("endpoints.csv", std::string(kHeader) + "onu-1,gpon,,,,,,\npop,ip,192.0.2.1,,,,,\n");
  const Inventory inventory =
      load(config("profiles: {optics: {technologies: [gpon], probes: [prometheus: {optical_rx_dbm: rx}]}, "
                  "ip: {technologies: [ip], probes: [icmp]}}\n"));
  ASSERT_TRUE(inventory.topology) << problems_.text();
  const EndpointAccess& onu = inventory.access[inventory.topology->find_endpoint("onu-1")->value];
  const EndpointAccess& pop = inventory.access[inventory.topology->find_endpoint("pop")->value];
  EXPECT_EQ(source_of(onu, ProbeSource::name), "onu-1");
  EXPECT_EQ(source_of(onu, ProbeSource::address), "");
  EXPECT_EQ(source_of(pop, ProbeSource::name), "") << "its profile has no such probe";
}

TEST_F(Inventories, KeepIndexesOverAReload) {
  write("nodes.csv", kNodes);
  write("endpoints.csv", std::string(kHeader) + "a,ip,10.0.0.1,,,,,\nb,ip,10.0.0.2,,,,,\n");
  const auto configuration = config();
  const Inventory before = load(configuration);
  ASSERT_TRUE(before.topology);
  write("endpoints.csv", std::string(kHeader) + "c,ip,10.0.0.3,,,,,\nb,ip,10.0.0.22,,,,,\n");
  const Inventory after = load(configuration, before.topology.get());
  ASSERT_TRUE(after.topology) << problems_.text();
  EXPECT_EQ(after.topology->find_endpoint("b"), before.topology->find_endpoint("b"));
  EXPECT_TRUE(after.topology->endpoint(*before.topology->find_endpoint("a")).retired);

  const InventoryDifference difference = compare(configuration, before, configuration, after);
  EXPECT_EQ(difference.added_endpoints, std::vector{*after.topology->find_endpoint("c")});
  EXPECT_EQ(difference.removed_endpoints, std::vector{*before.topology->find_endpoint("a")});
  EXPECT_EQ(difference.changed_endpoints, std::vector{*before.topology->find_endpoint("b")});
  EXPECT_EQ(difference.reprobed_endpoints, difference.changed_endpoints);
  EXPECT_EQ(difference.summary(), "endpoints: 1 added, 1 removed, 1 changed");

  // And back: a is the same a.
  write("endpoints.csv", std::string(kHeader) + "a,ip,10.0.0.1,,,,,\n");
  const Inventory again = load(configuration, after.topology.get());
  EXPECT_EQ(again.topology->find_endpoint("a"), before.topology->find_endpoint("a"));
  EXPECT_EQ(compare(configuration, after, configuration, again).added_endpoints,
            std::vector{*before.topology->find_endpoint("a")});
}

TEST_F(Inventories, ADifferenceTellsMovedCustomersFromNewProbes) {
  write("nodes.csv", kNodes);
  write("endpoints.csv", std::string(kHeader) + "a,ip,10.0.0.1,,,,,5\nb,lte,10.0.0.2,,transport:ring,,,\n");
  const std::string profiles =
      "profiles: {cell: {technologies: [lte], probes: [{icmp: {packets: %}}]}, rest: {technologies: [ip], "
      "probes: [icmp]}}\n";
  const auto with_packets = [&](const std::string& count) {
    std::string text = profiles;
    return text.replace(text.find('%'), 1, count);
  };
  const auto old_config = config(with_packets("5"));
  const Inventory before = load(old_config);
  write("endpoints.csv", std::string(kHeader) + "a,ip,10.0.0.1,,,,,6\nb,lte,10.0.0.2,,transport:ring,,,\n");
  write("nodes.csv", "name,kind,parents\ncore,core,\nring,shared_risk,transport:core\n");
  const auto new_config = config(with_packets("6"));
  const Inventory after = load(new_config, before.topology.get());
  ASSERT_TRUE(after.topology) << problems_.text();
  const InventoryDifference difference = compare(old_config, before, new_config, after);
  EXPECT_EQ(difference.changed_endpoints.size(), 2U);
  EXPECT_EQ(difference.reprobed_endpoints, std::vector{*after.topology->find_endpoint("b")});
  EXPECT_EQ(difference.changed_nodes, std::vector{*after.topology->find_node("ring")});
  EXPECT_EQ(difference.changed_profiles, std::vector<std::string>{"cell"});
  EXPECT_TRUE(compare(new_config, after, new_config, after).is_empty());
  EXPECT_EQ(compare(new_config, after, new_config, after).summary(), "nothing");
}

TEST_F(Inventories, AGraphDeeperThanANetworkIsRefusedOnceNotPerNode) {
  std::string nodes = "name,kind,parents\nn0,core,\n";
  for (int i = 1; i < 5000; ++i) nodes += fmt::format("n{},site,transport:n{}\n", i, i - 1);
  write("nodes.csv", nodes);
  write("endpoints.csv", std::string(kHeader) + "a,ip,10.0.0.1,,transport:n4999,,,\n");
  EXPECT_FALSE(load(config()).topology);
  EXPECT_EQ(problems_.count(), 1U);
  EXPECT_NE(problems_.text().find("parents: \"n32\" has 32 nodes above it in a row; at most 31 are allowed"),
            std::string::npos)
      << problems_.text();
}

TEST_F(Inventories, ALoopOfAHundredThousandIsOneShortProblem) {
  std::string nodes = "name,kind,parents\n";
  for (int i = 0; i < 100'000; ++i) nodes += fmt::format("n{},site,transport:n{}\n", i, (i + 1) % 100'000);
  write("nodes.csv", nodes);
  write("endpoints.csv", std::string(kHeader) + "a,ip,10.0.0.1,,,,,\n");
  EXPECT_FALSE(load(config()).topology);
  EXPECT_LE(problems_.count(), 2U) << "the loop, and that it is deep";
  EXPECT_NE(problems_.text().find("n0 → n1 → n2"), std::string::npos);
  EXPECT_LE(problems_.text().size(), 600U);
}

TEST_F(Inventories, AHundredThousandEndpointsAreRead) {
  write("nodes.csv", kNodes);
  std::string rows = kHeader;
  for (int i = 0; i < 100'000; ++i)
    rows +=
        fmt::format("e{},ip,10.{}.{}.{},,transport:ring,52.1,4.2,3\n", i, i >> 16, (i >> 8) & 255, i & 255);
  write("endpoints.csv", rows);
  const Inventory inventory = load(config());
  ASSERT_TRUE(inventory.topology) << problems_.text();
  EXPECT_EQ(inventory.topology->endpoints().size(), 100'000U);
  EXPECT_EQ(inventory.topology->customers_below(*inventory.topology->find_node("core")), 300'000U);
}

// Quotes a cell now and then, as a spreadsheet would.
std::string cell(const std::string& text, std::mt19937& random) {
  const bool must = text.find_first_of(",\"\n") != std::string::npos;
  if (!must && random() % 4 != 0) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

TEST_F(Inventories, ARandomOneComesBackAsItWasWritten) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    const unsigned node_count = 1 + below(40), endpoint_count = 1 + below(60);
    const auto parents = [&](unsigned limit) {
      std::string text;
      for (unsigned k = 0, parent = 0; k < 3 && limit > 0; ++k, parent += 1 + below(5))
        if (parent < limit && (parent < 31 || k == 0))
          text += fmt::format("{}{}:n{}", text.empty() ? "" : " ", kEdgeKindNames[below(3)], parent);
      return text;
    };
    std::string nodes = "kind,name,parents\n",
                endpoints = "region,name,customers,technology,address,latitude,longitude,parents\n";
    std::vector<std::string> node_parents, endpoint_parents, regions;
    for (unsigned i = 0; i < node_count; ++i) {
      node_parents.push_back(parents(std::min(i, 20U)));
      nodes += fmt::format("{},n{},{}\n", kNodeKindNames[below(11)], i, cell(node_parents[i], random));
    }
    for (unsigned i = 0; i < endpoint_count; ++i) {
      endpoint_parents.push_back(parents(std::min(node_count, 20U)));
      regions.push_back(std::array{"north", "a, b", "say \"x\"", "Zürich", ""}[below(5)]);
      endpoints += fmt::format("{},{},{},{},2001:db8::{:x},{:.4f},{:.4f},{}\n", cell(regions[i], random),
                               cell(fmt::format("é{}", i), random), 1 + i, kTechnologyNames[i % 12], i + 1,
                               i * 0.5 - 15.25, i * 1.0 + 0.25, cell(endpoint_parents[i], random));
    }
    write("nodes.csv", nodes);
    write("endpoints.csv", endpoints);
    const Inventory inventory = load(config());
    ASSERT_TRUE(inventory.topology) << "seed " << seed << "\n" << problems_.text();
    const Topology& topology = *inventory.topology;
    ASSERT_EQ(topology.nodes().size(), node_count);
    ASSERT_EQ(topology.endpoints().size(), endpoint_count);
    const auto in_words = [&](std::span<const ParentEdge> edges) {
      std::string text;
      for (const ParentEdge& edge : edges)
        text +=
            fmt::format("{}{}:{}", text.empty() ? "" : " ", name(edge.kind), topology.node(edge.parent).name);
      return text;
    };
    for (unsigned i = 0; i < node_count; ++i)
      EXPECT_EQ(in_words(topology.node(*topology.find_node(fmt::format("n{}", i))).parents), node_parents[i]);
    for (unsigned i = 0; i < endpoint_count; ++i) {
      const EndpointIndex index = *topology.find_endpoint(fmt::format("é{}", i));
      const Endpoint& endpoint = topology.endpoint(index);
      EXPECT_EQ(endpoint.region, regions[i]);
      EXPECT_EQ(endpoint.customers, i + 1);
      EXPECT_EQ(endpoint.technology, static_cast<Technology>(i % 12));
      EXPECT_EQ(inventory.access[index.value].address, fmt::format("2001:db8::{:x}", i + 1));
      EXPECT_NEAR(endpoint.place->latitude_deg, i * 0.5 - 15.25, 1e-4);
      EXPECT_EQ(in_words(endpoint.parents), endpoint_parents[i]);
    }
  }
}

}  // namespace
}  // namespace faultline::inventory
