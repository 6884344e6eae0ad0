// Who a bearer token belongs to. Only SHA-256 digests are kept; comparing takes the same time for every
// token.
#pragma once

#include "daemon/http/server.h"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace faultline::http {

using Digest = std::array<unsigned char, 32>;
Digest sha256(std::string_view text);
// 64 hexadecimal digits, nullopt for anything else.
std::optional<Digest> digest_from_hex(std::string_view hex);

class TokenTable {
 public:
  // A token whose digest is none is left out; check() (server.h) has refused it before.
  explicit TokenTable(const std::vector<Token>& tokens);

  bool empty() const { return entries_.empty(); }
  std::optional<Principal> find(std::string_view token) const;
  // Of an Authorization header: the scheme Bearer in any case, one space, the token (RFC 6750 §2.1).
  static std::optional<std::string_view> bearer(std::string_view authorization);

 private:
  struct Entry {
    Digest digest;
    Principal principal;
  };
  std::vector<Entry> entries_;
};

}  // namespace faultline::http
