// The lab's OLTs as their SNMP agents show them: what each ONU receives and sends, in the table of a Huawei
// OLT (hwGponOntOpticalDdmEntry of HUAWEI-XPON-MIB; the daemon knows it as device profile huawei-onu). The
// agent is asked on the emulator's packet path, so that a fault above the OLT takes it away too. Time is an
// argument; set_light and answer may be called from different threads.
#pragma once

#include "tests/lab/dice.h"
#include "tests/lab/inventory.h"
#include "tests/lab/scenario.h"
#include "tests/lab/snmp.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace faultline::lab {

inline constexpr std::string_view kOltCommunity = "public";

// What an ONU receives, in dBm: a healthy level of its own between -23 and -18, and what faults take from it.
class OnuLight {
 public:
  explicit OnuLight(std::uint64_t seed) : dice_(seed), healthy_dbm_(-23 + 5 * dice_.unit()) {}

  // From what it is now, evenly over `shift.over`. A target that it has already changes nothing.
  void set(const LightShift& shift, std::uint64_t now_ns);
  double level_dbm(std::uint64_t now_ns) const { return healthy_dbm_ + shift_db(now_ns); }
  // As it is reported: with up to 0.1 dB of noise, in 0.01 dBm; nothing without light.
  std::optional<std::int32_t> reading(std::uint64_t now_ns);

 private:
  double shift_db(std::uint64_t now_ns) const;

  Dice dice_;
  double healthy_dbm_;
  double from_db_ = 0, to_db_ = 0;
  std::uint64_t changed_ns_ = 0, over_ns_ = 0;
  bool dark_ = false;
};

class OltBank {
 public:
  OltBank(const LabInventory& inventory, std::uint64_t seed);

  void set_light(EndpointIndex endpoint, const LightShift& shift, std::uint64_t now_ns);
  // What the agent at this host says to a question, empty if nothing; no value where there is no agent.
  std::optional<std::string> answer(std::uint32_t host, ConstBytes question, std::uint64_t now_ns);

 private:
  struct Onu {
    EndpointIndex endpoint;
    OnuLight light;
    SnmpValue* received = nullptr;  // in the objects of its OLT
  };
  struct Olt {
    SnmpObjects objects;
    std::vector<Onu> onus;
  };

  std::mutex mutex_;
  std::unordered_map<std::uint32_t, Olt> olts_;  // by host
};

}  // namespace faultline::lab
