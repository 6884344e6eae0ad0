// Sockets that are opened once, while the process still has the right to: raw ICMP (CAP_NET_RAW), and UDP
// with receive buffers beyond net.core.rmem_max (CAP_NET_ADMIN). The daemon opens them before it drops those
// capabilities and starts its threads; the engine takes from here what its settings need, at the start and at
// any reload later. What could not be opened is not there, and the engine tries again by itself. One thread.
#pragma once

#include "probes/packet/socket_open.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace faultline::packet {

enum class EarlyKind : std::uint8_t { raw_icmp, udp };

class EarlySockets {
 public:
  // For every shard and both IP versions a socket of each kind for the schedule and one for bursts. Each raw
  // one has an echo identifier of its own.
  static EarlySockets open(unsigned shards, std::uint32_t receive_buffer);

  // None if all are taken, or there never was one.
  std::optional<OpenedSocket> take(EarlyKind kind, wire::IpVersion version);
  // What was taken in vain: the next one gets it.
  void give_back(EarlyKind kind, wire::IpVersion version, OpenedSocket socket);
  std::size_t left(EarlyKind kind, wire::IpVersion version) const;

 private:
  static std::size_t place(EarlyKind kind, wire::IpVersion version);
  std::array<std::vector<OpenedSocket>, 4> sockets_;  // by place()
};

}  // namespace faultline::packet
