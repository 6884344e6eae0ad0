// The seam between the packet engine and the way packets leave and arrive: sockets (socket_io.h), a fake in
// tests, a memory-mapped ring one day. Called by one shard's thread only; never waits for the network.
#pragma once

#include "probes/packet/address.h"
#include "probes/packet/settings.h"
#include "probes/packet/wheel.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace faultline::packet {

inline constexpr std::size_t kBatch = 64;        // packets a system call
inline constexpr std::size_t kHeaderRoom = 116;  // the longest header: STAMP with HMAC

enum class SendStatus : std::uint8_t {
  sent,
  no_route,  // the own kernel knows no way there
  failed,    // the own kernel did not take it: full queue, firewall, missing interface, size
};

struct Outgoing {
  IpAddress to;
  std::uint16_t port = 0;
  std::uint16_t header_size = 0;
  std::uint16_t padding = 0;  // zero bytes that follow the header
  std::array<std::byte, kHeaderRoom> header;
  const PacketSettings* settings = nullptr;  // source, interface and DSCP
  std::uint32_t slot = 0;                    // marks of the sender, not looked at
  std::uint32_t sequence = 0;
  // Set by send():
  SendStatus status = SendStatus::failed;
  bool time_certain = false;  // false: the process was held up while it sent
  Nanos sent_at = 0;
};

struct Incoming {
  IpAddress from;  // of an error: where the quoted packet was sent to
  bool is_error = false;
  std::uint8_t error_type = 0;  // ICMP type and code, if is_error
  std::uint8_t error_code = 0;
  bool time_certain = false;
  Nanos arrived = 0;
  std::int64_t arrived_wall = 0;  // ns since 1970, with which `arrived` goes
  std::span<const std::byte>
      data{};  // ICMP message or UDP payload, cut at 256 bytes; until the next receive()
};

class PacketIo {
 public:
  virtual ~PacketIo() = default;
  // Sends all of them (at most kBatch) in order and says of each what became of it.
  virtual void send(std::span<Outgoing> packets) = 0;
  // The next replies or errors, at most kBatch; none when everything that had arrived before the call is
  // read.
  virtual std::span<const Incoming> receive() = 0;
  // How many replies the kernel has thrown away for want of room, since the start.
  virtual std::uint64_t queue_drops() = 0;
  // How many jumps of the real-time clock were seen, since the start.
  virtual std::uint64_t clock_steps() const = 0;
};

}  // namespace faultline::packet
