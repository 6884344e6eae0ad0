#include "probes/session/snmp_library.h"

#include <fmt/format.h>
#include <net-snmp/net-snmp-config.h>
// After it, as the library wishes.
#include <net-snmp/library/snmp_transport.h>
#include <net-snmp/library/transform_oids.h>
#include <net-snmp/net-snmp-includes.h>

#include <algorithm>
#include <cctype>

namespace faultline::session {
namespace {

constexpr std::size_t kShortestPassword = 8;  // RFC 3414 §11.2

// "sha256" as the library calls it: SHA-256.
std::string library_name(std::string_view protocol) {
  std::string name(protocol);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (name.size() > 3 && name.starts_with("SHA")) name.insert(3, "-");
  return name;
}

}  // namespace

int auth_type_of(const std::string& protocol) {
  return usm_lookup_auth_type(library_name(protocol).c_str());
}

int privacy_type_of(const std::string& protocol) {
  return usm_lookup_priv_type(library_name(protocol).c_str());
}

namespace {

Result<SnmpIdentity::Key> key_of(const std::string& what, const std::string& protocol,
                                 const std::string& password) {
  if (password.size() < kShortestPassword)
    return fail(fmt::format("{}: has {} bytes; version 3 takes {} or more", what, password.size(),
                            kShortestPassword));
  std::size_t size = 0;
  const oid* transform = sc_get_auth_oid(auth_type_of(protocol), &size);
  SnmpIdentity::Key key;
  key.size = key.bytes.size();
  const bool made =
      transform != nullptr && generate_Ku(transform, static_cast<u_int>(size),
                                          reinterpret_cast<const unsigned char*>(password.data()),
                                          password.size(), key.bytes.data(), &key.size) == SNMPERR_SUCCESS;
  if (!made) return fail(fmt::format("{}: this machine's libsnmp does not have {}", what, protocol));
  return key;
}

}  // namespace

void start_snmp_library() {
  static const bool started = [] {
    // init_snmp would read snmp.conf and every MIB file it finds, and set the program's locale; these are its
    // parts that sessions need.
    netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_CONFIG_LOAD, 1);
    netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_APPTYPE, "faultline");
    netsnmp_session none;
    snmp_sess_init(&none);
    netsnmp_container_init_list();
    init_callbacks();
    init_snmp_transport();
    init_snmpv3("faultline");
    // An engine of our own, which nobody asks; the library would make one of random bytes or the machine's
    // name.
    setup_engineID(nullptr, "faultline");
    snmp_call_callbacks(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_POST_PREMIB_READ_CONFIG, nullptr);
    snmp_call_callbacks(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_POST_READ_CONFIG, nullptr);
    return true;
  }();
  static_cast<void>(started);
}

Result<SnmpIdentity> make_snmp_identity(SnmpCredentials credentials) {
  start_snmp_library();
  SnmpIdentity identity;
  identity.credentials = std::move(credentials);
  const SnmpCredentials& given = identity.credentials;
  if (given.version == SnmpVersion::v2c) {
    if (given.community.empty()) return fail("community: version 2c needs one");
    return identity;
  }
  if (given.user.empty()) return fail("user: version 3 needs one");
  if (given.auth_protocol == "none") {
    if (given.privacy_protocol != "none")
      return fail("privacy_protocol: privacy needs authentication; set auth_protocol");
    return identity;
  }
  auto auth = key_of("auth_password", given.auth_protocol, given.auth_password);
  if (!auth) return tl::make_unexpected(auth.error());
  identity.auth_key = *auth;
  if (given.privacy_protocol == "none") return identity;
  if (privacy_type_of(given.privacy_protocol) < 0)
    return fail(
        fmt::format("privacy_protocol: this machine's libsnmp does not have {}", given.privacy_protocol));
  // The key of privacy is made with the hash of authentication.
  auto privacy = key_of("privacy_password", given.auth_protocol, given.privacy_password);
  if (!privacy) return tl::make_unexpected(privacy.error());
  identity.privacy_key = *privacy;
  return identity;
}

}  // namespace faultline::session
