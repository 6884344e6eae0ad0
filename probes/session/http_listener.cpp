#include "probes/session/http_listener.h"

#include "probes/session/tls_peer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace faultline::session {
namespace {

constexpr std::string_view kHidden = "(not shown)";
constexpr std::size_t kMostHeaderBytes = 32 * 1024;

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// By its name: Authorization, Cookie, X-Api-Key, access_token, …
bool is_secret(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), small);
  if (text == "www-authenticate") return false;  // what the server asks for
  constexpr std::array<std::string_view, 11> kWords = {
      "auth", "cookie", "credential", "key", "pass", "pwd", "secret", "session", "sid", "sig", "token"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

// Values of the query parameters in a line.
std::string without_secret_parameters(std::string_view line) {
  constexpr std::string_view kEnds = "&#;, \"";
  std::string shown;
  bool is_in_query = false;
  while (!line.empty()) {
    const char c = line.front();
    shown += c;
    line.remove_prefix(1);
    if (c == ' ') is_in_query = false;
    is_in_query = is_in_query || c == '?';
    if (!is_in_query || (c != '?' && c != '&' && c != ';')) continue;
    const std::size_t equals = line.find('=');
    const std::size_t end = std::min(line.find_first_of(kEnds), line.size());
    if (equals >= end || !is_secret(line.substr(0, equals))) continue;
    shown.append(line.substr(0, equals + 1)).append(kHidden);
    line.remove_prefix(end);
  }
  return shown;
}

}  // namespace

std::vector<std::string> shown_header_lines(std::string_view header) {
  std::vector<std::string> lines;
  bool hides = false;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find('\n'), header.size());
    std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    const bool goes_on = line.front() == ' ' || line.front() == '\t';  // the line before, folded
    const std::size_t colon = line.find(':');
    const bool is_field = !lines.empty() && !goes_on && colon != std::string_view::npos;
    if (!goes_on) hides = is_field && is_secret(line.substr(0, colon));
    if (!hides)
      lines.push_back(without_secret_parameters(line));
    else if (is_field)
      lines.push_back(fmt::format("{}: {}", line.substr(0, colon), kHidden));
  }
  return lines;
}

void HttpListener::connecting(const boost::asio::ip::tcp::endpoint& remote) const {
  if (watch_) watch_(">", "connect to " + shown(remote.address(), remote.port()));
}

void HttpListener::connected(const Attempt& attempt) const {
  if (watch_) watch_("<", told_by(attempt));
}

void HttpListener::secured(const SSL* tls, const boost::system::error_code& error) const {
  if (!watch_) return;
  if (error) return watch_("<", "no TLS: " + told_by(Attempt{error, false}));
  for (const std::string& text : texts_of_peer(tls)) watch_("<", text);
}

void HttpListener::sent(std::string_view header) const {
  if (!watch_) return;
  for (const std::string& line : shown_header_lines(header)) watch_(">", line);
}

void HttpListener::received(std::string_view bytes) {
  if (!watch_) return;
  if (has_header_) {
    bytes_ += bytes.size();
    return;
  }
  header_.append(bytes);
  const std::size_t end = header_.find("\r\n\r\n");
  has_header_ = end != std::string::npos || header_.size() >= kMostHeaderBytes;
  if (!has_header_) return;
  const std::size_t size = end == std::string::npos ? header_.size() : end + 4;
  bytes_ = header_.size() - size;
  tell_header(std::string_view(header_).substr(0, size));
  header_.clear();
}

void HttpListener::ended() {
  if (!watch_) return;
  if (!has_header_) tell_header(header_);
  if (has_header_) watch_("<", fmt::format("{} bytes of body", bytes_));
}

void HttpListener::tell_header(std::string_view header) const {
  for (const std::string& line : shown_header_lines(header)) watch_("<", line);
}

}  // namespace faultline::session
