// What `faultline check` says: what a configuration would do (endpoints, probes and packets a second,
// bandwidth, memory), what is doubtful about it, or what is wrong. Pure: main reads the files and prints the
// text.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/problem.h"
#include "daemon/inventory/inventory.h"
#include "rules/model/topology.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace faultline::config {

// One probe kind over all endpoints that it measures.
struct ProbeLoad {
  std::string kind;
  std::size_t endpoints = 0;
  double rounds_per_second = 0;
  double packets_per_second = 0;  // sent; 0 for a session probe
  double bits_per_second = 0;     // sent, with IP headers; about as much comes back
};

struct Memory {  // bytes, estimated as docs/configuration.md says
  std::size_t engine = 0, rules = 0, inventory = 0, base = 0;
  std::size_t total() const { return engine + rules + inventory + base; }
};

struct Assessment {
  std::size_t endpoints = 0, nodes = 0;  // without retired ones
  std::array<std::size_t, kTechnologyNames.size()> by_technology{};
  std::uint64_t customers = 0;
  std::uint64_t customers_with_place = 0;  // whose complaints can be attached by place
  std::vector<ProbeLoad> probes;           // those in use, in the registry's order
  Memory memory;
  std::vector<std::string> warnings;
};

// The inventory is the configuration's, without problems.
Assessment assess(const Config& config, const inventory::Inventory& inventory);

// The whole text, with a line's end. With problems it is those alone (and `assessment` is not looked at).
std::string check_text(const std::string& file, const Assessment& assessment, std::size_t maintenance_windows,
                       const Problems& problems);

}  // namespace faultline::config
