// One file per mistake under fixtures/, and beside it NAME.expected with the exact problems: error text is an
// interface. The files in yaml/ are whole configurations; those in nodes/, endpoints/ and maintenance/ take
// the place of that table in fixtures/good. To write the expected texts of new fixtures (and then read
// them!): FAULTLINE_WRITE_EXPECTED=1 daemon_config_test
#include "daemon/config/config.h"
#include "daemon/inventory/inventory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace faultline {
namespace {

namespace fs = std::filesystem;

const fs::path kFixtures = fs::path(FAULTLINE_SOURCE_DIR) / "tests/unit/daemon_config/fixtures";

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> mistakes() {
  std::vector<fs::path> found;
  for (const std::string folder : {"yaml", "nodes", "endpoints", "maintenance"})
    for (const auto& entry : fs::directory_iterator(kFixtures / folder))
      if (entry.path().extension() != ".expected") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// What the operator would read, with the fixtures' own folders left out of the paths.
std::string problems_of(const fs::path& fixture) {
  const std::string folder = fixture.parent_path().filename();
  const bool is_yaml = folder == "yaml";
  const fs::path good = kFixtures / "good";
  std::error_code ignored;  // a checkout has the permissions of whoever made it
  fs::permissions(kFixtures / "open.secret", fs::perms(0644), ignored);
  config::Problems problems;
  auto config = config::parse_config(content(is_yaml ? fixture : good / "faultline.yaml"), "faultline.yaml",
                                     good, problems);
  if (config) {
    config::TableSource& table = folder == "nodes"       ? config->inventory.nodes
                                 : folder == "endpoints" ? config->inventory.endpoints
                                                         : config->maintenance;
    if (!is_yaml) table.path = fixture;
    const inventory::Inventory inventory = inventory::load_inventory(*config, nullptr, problems);
    if (inventory.topology) inventory::load_maintenance(*config, *inventory.topology, problems);
  }
  std::string text = problems.text();
  replace_all(text, (good / "").string(), "");
  return text;
}

class Mistake : public testing::TestWithParam<fs::path> {};

TEST_P(Mistake, IsReportedInTheExactWords) {
  fs::path expected = GetParam();
  expected += ".expected";
  const std::string found = problems_of(GetParam());
  EXPECT_NE(found, "") << "the mistake went unnoticed";
  if (std::getenv("FAULTLINE_WRITE_EXPECTED") != nullptr && !fs::exists(expected))
    std::ofstream(expected) << found;
  EXPECT_EQ(found, content(expected));
}

std::string test_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.parent_path().filename().string() + "_" + info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Mistake, testing::ValuesIn(mistakes()), test_name);

TEST(Fixtures, TheGoodOnesHaveNoProblem) {
  config::Problems problems;
  const auto config = config::load_config(kFixtures / "good/faultline.yaml", problems);
  ASSERT_TRUE(config);
  const inventory::Inventory inventory = inventory::load_inventory(*config, nullptr, problems);
  ASSERT_TRUE(inventory.topology) << problems.text();
  const auto windows = inventory::load_maintenance(*config, *inventory.topology, problems);
  EXPECT_EQ(problems.text(), "");
  EXPECT_EQ(windows.size(), 1U);
  EXPECT_EQ(inventory.topology->endpoints().size(), 3U);
}

}  // namespace
}  // namespace faultline
