#include "daemon/http/target.h"

#include <fmt/format.h>

namespace faultline::http {
namespace {

constexpr std::size_t kLongest = 4096;
constexpr std::size_t kMostParameters = 32;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(unsigned char c) {
  return c < 0x20 || c == 0x7F;
}

Result<std::string> decode_path(std::string_view text) {
  std::string path;
  std::string_view rest = text;
  while (!rest.empty()) {  // rest begins with '/'
    const auto slash = rest.find('/', 1);
    const std::string_view segment = rest.substr(1, slash == std::string_view::npos ? slash : slash - 1);
    const bool is_last = slash == std::string_view::npos;
    if (segment.empty() && !(is_last && path.empty())) return fail("target: an empty path segment");
    const auto decoded = percent_decode(segment, false);
    if (!decoded || decoded->find('/') != std::string::npos)
      return fail(fmt::format("target: \"{}\" is no valid path segment", segment));
    if (*decoded == "." || *decoded == "..") return fail("target: \".\" and \"..\" are not taken");
    path += '/';
    path += *decoded;
    rest = is_last ? std::string_view{} : rest.substr(slash);
  }
  return path;
}

Result<Query> decode_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const auto ampersand = text.find('&');
    const std::string_view pair = text.substr(0, ampersand);
    text.remove_prefix(ampersand == std::string_view::npos ? text.size() : ampersand + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto key = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!key || !value || key->empty())
      return fail(fmt::format("target: \"{}\" is no valid query parameter", pair));
    if (query.size() == kMostParameters)
      return fail(fmt::format("target: more than {} query parameters", kMostParameters));
    const auto [position, is_new] = query.emplace(std::move(*key), std::move(*value));
    if (!is_new) return fail(fmt::format("target: query parameter \"{}\" is given twice", position->first));
  }
  return query;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = byte(i);
    const std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (length == 0 || first > 0xF4 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(i + k) & 0xC0U) != 0x80) return false;
    const unsigned second = length > 2 ? byte(i + 1) : 0x80;
    if (first == 0xE0 && second < 0xA0) return false;  // overlong
    if (first == 0xED && second > 0x9F) return false;  // surrogates
    if (first == 0xF0 && second < 0x90) return false;  // overlong
    if (first == 0xF4 && second > 0x8F) return false;  // beyond U+10FFFF
    i += length;
  }
  return true;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (is_control(static_cast<unsigned char>(c))) return std::nullopt;
    out += c;
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

Result<Target> parse_target(std::string_view text) {
  if (text.size() > kLongest) return fail(fmt::format("target: more than {} bytes", kLongest));
  if (text.empty() || text.front() != '/') return fail("target: expected a path that begins with \"/\"");
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '#')
      return fail("target: a character that must be percent-encoded");
  const auto question = text.find('?');
  auto path = decode_path(text.substr(0, question));
  if (!path) return tl::make_unexpected(path.error());
  auto query = decode_query(question == std::string_view::npos ? "" : text.substr(question + 1));
  if (!query) return tl::make_unexpected(query.error());
  return Target{std::move(*path), std::move(*query)};
}

}  // namespace faultline::http
