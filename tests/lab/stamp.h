// The reflector's side of STAMP (RFC 8762): reads a sender's payload and writes the reflector's over it.
// Unauthenticated by default; with a key every packet must be authenticated (HMAC-SHA-256, 128 bits).
#pragma once

#include "tests/lab/bytes.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace faultline::lab {

inline constexpr std::size_t kStampSize = 44;
inline constexpr std::size_t kStampAuthenticatedSize = 112;

struct StampTimes {
  std::uint64_t received_ntp = 0;  // NTP 32.32 since 1900
  std::uint64_t sent_ntp = 0;
};
// Nanoseconds since 1970 (era 0, to 2036).
std::uint64_t ntp_from_unix_ns(std::uint64_t unix_ns);

class StampReflector {
 public:
  // An empty key: unauthenticated mode.
  explicit StampReflector(const std::string& key = {});
  ~StampReflector();
  StampReflector(StampReflector&&) noexcept;
  StampReflector& operator=(StampReflector&&) noexcept;

  // True if a reflector would answer this payload: long enough and, with a key, rightly signed. A payload of
  // 14 bytes or more is taken in unauthenticated mode (TWAMP Light, RFC 8762 §4.6).
  bool accepts(ConstBytes payload) const;
  // Replaces the accepted payload of `size` bytes in `buffer`, which has room for 112. `sequence`: the
  // reflector's own (stateful), or nothing to copy the sender's (stateless). Returns the new size: that of
  // the request, but never below the base packet.
  std::size_t reflect(Bytes buffer, std::size_t size, std::optional<std::uint32_t> sequence,
                      const StampTimes& times, std::uint8_t ttl) const;

 private:
  struct Signer;
  std::unique_ptr<Signer> signer_;  // null in unauthenticated mode
};

}  // namespace faultline::lab
