// One text file = one test. The list of files is made by CMake's configure step.
#include "tests/scenarios/scenario.h"

#include "tests/scenarios/expectation.h"
#include "tests/scenarios/player.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace faultline::scenarios {
namespace {

std::vector<std::string> scenario_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(FAULTLINE_SOURCE_DIR "/tests/scenarios"))
    if (entry.path().extension() == ".scenario") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

std::string story_of(const Player& player) {
  std::string text;
  for (const Told& told : player.story()) text += told.text(player.pipeline().topology()) + "\n";
  return text;
}

class ScenarioTest : public testing::TestWithParam<std::string> {};

TEST_P(ScenarioTest, EndsAsWritten) {
  const auto scenario = read_scenario(GetParam());
  ASSERT_TRUE(scenario) << scenario.error().message;
  Player player(*scenario);
  player.play();
  const auto problems = differences(*scenario, player);
  for (const std::string& problem : problems) ADD_FAILURE() << problem;
  if (!problems.empty()) std::cout << "What happened:\n" << story_of(player);

  Player again(*scenario);
  again.play();
  EXPECT_EQ(story_of(player), story_of(again)) << "the same inputs must give the same actions";
}

INSTANTIATE_TEST_SUITE_P(Files, ScenarioTest, testing::ValuesIn(scenario_files()), [](const auto& file) {
  std::string name = std::filesystem::path(file.param).stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace faultline::scenarios
