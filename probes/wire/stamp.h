// STAMP test packets (RFC 8762, with the SSID and the padding TLV of RFC 8972) as bytes, unauthenticated (44)
// and authenticated (112). The HMAC itself is made and checked by the caller; this says over what and where.
// Pure: no sockets, no keys. TWAMP Light (RFC 5357 appendix I) reflectors answer the unauthenticated format
// with the same layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace faultline::wire {

inline constexpr std::size_t kStampSize = 44;
inline constexpr std::size_t kStampAuthenticatedSize = 112;
inline constexpr std::size_t kStampHmacOffset = 96;  // the HMAC covers the bytes before it
inline constexpr std::size_t kStampHmacSize = 16;    // HMAC-SHA-256, its first 16 bytes
inline constexpr std::size_t kTlvHeaderSize = 4;

enum class StampMode : std::uint8_t { unauthenticated, authenticated };

constexpr std::size_t stamp_size(StampMode mode) {
  return mode == StampMode::unauthenticated ? kStampSize : kStampAuthenticatedSize;
}

// RFC 4656 §4.1.2 and RFC 8762 §4.2.1; error in seconds = multiplier * 2^-32 * 2^scale, multiplier never 0.
struct ErrorEstimate {
  bool synchronised = false;  // S: the clock follows UTC
  bool ptp_format = false;    // Z: time stamps are PTPv2 seconds.nanoseconds, else NTP 32.32
  std::uint8_t scale = 0;     // 0 … 63
  std::uint8_t multiplier = 1;

  bool operator==(const ErrorEstimate&) const = default;
};

struct StampRequest {
  std::uint32_t sequence = 0;
  std::uint64_t timestamp = 0;
  ErrorEstimate error;
  std::uint16_t ssid = 0;
};

struct StampReply {
  std::uint32_t sequence = 0;   // the reflector's: a copy of the sender's if it is stateless
  std::uint64_t timestamp = 0;  // T3, when it sent this
  ErrorEstimate error;
  std::uint16_t ssid = 0;
  std::uint64_t receive_timestamp = 0;  // T2
  std::uint32_t sender_sequence = 0;
  std::uint64_t sender_timestamp = 0;  // T1, echoed
  ErrorEstimate sender_error;
  std::uint8_t sender_ttl = 0;
};

// Both write into `buffer`, at least stamp_size(mode) long, and return that size; an HMAC field is zeroed.
std::size_t encode_stamp_request(StampMode mode, const StampRequest& request, std::span<std::byte> buffer);
std::size_t encode_stamp_reply(StampMode mode, const StampReply& reply, std::span<std::byte> buffer);

// Nothing if the bytes are shorter than stamp_size(mode), or an error estimate has a multiplier of 0 (RFC
// 4656: such a packet is corrupt). What follows the base packet is not looked at.
std::optional<StampRequest> decode_stamp_request(StampMode mode, std::span<const std::byte> packet);
std::optional<StampReply> decode_stamp_reply(StampMode mode, std::span<const std::byte> packet);

// The header of an Extra Padding TLV (RFC 8972 §4.1) that is `length` bytes long without it.
void encode_padding_tlv(std::uint16_t length, std::span<std::byte> buffer);

// NTP 32.32 time (RFC 5905) from nanoseconds since 1970, and back. The era that began in 1900 is meant until
// 2036-02-07, the next one for values that would lie before 1968.
std::uint64_t ntp_from_unix(std::int64_t nanoseconds);
std::int64_t unix_from_ntp(std::uint64_t ntp);
// The difference later - earlier in nanoseconds, right across an era's end. Both in the format that
// `ptp_format` names; in PTP format nanoseconds of a second and more are taken as they are.
std::int64_t stamp_difference_ns(std::uint64_t later, std::uint64_t earlier, bool ptp_format);
// A time stamp in either format as nanoseconds since 1970 (PTP's TAI offset is not removed).
std::int64_t unix_from_stamp(std::uint64_t timestamp, bool ptp_format);

}  // namespace faultline::wire
