#include "probes/session/http_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace faultline::session {
namespace {

constexpr std::string_view kPlaceholder = "{address}";

tl::unexpected<Error> bad(std::string_view url, std::string_view what) {
  return fail(fmt::format("\"{}\": {} (expected https://{{address}}/PATH, http://HOST[:PORT]/PATH or /PATH)",
                          url, what));
}

template <typename Integer>
std::optional<Integer> whole(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void replace(std::string& text, std::string_view with) {
  for (std::size_t at = text.find(kPlaceholder); at != std::string::npos;
       at = text.find(kPlaceholder, at + with.size()))
    text.replace(at, kPlaceholder.size(), with);
}

std::string in_brackets(std::string_view host) {
  return host.find(':') == std::string_view::npos ? std::string(host) : fmt::format("[{}]", host);
}

}  // namespace

std::string HttpTarget::host_header() const {
  const std::string shown = in_brackets(host);
  return port == (tls ? 443 : 80) ? shown : fmt::format("{}:{}", shown, port);
}

Result<HttpTarget> parse_http_target(std::string_view url, std::string_view address, std::uint16_t port) {
  HttpTarget target;
  std::string text(url);
  if (text.starts_with('/')) text.insert(0, "https://{address}");
  if (text.starts_with("http://"))
    target.tls = false;
  else if (!text.starts_with("https://"))
    return bad(url, "neither http nor https");
  text.erase(0, target.tls ? 8 : 7);
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= 0x7F; }))
    return bad(url, "a character that a URL cannot hold");
  if (text.find('#') != std::string::npos) return bad(url, "has a fragment");
  const std::size_t slash = std::min(text.find_first_of("/?"), text.size());
  std::string authority = text.substr(0, slash);
  target.path = text.substr(slash);
  if (!target.path.starts_with('/')) target.path.insert(0, "/");
  replace(target.path, address);
  replace(authority, in_brackets(address));
  if (authority.find('@') != std::string::npos) return bad(url, "has a user name");

  const std::size_t bracket = authority.find(']');
  const bool has_bracket = authority.starts_with('[');
  if (has_bracket && bracket == std::string::npos)
    return bad(url, "the bracket of the address is not closed");
  const std::size_t end = has_bracket ? bracket + 1 : std::min(authority.find(':'), authority.size());
  target.host = has_bracket ? authority.substr(1, bracket - 1) : authority.substr(0, end);
  if (target.host.empty()) return bad(url, "no host");
  const std::string_view rest = std::string_view(authority).substr(end);
  target.port = target.tls ? 443 : 80;
  if (!rest.empty()) {
    const auto number = rest.front() == ':' ? whole<std::uint16_t>(rest.substr(1)) : std::nullopt;
    if (!number || *number == 0) return bad(url, "the port is not a number from 1 to 65535");
    target.port = *number;
  }
  if (port != 0) target.port = port;
  return target;
}

Result<StatusList> StatusList::parse(std::string_view text) {
  StatusList list;
  std::string_view rest = text;
  for (;;) {
    const std::string_view item = rest.substr(0, rest.find(','));
    const std::size_t dash = item.find('-');
    const auto first = whole<unsigned>(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : whole<unsigned>(item.substr(dash + 1));
    if (!first || !last || *first < 100 || *last > 599 || *first > *last)
      return fail(
          fmt::format("\"{}\" is no list of statuses from 100 to 599 (try 200-399 or 200,204)", text));
    list.ranges_.emplace_back(*first, *last);
    if (item.size() == rest.size()) return list;
    rest.remove_prefix(item.size() + 1);
  }
}

bool StatusList::contains(unsigned status) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const auto& range) { return status >= range.first && status <= range.second; });
}

}  // namespace faultline::session
