// faultline.yaml as plain structs with their defaults, and its reader. load_config checks everything that the
// file alone can tell (the inventory's rows are daemon/inventory's, the rule files rule_file.h's) and reports
// all mistakes at once. Called by main at the start, by a reload, and by `faultline check`; keeps nothing.
#pragma once

#include "daemon/alarms/mapping.h"
#include "daemon/config/problem.h"
#include "daemon/config/yaml.h"
#include "daemon/http/message.h"
#include "probes/option.h"
#include "probes/session/device_profile.h"
#include "rules/model/round.h"
#include "rules/model/topology.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::config {

inline constexpr std::uint16_t kDefaultPort = 9464;

struct ListenConfig {
  std::string address = "127.0.0.1";  // a literal, IPv4 or IPv6 without brackets
  std::uint16_t port = kDefaultPort;  // 0: any free one

  bool is_loopback() const;  // 127.0.0.0/8 or ::1
  friend bool operator==(const ListenConfig&, const ListenConfig&) = default;
};
// "127.0.0.1:9464", "[::1]:9464". The error says what was expected.
Result<ListenConfig> parse_listen(std::string_view text);

struct StoreConfig {
  std::filesystem::path path;  // of the database; history ring files lie beside it
};

// A CSV file, or rows written into the YAML file itself.
struct TableSource {
  std::filesystem::path path;    // empty: no file
  std::optional<YamlNode> rows;  // the inline list
  std::string file;              // as problems name the file that the rows are in
  std::string key;               // what named it: "inventory.nodes"
  std::string named_in;          // the file with the key, and the place of its value there
  Position at;
  bool is_given() const { return rows.has_value() || !path.empty(); }
};
struct InventoryConfig {
  TableSource nodes, endpoints;
};

struct ConfiguredProbe {
  ProbeKindIndex kind = 0;
  ProbeOptions options;  // checked against the kind's specs: every option is there
};
// The set of probes that an access technology gets.
struct Profile {
  std::string name;
  std::vector<Technology> technologies;  // its endpoints have this profile unless their row names another
  std::vector<ConfiguredProbe> probes;
};
// The profiles that there are when the file names none.
std::vector<Profile> built_in_profiles();

struct ProbeHostConfig {
  std::string name = "probe-1";
  std::vector<std::string> references;  // addresses of the self-check; none: no self-check
};

struct WebhookConfig {
  std::string name;  // of the connector, in outbox rows and metrics
  std::string url;   // http:// or https://
  std::filesystem::path secret_file;
  std::string secret;  // its content without the line's end; empty: requests are not signed
};

struct TrapsConfig {
  std::optional<ListenConfig> listen;   // none: no traps are received
  std::string community;                // that is taken
  std::uint32_t rate_per_second = 100;  // of all senders together; what is more is counted only
};

struct TlsConfig {
  std::filesystem::path certificate;  // PEM, with its chain
  std::filesystem::path key;          // PEM
};
struct TokenConfig {
  std::string name;  // of who holds it, for the audit log
  http::Role role = http::Role::viewer;
  std::string sha256;  // of the token, 64 hexadecimal digits in lower case
};
struct ApiConfig {
  std::optional<TlsConfig> tls;
  std::vector<TokenConfig> tokens;
  std::vector<std::string> allowed_hosts;  // Host names taken on loopback besides localhost and literals
  std::uint32_t rate_per_minute = 6000;    // requests per token, or per address without one
  std::uint32_t connections = 512;         // in all
  std::uint32_t connections_per_peer = 64;
};

struct MetricsConfig {
  bool endpoints = true;              // series per endpoint
  std::vector<std::string> families;  // of those; none: all
};

struct HistoryConfig {
  bool enabled = true;
};

struct Config {
  std::string file;                 // as problems name it
  std::filesystem::path directory;  // of the file: what relative paths start from
  std::vector<ListenConfig> listen = {ListenConfig{}};
  StoreConfig store;
  InventoryConfig inventory;
  TableSource maintenance;
  std::vector<std::filesystem::path> rules;                        // later ones win
  std::shared_ptr<const session::DeviceProfiles> device_profiles;  // built in, and of the files named
  ProbeHostConfig probe_host;
  std::vector<Profile> profiles;
  std::vector<WebhookConfig> webhooks;
  alarms::Mapping alarms;  // of other systems
  TrapsConfig traps;
  ApiConfig api;
  MetricsConfig metrics;
  HistoryConfig history;

  // Index of the profile with the name, or of the one that has the technology.
  std::optional<std::uint8_t> find_profile(std::string_view name) const;
  std::optional<std::uint8_t> find_profile(Technology technology) const;
};

// Reads and checks the file and those it names for secrets and TLS. Nothing only if it is no YAML map at all;
// else what could be understood, so that the inventory can be checked in the same go. It may be used for
// running only if `problems` is empty afterwards.
std::optional<Config> load_config(const std::filesystem::path& path, Problems& problems);
// The same from a text; `file` names it in problems, relative paths start from `directory`.
std::optional<Config> parse_config(std::string_view text, std::string_view file,
                                   const std::filesystem::path& directory, Problems& problems);

}  // namespace faultline::config
