#include "daemon/http/token_table.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <stdexcept>

namespace faultline::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Digest sha256(std::string_view text) {
  Digest digest{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1 ||
      length != digest.size())
    throw std::runtime_error("sha256: OpenSSL failed");
  return digest;
}

std::optional<Digest> digest_from_hex(std::string_view hex) {
  Digest digest{};
  if (hex.size() != digest.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return digest;
}

TokenTable::TokenTable(const std::vector<Token>& tokens) {
  for (const Token& token : tokens)
    if (const auto digest = digest_from_hex(token.sha256))
      entries_.push_back({*digest, Principal{token.name, token.role}});
}

std::optional<Principal> TokenTable::find(std::string_view token) const {
  const Digest given = sha256(token);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_)  // all of them, always
    if (CRYPTO_memcmp(entry.digest.data(), given.data(), given.size()) == 0) found = &entry;
  if (!found) return std::nullopt;
  return found->principal;
}

std::optional<std::string_view> TokenTable::bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != kScheme[i]) return std::nullopt;
  }
  return authorization.substr(kScheme.size());
}

}  // namespace faultline::http
