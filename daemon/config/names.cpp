#include "daemon/config/names.h"

#include "daemon/config/problem.h"
#include "daemon/config/text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace faultline::config {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char32_t decode(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  char32_t value = byte(0) & (0xFFU >> (sequence.size() + 1));
  for (std::size_t i = 1; i < sequence.size(); ++i) value = (value << 6) | (byte(i) & 0x3FU);
  return value;
}

// Control characters, spaces of all kinds, and what changes or hides other characters: two names that look
// equal would not be.
bool is_invisible(char32_t c) {
  return c < 0x21 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || c == 0x1680 || (c >= 0x2000 && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF ||
         (c >= 0xFFF0 && c <= 0xFFFF) || c >= 0xE0000;
}

std::optional<std::string> ipv4_problem(std::uint32_t address) {
  if (address == 0) return "is the unspecified address; give the endpoint's own";
  if (address >> 28U == 0xE) return "is a multicast address; a probe needs a single host";
  if (address == 0xFFFFFFFFU) return "is the broadcast address; a probe needs a single host";
  return std::nullopt;
}

std::optional<std::string> ipv6_problem(const in6_addr& address) {
  if (IN6_IS_ADDR_UNSPECIFIED(&address)) return "is the unspecified address; give the endpoint's own";
  if (IN6_IS_ADDR_MULTICAST(&address)) return "is a multicast address; a probe needs a single host";
  return std::nullopt;
}

bool is_host_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return false;
  std::string_view label;
  while (true) {
    const std::size_t dot = name.find('.');
    label = name.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-'; }))
      return false;
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  // A last label of digits is a mistyped address: 10.0.0.256, 10.1.2.
  return !std::all_of(label.begin(), label.end(), is_digit);
}

constexpr std::string_view kNeither = "is neither an IP address nor a host name";

}  // namespace

std::optional<std::string> name_problem(std::string_view name) {
  constexpr std::string_view kPunctuation = "._-:/@+";
  if (name.empty()) return "is empty; give a name";
  if (name.size() > kMaxNameBytes)
    return fmt::format("{} has {} bytes; at most {} are allowed", in_quotes(name), name.size(),
                       kMaxNameBytes);
  for (std::size_t i = 0; i < name.size();) {
    const char first = name[i];
    if (is_letter(first) || is_digit(first) || kPunctuation.find(first) != std::string_view::npos) {
      ++i;
      continue;
    }
    const std::size_t length = utf8_length(name.substr(i, 4));
    const char32_t character = length > 0 ? decode(name.substr(i, length)) : 0;
    if (character == U' ') return fmt::format("{} holds a space; use - or _", in_quotes(name));
    if (is_invisible(character))
      return fmt::format("{} holds the invisible character U+{:04X}; remove it", in_quotes(name),
                         static_cast<std::uint32_t>(character));
    if (length == 1)
      return fmt::format("{} holds {}; allowed are letters, digits and . _ - : / @ +", in_quotes(name),
                         in_quotes(name.substr(i, 1)));
    i += length;
  }
  return std::nullopt;
}

std::optional<std::string> free_text_problem(std::string_view text, std::size_t limit) {
  if (text.size() > limit) return fmt::format("has {} bytes; at most {} are allowed", text.size(), limit);
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
  if (control == text.end()) return std::nullopt;
  return fmt::format("{} holds the control character \\x{:02X}; remove it", in_quotes(text),
                     static_cast<unsigned char>(*control));
}

std::optional<std::string> address_problem(std::string_view address) {
  if (address.empty()) return "is empty; give an IP address or a host name";
  if (address.size() > 255) return fmt::format("{} {}", in_quotes(address), kNeither);
  std::array<char, 256> text{};
  std::string_view literal = address.substr(0, address.find('%'));
  const std::string_view zone = address.substr(literal.size());
  std::copy(literal.begin(), literal.end(), text.begin());
  in_addr v4{};
  in6_addr v6{};
  std::optional<std::string> problem;
  if (zone.empty() && ::inet_pton(AF_INET, text.data(), &v4) == 1) {
    problem = ipv4_problem(ntohl(v4.s_addr));
  } else if (::inet_pton(AF_INET6, text.data(), &v6) == 1) {
    problem = zone.size() == 1 || zone.size() > 16 ? "has a bad zone after %" : ipv6_problem(v6);
  } else if (!is_host_name(address)) {
    const std::size_t slash = address.find('/');
    problem =
        std::string(kNeither) + (slash != std::string_view::npos ? "; leave out what begins with /" : "");
  }
  if (!problem) return std::nullopt;
  return fmt::format("{} {}", in_quotes(address), *problem);
}

std::optional<std::string> url_problem(std::string_view url) {
  std::string_view rest = url;
  if (rest.starts_with("https://"))
    rest.remove_prefix(8);
  else if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  else
    return fmt::format("{} begins with neither http:// nor https://", in_quotes(url));
  if (url.size() > 2000) return fmt::format("has {} bytes; at most 2000 are allowed", url.size());
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c == 0x7F || c == '#'; }))
    return fmt::format("{} holds a space, a control character or #", in_quotes(url));
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos)
    return "holds a user name or password; use secret_file instead";
  std::string_view host = authority, port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return fmt::format("{} has no closing ]", in_quotes(url));
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (auto problem = address_problem(host)) return "host: " + *problem;
  if (port.empty()) return std::nullopt;
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
  if (port[0] != ':' || error != std::errc() || end != port.data() + port.size() || number == 0)
    return fmt::format("{} has a bad port", in_quotes(url));
  return std::nullopt;
}

}  // namespace faultline::config
