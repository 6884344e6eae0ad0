#include "daemon/config/config.h"

#include "daemon/config/config_parts.h"
#include "daemon/config/device_profiles.h"
#include "daemon/config/names.h"
#include "daemon/metrics/family.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace faultline::config {
namespace {

void read_listen(Map& root, Config& config) {
  const std::optional<Value> section = root.find("listen");
  if (!section) return;
  const std::vector<Value> items = section->is_list() ? section->list() : std::vector<Value>{*section};
  std::vector<ListenConfig> listen;
  for (const Value& item : items) {
    const std::optional<std::string> text = item.text();
    if (!text) continue;
    Result<ListenConfig> parsed = parse_listen(*text);
    if (parsed)
      listen.push_back(std::move(*parsed));
    else
      item.problem(parsed.error().message);
  }
  if (section->is_list() && items.empty()) section->problem("is empty; give an address or remove the key");
  if (!listen.empty()) config.listen = std::move(listen);
}

TableSource read_table_source(Map& map, std::string_view key, const Config& config) {
  TableSource source;
  const std::optional<Value> value = map.find(key);
  if (!value) return source;
  source.key = value->path();
  source.named_in = config.file;
  source.at = value->node().at;
  if (value->is_list()) {
    source.rows = value->node();
    source.file = config.file;
  } else if (const auto text = value->text()) {
    source.path = config.directory / *text;
    source.file = source.path.string();
  }
  return source;
}

void read_inventory(Map& root, Config& config) {
  const std::optional<Value> section = root.require("inventory");
  if (!section) return;
  Map map = section->map();
  config.inventory.nodes = read_table_source(map, "nodes", config);
  if (map.require("endpoints")) config.inventory.endpoints = read_table_source(map, "endpoints", config);
}

void read_probe_host(Map& root, Config& config) {
  Map map = root.map("probe_host");
  read_checked(map, "name", config.probe_host.name, name_problem);
  for (const Value& item : map.list("references")) {
    const std::optional<std::string> address = item.text();
    if (!address) continue;
    auto& known = config.probe_host.references;
    if (const auto problem = address_problem(*address))
      item.problem(*problem);
    else if (std::find(known.begin(), known.end(), *address) != known.end())
      item.problem(fmt::format("{} is given twice", in_quotes(*address)));
    else
      known.push_back(*address);
  }
}

void read_rules(Map& root, Config& config) {
  std::vector<std::string> files;
  root.read("rules", files);
  for (const std::string& file : files) config.rules.push_back(config.directory / file);
}

void read_device_profiles(Map& root, Config& config) {
  std::vector<std::string> names;
  root.read("device_profiles", names);
  std::vector<std::filesystem::path> files;
  for (const std::string& file : names) files.push_back(config.directory / file);
  config.device_profiles = load_device_profiles(files, root.value().problems());
}

// For a message that names the key itself.
void problem_without_path(const Value& value, std::string_view message) {
  const std::string prefix = value.path() + ": ";
  if (message.starts_with(prefix)) message.remove_prefix(prefix.size());
  value.problem(message);
}

void read_small_sections(Map& root, Config& config) {
  {
    std::string path = "faultline.db";
    root.map("store").read("path", path);
    config.store.path = config.directory / path;
  }
  Map section = root.map("metrics");
  section.read("endpoints", config.metrics.endpoints);
  if (section.read("families", config.metrics.families))
    if (const auto known = metrics::parse_families(config.metrics.families); !known)
      problem_without_path(*section.find("families"), known.error().message);
  Map history = root.map("history");
  history.read("enabled", config.history.enabled);
}

std::optional<Config> read_config(const YamlDocument& document, const std::filesystem::path& directory,
                                  Problems& problems) {
  const Value top(document, problems);
  if (!top.is_map()) {
    top.problem(top.is_null() ? "is empty; it needs at least inventory: {endpoints: endpoints.csv}"
                              : "expected a map of sections such as inventory:");
    return std::nullopt;
  }
  Config config;
  config.file = document.file;
  config.directory = directory;
  Map root = top.map();
  read_listen(root, config);
  read_small_sections(root, config);
  read_inventory(root, config);
  config.maintenance = read_table_source(root, "maintenance", config);
  read_rules(root, config);
  read_probe_host(root, config);
  read_device_profiles(root, config);
  read_profiles(root, config);
  read_webhooks(root, config);
  read_alarms(root, config);
  read_api(root, config);
  if (const auto listen = root.find("listen")) check_exposure(*listen, config);
  return config;
}

}  // namespace

bool read_checked(Map& map, std::string_view key, std::string& target, TextCheck check) {
  std::string text;
  if (!map.read(key, text)) return false;
  if (const auto problem = check(text)) {
    map.find(key)->problem(*problem);
    return false;
  }
  target = std::move(text);
  return true;
}

bool ListenConfig::is_loopback() const {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24U == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

Result<ListenConfig> parse_listen(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(fmt::format("{} {} (try 127.0.0.1:{})", in_quotes(text), why, kDefaultPort));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("has no port");
  std::string_view address = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool is_bracketed = address.starts_with('[') && address.ends_with(']') && address.size() > 2;
  if (is_bracketed) address = address.substr(1, address.size() - 2);

  ListenConfig listen;
  listen.address = address;
  in_addr v4{};
  in6_addr v6{};
  const bool is_v6 = ::inet_pton(AF_INET6, listen.address.c_str(), &v6) == 1;
  if (is_v6 && !is_bracketed) return refuse("needs brackets around the IPv6 address, as in [::1]:9464");
  if (!is_v6 && (is_bracketed || ::inet_pton(AF_INET, listen.address.c_str(), &v4) != 1))
    return refuse("does not begin with an IP address");
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), listen.port);
  const bool has_leading_zero = port.size() > 1 && port[0] == '0';
  if (port.empty() || error != std::errc() || end != port.data() + port.size() || has_leading_zero)
    return refuse("has no port of 0 to 65535");
  return listen;
}

std::optional<std::uint8_t> Config::find_profile(std::string_view name) const {
  for (std::size_t i = 0; i < profiles.size(); ++i)
    if (profiles[i].name == name) return static_cast<std::uint8_t>(i);
  return std::nullopt;
}

std::optional<std::uint8_t> Config::find_profile(Technology technology) const {
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const auto& technologies = profiles[i].technologies;
    if (std::find(technologies.begin(), technologies.end(), technology) != technologies.end())
      return static_cast<std::uint8_t>(i);
  }
  return std::nullopt;
}

std::optional<Config> load_config(const std::filesystem::path& path, Problems& problems) {
  const auto document = load_yaml(path, problems);
  return document ? read_config(*document, path.parent_path(), problems) : std::nullopt;
}

std::optional<Config> parse_config(std::string_view text, std::string_view file,
                                   const std::filesystem::path& directory, Problems& problems) {
  const auto document = parse_yaml(text, file, problems);
  return document ? read_config(*document, directory, problems) : std::nullopt;
}

}  // namespace faultline::config
