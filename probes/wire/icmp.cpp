#include "probes/wire/icmp.h"

#include "probes/wire/bytes.h"

#include <algorithm>

namespace faultline::wire {
namespace {

constexpr std::uint8_t kEchoReply4 = 0, kEchoRequest4 = 8, kUnreachable4 = 3, kTimeExceeded4 = 11;
constexpr std::uint8_t kEchoRequest6 = 128, kEchoReply6 = 129, kUnreachable6 = 1, kTimeExceeded6 = 3;
constexpr std::size_t kShortestIpv4 = 20;
constexpr std::uint8_t kProtocolIcmp = 1;

std::optional<EchoKind> echo_kind(IpVersion version, std::uint8_t type) {
  const bool v4 = version == IpVersion::v4;
  if (type == (v4 ? kEchoReply4 : kEchoReply6)) return EchoKind::reply;
  if (type == (v4 ? kEchoRequest4 : kEchoRequest6)) return EchoKind::request;
  return std::nullopt;
}

OutcomeReason unreachable_v4(std::uint8_t code) {
  switch (code) {
    case 0:
    case 6:
    case 11:
      return OutcomeReason::net_unreachable;
    case 3:
      return OutcomeReason::port_unreachable;
    case 4:
      return OutcomeReason::none;  // fragmentation needed: the packet's size, not the host
    case 9:
    case 10:
    case 13:
      return OutcomeReason::admin_prohibited;
    default:
      return OutcomeReason::host_unreachable;
  }
}

OutcomeReason unreachable_v6(std::uint8_t code) {
  switch (code) {
    case 0:
      return OutcomeReason::net_unreachable;
    case 1:
    case 5:
    case 6:
      return OutcomeReason::admin_prohibited;
    case 4:
      return OutcomeReason::port_unreachable;
    default:
      return OutcomeReason::host_unreachable;
  }
}

}  // namespace

std::optional<Echo> decode_echo(IpVersion version, std::span<const std::byte> icmp) {
  if (icmp.size() < kEchoHeaderSize) return std::nullopt;
  const auto kind = echo_kind(version, read_be<std::uint8_t>(icmp, 0));
  if (!kind || read_be<std::uint8_t>(icmp, 1) != 0) return std::nullopt;
  return Echo{.kind = *kind,
              .identifier = read_be<std::uint16_t>(icmp, 4),
              .sequence = read_be<std::uint16_t>(icmp, 6),
              .payload = icmp.subspan(kEchoHeaderSize)};
}

std::size_t encode_echo_request(IpVersion version, std::uint16_t identifier, std::uint16_t sequence,
                                std::span<const std::byte> payload, std::span<std::byte> buffer) {
  const auto packet = buffer.first(kEchoHeaderSize + payload.size());
  write_be(packet, 0, version == IpVersion::v4 ? kEchoRequest4 : kEchoRequest6);
  write_be(packet, 1, std::uint8_t{0});
  write_be(packet, 2, std::uint16_t{0});
  write_be(packet, 4, identifier);
  write_be(packet, 6, sequence);
  std::copy(payload.begin(), payload.end(), packet.begin() + kEchoHeaderSize);
  if (version == IpVersion::v4) write_be(packet, 2, internet_checksum(packet));
  return packet.size();
}

std::uint16_t internet_checksum(std::span<const std::byte> bytes) {
  std::uint64_t sum = 0;
  std::size_t i = 0;
  for (; i + 2 <= bytes.size(); i += 2) sum += read_be<std::uint16_t>(bytes, i);
  if (i < bytes.size()) sum += std::to_integer<std::uint64_t>(bytes[i]) << 8U;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

std::optional<std::span<const std::byte>> icmp_in_ipv4(std::span<const std::byte> packet) {
  if (packet.size() < kShortestIpv4) return std::nullopt;
  const auto first = read_be<std::uint8_t>(packet, 0);
  const std::size_t header = (first & 0xfU) * std::size_t{4};
  if (first >> 4U != 4 || header < kShortestIpv4 || header > packet.size()) return std::nullopt;
  if (read_be<std::uint8_t>(packet, 9) != kProtocolIcmp) return std::nullopt;
  return packet.subspan(header);
}

OutcomeReason error_reason(IpVersion version, std::uint8_t type, std::uint8_t code) {
  const bool v4 = version == IpVersion::v4;
  if (type == (v4 ? kUnreachable4 : kUnreachable6)) return v4 ? unreachable_v4(code) : unreachable_v6(code);
  if (type == (v4 ? kTimeExceeded4 : kTimeExceeded6)) return OutcomeReason::ttl_exceeded;
  return OutcomeReason::none;
}

}  // namespace faultline::wire
