#include "probes/packet/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <stdexcept>

namespace faultline::packet {
namespace {

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot make an HMAC-SHA-256");
}

}  // namespace

struct ShortHmac::Context {
  EVP_MAC* mac = nullptr;
  EVP_MAC_CTX* context = nullptr;
  ~Context() {
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
  }
};

ShortHmac::ShortHmac(std::span<const std::byte> key) : context_(std::make_unique<Context>()) {
  context_->mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  require(context_->mac != nullptr);
  context_->context = EVP_MAC_CTX_new(context_->mac);
  require(context_->context != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                                   OSSL_PARAM_construct_end()};
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  require(EVP_MAC_init(context_->context, bytes, key.size(), parameters) == 1);
}

ShortHmac::~ShortHmac() = default;

std::array<std::byte, 16> ShortHmac::sign(std::span<const std::byte> message) {
  std::array<unsigned char, 32> full{};
  std::size_t length = 0;
  require(EVP_MAC_init(context_->context, nullptr, 0, nullptr) == 1);  // the same key again
  require(EVP_MAC_update(context_->context, reinterpret_cast<const unsigned char*>(message.data()),
                         message.size()) == 1);
  require(EVP_MAC_final(context_->context, full.data(), &length, full.size()) == 1);
  std::array<std::byte, 16> cut{};
  std::transform(full.begin(), full.begin() + cut.size(), cut.begin(),
                 [](unsigned char c) { return std::byte{c}; });
  return cut;
}

bool ShortHmac::verify(std::span<const std::byte> message, std::span<const std::byte> signature) {
  const auto expected = sign(message);
  return signature.size() == expected.size() &&
         CRYPTO_memcmp(expected.data(), signature.data(), expected.size()) == 0;
}

}  // namespace faultline::packet
