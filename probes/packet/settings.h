// The settings of a packet probe (ICMP echo or STAMP sender): what a configuration may say about it, and the
// checked values that the engine works with. One PacketSettings is shared by every endpoint of a profile.
#pragma once

#include "probes/option.h"
#include "probes/packet/address.h"
#include "rules/model/metric.h"
#include "rules/model/round.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::packet {

enum class Protocol : std::uint8_t { icmp, stamp };
// How ICMP is sent: by a raw socket (CAP_NET_RAW), an unprivileged ping socket (net.ipv4.ping_group_range),
// or the first of the two that can be had.
enum class IcmpMode : std::uint8_t { automatic, raw, unprivileged };

struct PacketSettings {
  Protocol protocol = Protocol::icmp;
  ProbeKindIndex kind = 0;
  IcmpMode mode = IcmpMode::automatic;
  Duration interval = std::chrono::seconds(10);
  Duration spacing = std::chrono::milliseconds(200);  // between two packets of a round
  Duration timeout = std::chrono::seconds(2);         // a reply after this is late
  Duration late_horizon = std::chrono::seconds(10);   // a reply after this is stray; may be several intervals
  std::uint16_t packets = 5;
  std::uint16_t payload = 56;  // ICMP: bytes after the echo header; STAMP: bytes after the UDP header
  std::uint8_t dscp = 0;
  std::uint16_t port = 0;             // STAMP reflector
  std::optional<IpAddress> source{};  // used for endpoints of its family
  std::string interface {};           // empty: by the routing table
  std::vector<std::byte> key{};       // STAMP: HMAC-SHA-256 key; empty = unauthenticated

  bool operator==(const PacketSettings&) const = default;
};

std::span<const OptionSpec> icmp_options();
std::span<const OptionSpec> stamp_options();
// What a packet probe's rounds carry.
std::span<const Metric> round_metrics();

// From the values of a configuration; `kind_name` is "icmp" or "stamp". Checks what concerns several values
// at once (packets, spacing, time-out and interval; size and key) and reads the key file: the file's bytes
// without a line end, or hexadecimal after "hex:".
Result<PacketSettings> packet_settings(std::string_view kind_name, ProbeKindIndex kind,
                                       const ProbeOptions& options);

}  // namespace faultline::packet
