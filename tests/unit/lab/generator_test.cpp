#include "tests/lab/generator.h"

#include "tests/lab/files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

namespace faultline::lab {
namespace {

LabInventory made(InventoryRows rows) {
  auto inventory = make_lab_inventory(std::move(rows));
  EXPECT_TRUE(inventory) << inventory.error().message;
  return *std::move(inventory);
}

TEST(Generator, TheDemonstrationIsTheCityItSays) {
  const LabInventory city = made(generate_demo(1));
  std::map<NodeKind, int> nodes;
  std::map<Technology, int> endpoints;
  for (const Node& node : city.topology->nodes()) ++nodes[node.kind];
  for (const Endpoint& endpoint : city.topology->endpoints()) ++endpoints[endpoint.technology];
  EXPECT_EQ(nodes[NodeKind::core], 1);
  EXPECT_EQ(nodes[NodeKind::aggregation], 5);
  EXPECT_EQ(nodes[NodeKind::site], 40);
  EXPECT_EQ(nodes[NodeKind::olt], 12);
  EXPECT_EQ(nodes[NodeKind::splitter], 60);
  EXPECT_EQ(nodes[NodeKind::power], 6);
  EXPECT_EQ(endpoints[Technology::lte] + endpoints[Technology::nr], 120);
  EXPECT_EQ(endpoints[Technology::gpon], 180);
  EXPECT_EQ(endpoints[Technology::docsis], 12);
  EXPECT_EQ(std::count_if(city.devices.begin(), city.devices.end(), [](const auto& d) { return !d.empty(); }),
            6);
  ASSERT_EQ(city.olts.size(), 12U);
  for (const LabOlt& olt : city.olts) EXPECT_EQ(olt.lines.size(), 15U);
  const EndpointIndex line = *city.topology->find_endpoint("birch-lane-3");
  const OnuRow row = city.onu_of[line.value].value();
  EXPECT_EQ(to_string(city.hosts[city.olts[row.olt].host].address), "10.254.0.1");
  EXPECT_EQ(row.port, 0xFA000100U);
  EXPECT_EQ(row.onu, 2U);
}

TEST(Generator, EveryEndpointHasAPlaceCustomersAndAWayToTheCore) {
  const LabInventory city = made(generate(3, 2000));
  const NodeIndex core = *city.topology->find_node("core");
  EXPECT_EQ(city.topology->endpoints_below(core).size(), 2000U);
  for (const Endpoint& endpoint : city.topology->endpoints()) {
    ASSERT_TRUE(endpoint.place);
    EXPECT_GE(endpoint.customers, 16U);
    EXPECT_GT(endpoint.coverage_m, 0);
  }
}

TEST(Generator, PowerZonesCutAcrossRings) {
  const LabInventory city = made(generate_demo(1));
  int crossing = 0;
  for (int z = 1; z <= 6; ++z) {
    std::map<std::string, int> rings;
    for (const EndpointIndex e :
         city.topology->endpoints_below(*city.topology->find_node("zone-" + std::to_string(z))))
      for (const NodeIndex above : city.topology->ancestors(e))
        if (city.topology->node(above).kind == NodeKind::aggregation)
          ++rings[city.topology->node(above).name];
    crossing += rings.size() > 1;
  }
  EXPECT_GE(crossing, 4);
}

TEST(Generator, GivesTheSameForTheSameSeedAndAnotherForAnother) {
  const auto text = [](std::uint64_t seed) {
    const auto directory =
        std::filesystem::temp_directory_path() / ("lab-generator-" + std::to_string(getpid()));
    EXPECT_TRUE(write_inventory(generate(seed, 500), directory));
    const std::string all = *read_file(directory / "endpoints.csv") + *read_file(directory / "nodes.csv");
    std::filesystem::remove_all(directory);
    return all;
  };
  const std::string first = text(1);
  EXPECT_EQ(first, text(1));
  EXPECT_NE(first, text(2));
}

TEST(Generator, MakesAnySize) {
  for (const std::uint32_t size : {1U, 2U, 311U, 313U, 40'000U})
    EXPECT_EQ(made(generate(1, size)).topology->endpoints().size(), size);
}

TEST(Inventory, SurvivesBeingWrittenAndRead) {
  const auto directory =
      std::filesystem::temp_directory_path() / ("lab-inventory-" + std::to_string(getpid()));
  const InventoryRows rows = generate_demo(1);
  ASSERT_TRUE(write_inventory(rows, directory));
  const auto read = read_inventory(directory);
  std::filesystem::remove_all(directory);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->addresses, rows.addresses);
  EXPECT_EQ(read->devices, rows.devices);
  EXPECT_EQ(read->agents, rows.agents);
  ASSERT_EQ(read->endpoints.size(), rows.endpoints.size());
  for (std::size_t i = 0; i < rows.endpoints.size(); ++i) {
    EXPECT_EQ(read->endpoints[i].endpoint.name, rows.endpoints[i].endpoint.name);
    EXPECT_EQ(read->endpoints[i].endpoint.customers, rows.endpoints[i].endpoint.customers);
    EXPECT_NEAR(read->endpoints[i].endpoint.place->latitude_deg,
                rows.endpoints[i].endpoint.place->latitude_deg, 1e-6);
  }
}

TEST(Inventory, RefusesAnAddressThatIsUsedTwice) {
  InventoryRows rows = generate_demo(1);
  rows.addresses[5] = rows.addresses[2];
  EXPECT_EQ(make_lab_inventory(rows).error().message,
            rows.endpoints[5].endpoint.name + ": the address " + rows.addresses[2] +
                " is used twice (expected one endpoint or reference per address)");
  rows.addresses[5] = "10.255.255.1";
  EXPECT_EQ(make_lab_inventory(rows).error().message,
            rows.endpoints[5].endpoint.name + ": the address 10.255.255.1 is the prober's own in the lab");
}

}  // namespace
}  // namespace faultline::lab
