// The sections `api` and `tickets`: who may come in, and whom tickets are told to. Everything that is secret
// lies in files of its own, and those must not be open to everybody.
#include "daemon/config/config_parts.h"
#include "daemon/config/names.h"
#include "daemon/config/text.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

namespace faultline::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 4096;
constexpr std::size_t kMinSecretBytes = 16;
constexpr std::size_t kMaxPemBytes = 1 << 20;

struct RoleName {
  std::string_view name;
  http::Role role;
};
constexpr std::array<RoleName, 5> kRoles = {{{"viewer", http::Role::viewer},
                                             {"complaints", http::Role::complaints},
                                             {"alarms", http::Role::alarms},
                                             {"operator", http::Role::operations},
                                             {"admin", http::Role::admin}}};

bool is_open_to_all(const std::filesystem::path& path, unsigned& mode) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  mode = status.st_mode & 07777U;
  return (mode & (S_IROTH | S_IWOTH)) != 0;
}

// A file with at most `limit` bytes; with `is_secret`, not open to everybody. The message begins with the
// path.
Result<std::string> read_guarded_file(const std::filesystem::path& path, std::size_t limit, bool is_secret) {
  Result<std::string> text = read_file(path, limit);
  if (!text) return fail(fmt::format("{} {}", path.string(), text.error().message));
  unsigned mode = 0;
  if (is_secret && is_open_to_all(path, mode))
    return fail(fmt::format("{} is open to every user of this machine (mode {:04o}); chmod 600 it",
                            path.string(), mode));
  return text;
}

// PEM file named at `key`.
void read_pem(Map& map, std::string_view key, const Config& config, bool is_secret,
              std::filesystem::path& path) {
  std::string file;
  if (!map.require(key) || !map.read(key, file)) return;
  path = config.directory / file;
  const Result<std::string> pem = read_guarded_file(path, kMaxPemBytes, is_secret);
  if (!pem)
    map.find(key)->problem(pem.error().message);
  else if (pem->find("-----BEGIN ") == std::string::npos)
    map.find(key)->problem(
        fmt::format("{} is no PEM file (it has no line -----BEGIN …-----)", path.string()));
}

void read_tls(Map& api, Config& config) {
  if (!api.has("tls")) return;
  Map map = api.map("tls");
  TlsConfig tls;
  read_pem(map, "certificate", config, false, tls.certificate);
  read_pem(map, "key", config, true, tls.key);
  config.api.tls = std::move(tls);
}

std::optional<std::string> digest_problem(std::string_view text) {
  const bool is_hex = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (is_hex && text.size() == 64) return std::nullopt;
  // Never show it: it may be the token itself.
  return fmt::format(
      "expected 64 hexadecimal digits, found {} characters; make it with: printf %s TOKEN | sha256sum",
      text.size());
}

void read_token(const Value& item, ApiConfig& api) {
  Map map = item.map();
  TokenConfig token;
  if (map.require("name") && read_checked(map, "name", token.name, name_problem) &&
      std::any_of(api.tokens.begin(), api.tokens.end(),
                  [&](const TokenConfig& t) { return t.name == token.name; }))
    map.find("name")->problem(fmt::format("{} is given twice", in_quotes(token.name)));
  if (const auto role = map.require("role")) {
    std::vector<std::string_view> names;
    for (const RoleName& known : kRoles) names.push_back(known.name);
    if (const auto index = role->choice(names)) token.role = kRoles[*index].role;
  }
  if (map.require("sha256") && read_checked(map, "sha256", token.sha256, digest_problem)) {
    for (char& c : token.sha256)
      if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    const auto same = std::find_if(api.tokens.begin(), api.tokens.end(),
                                   [&](const TokenConfig& t) { return t.sha256 == token.sha256; });
    if (same != api.tokens.end())
      map.find("sha256")->problem(
          fmt::format("is that of token {} too; give each its own", in_quotes(same->name)));
  }
  api.tokens.push_back(std::move(token));
}

void read_webhook(const Value& item, Config& config) {
  Map map = item.map();
  WebhookConfig hook;
  if (map.require("name") && read_checked(map, "name", hook.name, name_problem) &&
      std::any_of(config.webhooks.begin(), config.webhooks.end(),
                  [&](const WebhookConfig& h) { return h.name == hook.name; }))
    map.find("name")->problem(fmt::format("{} is given twice", in_quotes(hook.name)));
  if (map.require("url")) read_checked(map, "url", hook.url, url_problem);
  std::string file;
  if (map.read("secret_file", file)) {
    hook.secret_file = config.directory / file;
    Result<std::string> secret = read_secret_file(hook.secret_file);
    if (!secret)
      map.find("secret_file")->problem(secret.error().message);
    else if (secret->size() < kMinSecretBytes)
      map.find("secret_file")
          ->problem(fmt::format("{} holds {} characters; a secret has at least {} (openssl rand -hex 32)",
                                hook.secret_file.string(), secret->size(), kMinSecretBytes));
    else
      hook.secret = std::move(*secret);
  }
  config.webhooks.push_back(std::move(hook));
}

}  // namespace

Result<std::string> read_secret_file(const std::filesystem::path& path) {
  Result<std::string> text = read_guarded_file(path, kMaxSecretBytes, true);
  if (!text) return text;
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  if (text->empty()) return fail(fmt::format("{} is empty", path.string()));
  return text;
}

void read_api(Map& root, Config& config) {
  Map map = root.map("api");
  read_tls(map, config);
  for (const Value& item : map.list("tokens")) read_token(item, config.api);
  map.read("allowed_hosts", config.api.allowed_hosts);
  map.read("rate_per_minute", config.api.rate_per_minute, 1, 10'000'000);
  map.read("connections", config.api.connections, 1, 100'000);
  map.read("connections_per_peer", config.api.connections_per_peer, 1, 100'000);
}

void read_webhooks(Map& root, Config& config) {
  Map map = root.map("tickets");
  for (const Value& item : map.list("webhooks")) read_webhook(item, config);
}

void check_exposure(const Value& listen, const Config& config) {
  if (config.api.tls && !config.api.tokens.empty()) return;
  for (const ListenConfig& address : config.listen) {
    if (address.is_loopback()) continue;
    std::string missing = config.api.tls              ? "api.tokens"
                          : config.api.tokens.empty() ? "api.tls and api.tokens"
                                                      : "api.tls";
    listen.problem(
        fmt::format("{} can be reached from other machines, and {} missing; add what is missing or listen "
                    "on 127.0.0.1:{}",
                    address.address, missing + (missing.size() > 10 ? " are" : " is"), address.port));
  }
}

}  // namespace faultline::config
