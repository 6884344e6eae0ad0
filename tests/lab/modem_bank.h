// The lab's modems as terminals: a pty for each endpoint with a device, behind a link of the device's file
// name, served by one thread. A modem that is `gone` loses its link and hangs up; it comes back with a new
// pty.
#pragma once

#include "tests/lab/inventory.h"
#include "tests/lab/modem.h"
#include "tests/lab/netns.h"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace faultline::lab {

class ModemBank {
 public:
  // Makes the links in `directory`, which is made if need be.
  static Result<std::unique_ptr<ModemBank>> open(const LabInventory& inventory, std::uint64_t seed,
                                                 const std::filesystem::path& directory);
  ~ModemBank();  // ends the thread and takes the links away
  ModemBank(const ModemBank&) = delete;
  ModemBank& operator=(const ModemBank&) = delete;

  void start();
  void set_signal(EndpointIndex endpoint, const SignalShift& shift);
  std::size_t size() const { return terminals_.size(); }

 private:
  struct Terminal {
    EndpointIndex endpoint;
    std::filesystem::path link;
    Modem modem;
    Descriptor master;
    Descriptor slave;  // held open, so that the master outlives its users
  };

  ModemBank();
  static Result<void> connect(Terminal& terminal);
  static void disconnect(Terminal& terminal);
  void run();
  void serve(Terminal& terminal);

  std::mutex mutex_;  // terminals_, between set_signal and the thread
  std::vector<Terminal> terminals_;
  Descriptor wake_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace faultline::lab
