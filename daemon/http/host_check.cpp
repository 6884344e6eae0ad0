#include "daemon/http/host_check.h"

#include <arpa/inet.h>

#include <algorithm>

namespace faultline::http {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool is_loopback_literal(const std::string& name) {
  in_addr v4{};
  if (inet_pton(AF_INET, name.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, name.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

bool is_port(std::string_view text) {  // ":" and digits, or nothing
  if (text.empty()) return true;
  return text.front() == ':' && text.size() <= 6 &&
         text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

}  // namespace

std::string host_name(std::string_view host) {
  if (host.starts_with('[')) {
    const auto close = host.find(']');
    if (close == std::string_view::npos || !is_port(host.substr(close + 1))) return {};
    return lower(host.substr(1, close - 1));
  }
  const auto colon = std::min(host.find(':'), host.size());
  if (!is_port(host.substr(colon))) return {};
  return lower(host.substr(0, colon));
}

bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed) {
  const std::string name = host_name(host);
  if (name == "localhost" || is_loopback_literal(name)) return true;
  return !name.empty() && std::find(allowed.begin(), allowed.end(), name) != allowed.end();
}

bool is_same_origin(std::string_view origin, std::string_view host) {
  if (origin.empty()) return true;
  const auto slashes = origin.find("://");
  return slashes != std::string_view::npos && lower(origin.substr(slashes + 3)) == lower(host);
}

}  // namespace faultline::http
