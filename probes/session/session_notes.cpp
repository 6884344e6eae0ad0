#include "probes/session/exchange_watch.h"
#include "probes/session/session_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace faultline {
namespace {

constexpr std::size_t kMostExchangeBytes = 4096;

std::string visible(std::string_view raw) {
  std::string text;
  const auto out = std::back_inserter(text);
  for (const char c : raw.substr(0, kMostExchangeBytes)) {
    if (c == '\r')
      fmt::format_to(out, "\\r");
    else if (c == '\n')
      fmt::format_to(out, "\\n");
    else if (c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      fmt::format_to(out, "\\x{:02x}", static_cast<unsigned char>(c));
    else
      text += c;
  }
  if (raw.size() > kMostExchangeBytes)
    fmt::format_to(out, " … {} bytes more", raw.size() - kMostExchangeBytes);
  return text;
}

void note(const SessionTarget& target, SessionNote::Kind kind, std::string_view what, std::string text) {
  if (target.notes) target.notes->list.push_back({kind, std::string(what), std::move(text)});
}

}  // namespace

void note_fact(const SessionTarget& target, std::string_view what, std::string text) {
  note(target, SessionNote::Kind::fact, what, std::move(text));
}
void note_finding(const SessionTarget& target, std::string_view what, std::string text) {
  note(target, SessionNote::Kind::finding, what, std::move(text));
}
void note_exchange(const SessionTarget& target, std::string_view direction, std::string_view text) {
  if (target.notes && target.notes->wants_exchange)
    note(target, SessionNote::Kind::exchange, direction, visible(text));
}

namespace session {

ExchangeWatch exchange_watch(const SessionTarget& target) {
  if (!target.notes || !target.notes->wants_exchange) return {};
  return [notes = target.notes](std::string_view direction, std::string_view text) {
    notes->list.push_back({SessionNote::Kind::exchange, std::string(direction), visible(text)});
  };
}

}  // namespace session
}  // namespace faultline
