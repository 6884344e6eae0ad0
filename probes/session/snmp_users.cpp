#include "probes/session/snmp_users.h"

#include <net-snmp/net-snmp-config.h>
// After it, as the library wishes.
#include <net-snmp/library/lcd_time.h>
#include <net-snmp/net-snmp-includes.h>

#include <map>
#include <utility>

namespace faultline::session {
namespace {

using Key = std::pair<std::string, std::string>;  // engine, name

std::map<Key, std::shared_ptr<const SnmpIdentity>>& known_users() {
  static std::map<Key, std::shared_ptr<const SnmpIdentity>> users;
  return users;
}

void forget(const Key& key) {
  auto* engine = reinterpret_cast<unsigned char*>(const_cast<char*>(key.first.data()));
  if (usmUser* user = usm_get_user(engine, key.first.size(), key.second.c_str())) {
    usm_remove_user(user);
    usm_free_user(user);
  }
}

}  // namespace

bool introduce_snmp_user(snmp_session& session, const std::shared_ptr<const SnmpIdentity>& identity) {
  auto& users = known_users();
  const Key key(
      std::string(reinterpret_cast<const char*>(session.securityEngineID), session.securityEngineIDLen),
      std::string(session.securityName, session.securityNameLen));
  const auto known = users.find(key);
  if (known != users.end() && known->second == identity) return true;
  if (users.size() >= kMostSnmpUsers) {
    // Only agents that give another engine each time come here; those under way are asked again.
    for (const auto& [old, unused] : users) {
      forget(old);
      free_enginetime(reinterpret_cast<unsigned char*>(const_cast<char*>(old.first.data())),
                      old.first.size());
    }
    users.clear();
  }
  forget(key);
  session.flags &= ~static_cast<u_long>(SNMP_FLAGS_USER_CREATED);
  if (create_user_from_session(&session) != SNMPERR_SUCCESS) return false;
  users[key] = identity;
  return true;
}

}  // namespace faultline::session
