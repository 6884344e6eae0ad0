#include "probes/wire/stamp.h"

#include "probes/wire/bytes.h"

#include <algorithm>

namespace faultline::wire {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kUnixEpochInNtp = 2'208'988'800;  // seconds from 1900 to 1970
constexpr std::int64_t kNtpEra = 1LL << 32U;

// Where the fields stand in one mode (RFC 8762 figures 2 to 5).
struct Layout {
  std::size_t timestamp, error, ssid, receive_timestamp, sender_sequence, sender_timestamp, sender_error, ttl;
};
constexpr Layout kUnauthenticated = {4, 12, 14, 16, 24, 28, 36, 40};
constexpr Layout kAuthenticated = {16, 24, 26, 32, 48, 64, 72, 80};

constexpr const Layout& layout(StampMode mode) {
  return mode == StampMode::unauthenticated ? kUnauthenticated : kAuthenticated;
}

std::uint16_t pack(const ErrorEstimate& error) {
  return static_cast<std::uint16_t>((error.synchronised ? 0x8000U : 0U) | (error.ptp_format ? 0x4000U : 0U) |
                                    (error.scale & 0x3fU) << 8U | error.multiplier);
}

ErrorEstimate unpack(std::uint16_t bits) {
  return {.synchronised = (bits & 0x8000U) != 0,
          .ptp_format = (bits & 0x4000U) != 0,
          .scale = static_cast<std::uint8_t>(bits >> 8U & 0x3fU),
          .multiplier = static_cast<std::uint8_t>(bits & 0xffU)};
}

std::span<std::byte> cleared(StampMode mode, std::span<std::byte> buffer) {
  const auto packet = buffer.first(stamp_size(mode));
  std::fill(packet.begin(), packet.end(), std::byte{0});
  return packet;
}

}  // namespace

std::size_t encode_stamp_request(StampMode mode, const StampRequest& request, std::span<std::byte> buffer) {
  const auto packet = cleared(mode, buffer);
  const auto& at = layout(mode);
  write_be(packet, 0, request.sequence);
  write_be(packet, at.timestamp, request.timestamp);
  write_be(packet, at.error, pack(request.error));
  write_be(packet, at.ssid, request.ssid);
  return packet.size();
}

std::size_t encode_stamp_reply(StampMode mode, const StampReply& reply, std::span<std::byte> buffer) {
  const auto packet = cleared(mode, buffer);
  const auto& at = layout(mode);
  write_be(packet, 0, reply.sequence);
  write_be(packet, at.timestamp, reply.timestamp);
  write_be(packet, at.error, pack(reply.error));
  write_be(packet, at.ssid, reply.ssid);
  write_be(packet, at.receive_timestamp, reply.receive_timestamp);
  write_be(packet, at.sender_sequence, reply.sender_sequence);
  write_be(packet, at.sender_timestamp, reply.sender_timestamp);
  write_be(packet, at.sender_error, pack(reply.sender_error));
  write_be(packet, at.ttl, reply.sender_ttl);
  return packet.size();
}

std::optional<StampRequest> decode_stamp_request(StampMode mode, std::span<const std::byte> packet) {
  if (packet.size() < stamp_size(mode)) return std::nullopt;
  const auto& at = layout(mode);
  StampRequest request{.sequence = read_be<std::uint32_t>(packet, 0),
                       .timestamp = read_be<std::uint64_t>(packet, at.timestamp),
                       .error = unpack(read_be<std::uint16_t>(packet, at.error)),
                       .ssid = read_be<std::uint16_t>(packet, at.ssid)};
  if (request.error.multiplier == 0) return std::nullopt;
  return request;
}

std::optional<StampReply> decode_stamp_reply(StampMode mode, std::span<const std::byte> packet) {
  if (packet.size() < stamp_size(mode)) return std::nullopt;
  const auto& at = layout(mode);
  StampReply reply{.sequence = read_be<std::uint32_t>(packet, 0),
                   .timestamp = read_be<std::uint64_t>(packet, at.timestamp),
                   .error = unpack(read_be<std::uint16_t>(packet, at.error)),
                   .ssid = read_be<std::uint16_t>(packet, at.ssid),
                   .receive_timestamp = read_be<std::uint64_t>(packet, at.receive_timestamp),
                   .sender_sequence = read_be<std::uint32_t>(packet, at.sender_sequence),
                   .sender_timestamp = read_be<std::uint64_t>(packet, at.sender_timestamp),
                   .sender_error = unpack(read_be<std::uint16_t>(packet, at.sender_error)),
                   .sender_ttl = read_be<std::uint8_t>(packet, at.ttl)};
  if (reply.error.multiplier == 0) return std::nullopt;
  return reply;
}

void encode_padding_tlv(std::uint16_t length, std::span<std::byte> buffer) {
  write_be(buffer, 0,
           std::uint8_t{0x80});          // U: set by the sender, cleared by a reflector that knows the type
  write_be(buffer, 1, std::uint8_t{1});  // Extra Padding
  write_be(buffer, 2, length);
}

std::uint64_t ntp_from_unix(std::int64_t nanoseconds) {
  const std::int64_t second = nanoseconds / kSecond - (nanoseconds % kSecond < 0 ? 1 : 0);
  const auto rest = static_cast<std::uint64_t>(nanoseconds - second * kSecond);
  const auto fraction = (rest << 32U) / static_cast<std::uint64_t>(kSecond);
  return static_cast<std::uint64_t>(second + kUnixEpochInNtp) << 32U | fraction;
}

std::int64_t unix_from_ntp(std::uint64_t ntp) {
  auto second = static_cast<std::int64_t>(ntp >> 32U);
  if (second < kNtpEra / 2) second += kNtpEra;
  const auto fraction =
      static_cast<std::int64_t>(((ntp & 0xffffffffU) * static_cast<std::uint64_t>(kSecond)) >> 32U);
  return (second - kUnixEpochInNtp) * kSecond + fraction;
}

std::int64_t stamp_difference_ns(std::uint64_t later, std::uint64_t earlier, bool ptp_format) {
  if (ptp_format) {
    const auto seconds = static_cast<std::int32_t>(static_cast<std::uint32_t>(later >> 32U) -
                                                   static_cast<std::uint32_t>(earlier >> 32U));
    return seconds * kSecond + static_cast<std::int64_t>(later & 0xffffffffU) -
           static_cast<std::int64_t>(earlier & 0xffffffffU);
  }
  const auto difference = static_cast<std::int64_t>(later - earlier);
  const auto second = difference >> 32U;  // towards minus infinity
  const auto fraction = static_cast<std::uint64_t>(difference) & 0xffffffffU;
  return second * kSecond +
         static_cast<std::int64_t>((fraction * static_cast<std::uint64_t>(kSecond)) >> 32U);
}

std::int64_t unix_from_stamp(std::uint64_t timestamp, bool ptp_format) {
  if (!ptp_format) return unix_from_ntp(timestamp);
  return static_cast<std::int64_t>(timestamp >> 32U) * kSecond +
         static_cast<std::int64_t>(timestamp & 0xffffffffU);
}

}  // namespace faultline::wire
