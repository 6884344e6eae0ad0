#include "daemon/tickets/http_client.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace faultline::tickets {

namespace {

tl::unexpected<Error> bad(std::string_view text, std::string_view what) {
  return fail(fmt::format("\"{}\": {} (expected http://HOST[:PORT]/PATH or https://…)", text, what));
}

bool is_printable(char c) {
  return c > ' ' && c < 0x7F;
}

}  // namespace

std::string Url::host_header() const {
  const std::string shown = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  return port == (tls ? 443 : 80) ? shown : fmt::format("{}:{}", shown, port);
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    url.port = 443;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return bad(text, "neither http nor https");
  }
  if (!std::all_of(text.begin(), text.end(), is_printable))
    return bad(text, "a character that a URL cannot hold");
  if (rest.find('#') != std::string_view::npos) return bad(text, "has a fragment");
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  url.target = std::string(rest.substr(path));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  std::string_view authority = rest.substr(0, path);
  if (authority.find('@') != std::string_view::npos)
    return fail("the URL holds a user name or password; use the signature's secret_file instead");
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad(text, "the bracket of the address is not closed");
    url.host = std::string(authority.substr(1, end - 1));
    port = authority.substr(end + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = std::string(authority.substr(0, colon));
    port = authority.substr(colon);
  }
  if (url.host.empty()) return bad(text, "no host");
  if (port.empty()) return url;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), url.port);
  if (port[0] != ':' || error != std::errc() || end != port.data() + port.size() || url.port == 0)
    return bad(text, "the port is not a number from 1 to 65535");
  return url;
}

}  // namespace faultline::tickets
