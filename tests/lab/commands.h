// The sub-commands of faultline-lab: what their command lines say, and what they do. Each returns an exit
// status: 0 ok, 1 run time, 2 usage or input; `run` that of the program it ran.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace faultline::lab {

struct RunArguments {
  std::filesystem::path inventory;
  std::filesystem::path scenario, truth, packet_log, stamp_key_file, token_file, modems;  // empty: none
  std::string api;
  std::uint64_t seed = 1;
  std::size_t packet_log_limit = 1'000'000;
  std::vector<std::string> listen;
  double duration_s = 0;  // 0: no limit
  bool until_scenario_end = false;
  bool stateless_stamp = false;
  bool quiet = false;
  bool realtime = true;  // where permitted and there is a second core for the rest
  std::vector<std::string> command;
};
int run(const RunArguments& arguments);

struct GenerateArguments {
  std::uint64_t seed = 1;
  std::string size = "demo";  // or a number of endpoints
  std::filesystem::path output;
};
int generate(const GenerateArguments& arguments);

struct PredictArguments {
  std::filesystem::path inventory, scenario;
  std::uint64_t seed = 1;
  std::string endpoint;
  std::uint32_t packets = 10;
};
int predict(const PredictArguments& arguments);

// Says the error on standard error; 2.
int usage_error(const std::string& message);

}  // namespace faultline::lab
