#include "daemon/http/response_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace faultline::http {
namespace {

// IMF-fixdate (RFC 9110 §5.6.7), whatever the locale.
std::string http_date(std::time_t now) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm t{};
  gmtime_r(&now, &t);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(t.tm_wday)],
                     t.tm_mday, kMonths[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour,
                     t.tm_min, t.tm_sec);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  const auto append_clean = [&out](std::string_view text) {
    for (const char c : text)
      if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) out += c;
  };
  append_clean(name);
  out += ": ";
  append_clean(value);
  out += "\r\n";
}

}  // namespace

std::string response_head(const HttpResponse& response, Framing framing, bool keep_alive, std::time_t now) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  append_field(out, "Date", http_date(now));
  append_field(out, "Server", "faultline");
  if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
  // RFC 9110 §8.6: no length with 204.
  if (framing == Framing::length && response.status != 204)
    append_field(out, "Content-Length", std::to_string(response.body.size()));
  if (framing == Framing::chunked) append_field(out, "Transfer-Encoding", "chunked");
  append_field(out, "Connection", keep_alive ? "keep-alive" : "close");
  append_field(out, "X-Content-Type-Options", "nosniff");
  bool has_cache_control = false;
  for (const auto& [name, value] : response.headers) {
    append_field(out, name, value);
    has_cache_control = has_cache_control || name == "Cache-Control";
  }
  if (!has_cache_control) append_field(out, "Cache-Control", "no-store");
  out += "\r\n";
  return out;
}

std::string chunk_head(std::size_t size) {
  return fmt::format("{:x}\r\n", size);
}

}  // namespace faultline::http
