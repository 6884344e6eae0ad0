// net-snmp made harmless: started once without configuration files, MIB files, a persistent directory or a
// log, so that its errors are outcomes and nothing is printed or written. And who one is for an agent:
// community or user, with the keys worked out once (a pass phrase costs milliseconds). One thread, that of
// the main loop: the library's lists of users and engines are global.
#pragma once

#include "rules/model/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace faultline::session {

enum class SnmpVersion : std::uint8_t { v2c, v3 };

struct SnmpCredentials {
  SnmpVersion version = SnmpVersion::v2c;
  std::string community;         // v2c
  std::string user;              // v3 (USM, RFC 3414)
  std::string auth_protocol;     // none, md5, sha, sha224, sha256, sha384, sha512
  std::string auth_password;     // 8 bytes at least
  std::string privacy_protocol;  // none, des, aes, aes192, aes256, aes192c, aes256c
  std::string privacy_password;
};

// The credentials with their keys (RFC 3414 A.2, not yet made the engine's own).
struct SnmpIdentity {
  SnmpCredentials credentials;
  struct Key {
    std::array<unsigned char, 64> bytes{};
    std::size_t size = 0;
  };
  Key auth_key, privacy_key;
};

// Starts the library; any number of times.
void start_snmp_library();

// The library's numbers of the protocols above; negative if this machine's does not have it.
int auth_type_of(const std::string& protocol);
int privacy_type_of(const std::string& protocol);

// The error says which of the credentials does not go together with which.
Result<SnmpIdentity> make_snmp_identity(SnmpCredentials credentials);

}  // namespace faultline::session
