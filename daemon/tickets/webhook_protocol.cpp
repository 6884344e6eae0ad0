#include "daemon/tickets/webhook.h"

#include <fmt/core.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace faultline::tickets {

namespace {

constexpr std::size_t kMaxQuotedBody = 200;

// The start of an answer on one line, for a person who reads why it was refused.
std::string quoted(std::string_view body) {
  std::string line;
  for (const char c : body.substr(0, kMaxQuotedBody)) {
    const auto byte = static_cast<unsigned char>(c);
    line.push_back(byte < 0x20 || byte > 0x7E ? ' ' : c);
  }
  return line;
}

// Only these say that this update will never do. The rest (a wrong token, a moved URL, a limit) is mended by
// a person, and what happened meanwhile must still be told then.
bool is_final(unsigned status) {
  return status == 400 || status == 409 || status == 410 || status == 413 || status == 415 || status == 422;
}

}  // namespace

std::string sign(std::string_view secret, Timestamp at, std::string_view body) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  const std::string text = fmt::format("{}.{}", seconds, body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  std::string value = fmt::format("t={},v1=", seconds);
  for (unsigned i = 0; i < size; ++i) value += fmt::format("{:02x}", digest[i]);
  return value;
}

std::optional<Duration> parse_retry_after(std::string_view text, Timestamp now) {
  constexpr std::int64_t kLongest = 1'000'000'000;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (seconds < 0) return std::nullopt;
    return Duration(std::chrono::seconds(std::min(seconds, kLongest)));
  }
  std::tm date{};
  const std::string copy(text);
  const char* rest = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  const Timestamp when = std::chrono::sys_seconds(std::chrono::seconds(timegm(&date)));
  return std::max(Duration{}, when - now);
}

DeliveryResult classify(const HttpOutcome& outcome, std::string_view host, Timestamp now) {
  DeliveryResult result;
  if (outcome.status == 0) {
    result.outcome = outcome.was_sent ? Delivery::unknown : Delivery::retry_later;
    result.reason = fmt::format("{}: {}", host, outcome.trouble);
    return result;
  }
  result.reason = fmt::format("HTTP {} from {}", outcome.status, host);
  if (outcome.status >= 200 && outcome.status < 300) {
    result.outcome = Delivery::done;
  } else {
    result.outcome = is_final(outcome.status) ? Delivery::rejected : Delivery::retry_later;
    if (!is_final(outcome.status)) result.retry_after = parse_retry_after(outcome.retry_after, now);
    if (outcome.status < 400) result.reason += " (redirects are not followed: give the final URL)";
    if (outcome.status == 401 || outcome.status == 403) result.reason += " (check the secret and the URL)";
    if (!outcome.body.empty()) result.reason += fmt::format(": {}", quoted(outcome.body));
  }
  return result;
}

}  // namespace faultline::tickets
