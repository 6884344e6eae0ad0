// The limit that the packet engine is measured against: nothing but the socket calls that any prober needs.
// Raw ICMP or STAMP over UDP, sendmmsg and recvmmsg of 64, receive stamps of the kernel, interpolated send
// times, one look a millisecond. No schedule, no checks, no rounds.
#pragma once

#include "tests/bench/probe_lab.h"

#include <cstdint>
#include <vector>

namespace faultline::bench {

struct BareResult {
  Nanos cpu = 0;
  Nanos took = 0;
  std::uint64_t sent = 0, received = 0;
  std::vector<std::int32_t>
      rtt_us10;  // by packet, in 100 ns; -1 = no answer. Packet i goes to host i % hosts
};

// `rate` packets a second for so long, to the lab's hosts in turn.
BareResult run_bare(const ProbeLab& lab, std::uint32_t hosts, bool stamp, double rate, double seconds);

}  // namespace faultline::bench
