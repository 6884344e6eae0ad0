// HMAC-SHA-256 (RFC 2104, FIPS 180-4), cut to 16 bytes as authenticated STAMP wants it (RFC 8762 §4.4). Keeps
// its OpenSSL context, so that a packet costs no allocation. Not for several threads at once.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace faultline::packet {

class ShortHmac {
 public:
  explicit ShortHmac(std::span<const std::byte> key);
  ~ShortHmac();
  ShortHmac(const ShortHmac&) = delete;
  ShortHmac& operator=(const ShortHmac&) = delete;

  std::array<std::byte, 16> sign(std::span<const std::byte> message);
  // In constant time.
  bool verify(std::span<const std::byte> message, std::span<const std::byte> signature);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace faultline::packet
