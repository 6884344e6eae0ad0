// What the tests of a shard share: one ICMP profile over a fake network, five packets every ten seconds.
#pragma once

#include "probes/packet/shard.h"
#include "tests/unit/probes_packet/fake_network.h"

#include <gtest/gtest.h>

#include <chrono>

namespace faultline::packet {

using namespace std::chrono_literals;

inline const IpAddress kHost = v4(192, 0, 2, 1);

inline PacketSettings icmp() {
  return {.interval = 10s, .spacing = 200ms, .timeout = 2s, .late_horizon = 10s, .packets = 5, .payload = 56};
}

class ShardTest : public ::testing::Test, public ShardRig {
 protected:
  void SetUp() override { use_icmp(icmp()); }
};

}  // namespace faultline::packet
