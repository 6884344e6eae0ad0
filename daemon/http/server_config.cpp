// What can be said of a ServerConfig without opening a socket, and the sockets that systemd passes.
#include "daemon/http/server.h"
#include "daemon/http/token_table.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <set>
#include <string>

namespace faultline::http {
namespace {

constexpr std::array<std::string_view, 9> kRefusalNames = {"too_many_connections",
                                                           "too_many_of_peer",
                                                           "tls_handshake",
                                                           "malformed",
                                                           "timed_out",
                                                           "too_large",
                                                           "rate",
                                                           "token",
                                                           "host"};

constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr int kMostInherited = 16;

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET)
    return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24U) == 127;
  return address.ss_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr) != 0;
}

// Whether the inherited socket listens on loopback; an error if it is no listening TCP socket.
Result<bool> inherited_is_loopback(int descriptor) {
  int listens = 0;
  socklen_t size = sizeof listens;
  sockaddr_storage address{};
  socklen_t address_size = sizeof address;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0 ||
      getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &address_size) != 0 ||
      (address.ss_family != AF_INET && address.ss_family != AF_INET6))
    return fail(fmt::format("inherited file descriptor {}: expected a listening TCP socket", descriptor));
  return is_loopback(address);
}

void check_tokens(const ServerConfig& config, std::vector<Error>& errors) {
  std::set<std::string> names;
  for (const Token& token : config.tokens) {
    if (token.name.empty()) errors.push_back({"api.tokens: a token has no name"});
    if (!names.insert(token.name).second)
      errors.push_back({fmt::format("api.tokens: the name \"{}\" is given twice", token.name)});
    if (token.role == Role::anyone)
      errors.push_back({fmt::format("api.tokens: {}: expected a role that a token can have", token.name)});
    if (!digest_from_hex(token.sha256))
      errors.push_back({fmt::format("api.tokens: {}: sha256: expected 64 hexadecimal digits", token.name)});
  }
}

void check_exposure(const ServerConfig& config, const std::string& where, std::vector<Error>& errors) {
  if (!config.tls)
    errors.push_back({where + ": listening beyond loopback needs TLS (api.tls: certificate and key)"});
  if (config.tokens.empty())
    errors.push_back({where + ": listening beyond loopback needs bearer tokens (api.tokens)"});
}

std::optional<long> number(const char* text) {
  const std::string_view view(text);
  long value = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
  if (error != std::errc() || end != view.data() + view.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view name(Refusal refusal) {
  return kRefusalNames[static_cast<std::size_t>(refusal)];
}

bool ListenAddress::is_loopback() const {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1)
    storage.ss_family = AF_INET;
  else if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1)
    storage.ss_family = AF_INET6;
  return http::is_loopback(storage);
}

std::vector<Error> check(const ServerConfig& config) {
  std::vector<Error> errors;
  check_tokens(config, errors);
  if (config.tls && (config.tls->certificate.empty() || config.tls->key.empty()))
    errors.push_back({"api.tls: expected both a certificate and a key"});
  for (const ListenAddress& address : config.listen)
    if (!address.is_loopback())
      check_exposure(config, fmt::format("listen: {}:{}", address.address, address.port), errors);
  for (const int descriptor : config.inherited) {
    const auto loopback = inherited_is_loopback(descriptor);
    if (!loopback)
      errors.push_back(loopback.error());
    else if (!*loopback)
      check_exposure(config, fmt::format("inherited file descriptor {}", descriptor), errors);
  }
  return errors;
}

Result<std::vector<int>> inherited_listeners(const char* listen_pid, const char* listen_fds, long own_pid) {
  std::vector<int> descriptors;
  if (!listen_pid || !listen_fds) return descriptors;
  const auto pid = number(listen_pid);
  const auto count = number(listen_fds);
  if (!pid) return fail(fmt::format("LISTEN_PID: expected a process id, got \"{}\"", listen_pid));
  if (*pid != own_pid) return descriptors;
  if (!count || *count < 0 || *count > kMostInherited)
    return fail(fmt::format("LISTEN_FDS: expected 0 to {}, got \"{}\"", kMostInherited, listen_fds));
  for (int i = 0; i < *count; ++i) {
    const int descriptor = kFirstInherited + i;
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0)
      return fail(fmt::format("LISTEN_FDS: file descriptor {} is not open", descriptor));
    descriptors.push_back(descriptor);
  }
  return descriptors;
}

}  // namespace faultline::http
