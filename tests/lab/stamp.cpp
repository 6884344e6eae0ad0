#include "tests/lab/stamp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace faultline::lab {
namespace {

// S (synchronised: both ends are this machine's clock), NTP format, scale 0, multiplier 1.
constexpr std::uint16_t kErrorEstimate = 0x8001;
constexpr std::size_t kSignedSize = 96, kHmacSize = 16;

// Where the two layouts have the same fields.
struct Layout {
  std::size_t request_timestamp, request_error;
  std::size_t timestamp, error, received, sender_sequence, sender_timestamp, sender_error, ttl, size;
};
constexpr Layout kOpen = {4, 12, 4, 12, 16, 24, 28, 36, 40, kStampSize};
constexpr Layout kAuthenticated = {16, 24, 16, 24, 32, 48, 64, 72, 80, kStampAuthenticatedSize};

}  // namespace

struct StampReflector::Signer {
  EVP_MAC* mac = nullptr;
  EVP_MAC_CTX* context = nullptr;

  explicit Signer(const std::string& key) {
    mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    context = mac != nullptr ? EVP_MAC_CTX_new(mac) : nullptr;
    std::array<char, 7> digest = {"SHA256"};
    const std::array<OSSL_PARAM, 2> parameters = {
        OSSL_PARAM_construct_utf8_string("digest", digest.data(), 0), OSSL_PARAM_construct_end()};
    if (context == nullptr || EVP_MAC_init(context, reinterpret_cast<const unsigned char*>(key.data()),
                                           key.size(), parameters.data()) != 1)
      throw std::runtime_error("OpenSSL has no HMAC-SHA-256");
  }
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;
  ~Signer() {
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
  }
  std::array<std::uint8_t, 32> sign(ConstBytes bytes) const {
    std::array<std::uint8_t, 32> out{};
    std::size_t length = 0;
    EVP_MAC_init(context, nullptr, 0, nullptr);  // again, with the same key
    EVP_MAC_update(context, bytes.data(), bytes.size());
    EVP_MAC_final(context, out.data(), &length, out.size());
    return out;
  }
};

std::uint64_t ntp_from_unix_ns(std::uint64_t unix_ns) {
  const std::uint64_t seconds = unix_ns / 1'000'000'000 + 2'208'988'800;
  return (seconds << 32) + ((unix_ns % 1'000'000'000) << 32) / 1'000'000'000;
}

StampReflector::StampReflector(const std::string& key) {
  if (!key.empty()) signer_ = std::make_unique<Signer>(key);
}
StampReflector::~StampReflector() = default;
StampReflector::StampReflector(StampReflector&&) noexcept = default;
StampReflector& StampReflector::operator=(StampReflector&&) noexcept = default;

bool StampReflector::accepts(ConstBytes payload) const {
  if (signer_ == nullptr) return payload.size() >= 14;
  if (payload.size() < kStampAuthenticatedSize) return false;
  const auto right = signer_->sign(payload.first(kSignedSize));
  return CRYPTO_memcmp(right.data(), payload.data() + kSignedSize, kHmacSize) == 0;
}

std::size_t StampReflector::reflect(Bytes buffer, std::size_t size, std::optional<std::uint32_t> sequence,
                                    const StampTimes& times, std::uint8_t ttl) const {
  const Layout& layout = signer_ == nullptr ? kOpen : kAuthenticated;
  const std::uint32_t sender_sequence = get32(buffer, 0);
  std::array<std::uint8_t, 8> sender_timestamp{};
  std::copy_n(buffer.begin() + static_cast<std::ptrdiff_t>(layout.request_timestamp), 8,
              sender_timestamp.begin());
  const std::uint16_t sender_error = get16(buffer, layout.request_error);
  std::fill_n(buffer.begin(), layout.size, std::uint8_t{0});
  put32(buffer, 0, sequence.value_or(sender_sequence));
  put64(buffer, layout.timestamp, times.sent_ntp);
  put16(buffer, layout.error, kErrorEstimate);
  put64(buffer, layout.received, times.received_ntp);
  put32(buffer, layout.sender_sequence, sender_sequence);
  std::copy_n(sender_timestamp.begin(), 8,
              buffer.begin() + static_cast<std::ptrdiff_t>(layout.sender_timestamp));
  put16(buffer, layout.sender_error, sender_error);
  buffer[layout.ttl] = ttl;
  if (signer_ != nullptr) {
    const auto hmac = signer_->sign(buffer.first(kSignedSize));
    std::copy_n(hmac.begin(), kHmacSize, buffer.begin() + kSignedSize);
  }
  return std::max(size, layout.size);
}

}  // namespace faultline::lab
