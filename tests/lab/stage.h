// Everything that `faultline-lab run` holds together: the namespace, the network, the modems, the client of
// the API, the director and the program under the lab. Made and driven by one thread, the main one.
#pragma once

#include "rules/model/result.h"
#include "tests/lab/api_client.h"
#include "tests/lab/child.h"
#include "tests/lab/commands.h"
#include "tests/lab/director.h"
#include "tests/lab/modem_bank.h"
#include "tests/lab/network.h"
#include "tests/lab/olt_bank.h"
#include "tests/lab/truth.h"

#include <memory>
#include <optional>

namespace faultline::lab {

// What the files say, read and checked before anything is made.
struct StageInput {
  LabInventory inventory;
  Scenario scenario;
  std::string stamp_key, token;
  std::optional<ApiUrl> api;
};
Result<StageInput> read_stage_input(const RunArguments& arguments);

class Stage {
 public:
  // Enters the namespace and forks the child, so the process must still have one thread.
  static Result<std::unique_ptr<Stage>> make(StageInput input, const RunArguments& arguments);
  ~Stage();

  // Starts the threads, lets the program go, plays the scenario; returns the exit status.
  int play();

 private:
  explicit Stage(StageInput input, const RunArguments& arguments);
  Result<void> set_up();
  void make_director();
  void start();
  bool wait_for_signal(std::uint64_t until_ns);
  std::uint64_t next_wake_ns() const;
  void ask_to_end();
  void finish();
  void write_truth(const NetworkSummary& network);
  NetworkSummary summarise() const;

  StageInput input_;
  const RunArguments& arguments_;
  Descriptor tun_;
  std::optional<Child> child_;
  std::unique_ptr<OltBank> olts_;
  std::unique_ptr<Emulator> emulator_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<ModemBank> modems_;
  std::unique_ptr<ApiClient> client_;
  std::unique_ptr<Director> director_;
  std::uint64_t started_ns_ = 0, kill_at_ns_ = 0;
  bool ended_by_lab_ = false, scenario_truth_written_ = false;
};

}  // namespace faultline::lab
