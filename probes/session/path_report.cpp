#include "probes/session/path_report.h"

#include "rules/model/round.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

namespace faultline::session {
namespace {

// A jump is worth telling from here on, and if it is at least half of the whole way's time.
constexpr float kLeastJumpMs = 10;
constexpr std::string_view kSilent = "*";

std::string hop_name(const Path& path, std::size_t i) {
  if (path[i].is_endpoint) return fmt::format("the endpoint (hop {})", i + 1);
  return fmt::format("hop {} ({})", i + 1, path[i].address);
}

std::optional<std::size_t> last_that_answers(const Path& path) {
  for (std::size_t i = path.size(); i-- > 0;)
    if (!path[i].rtt_ms.empty()) return i;
  return std::nullopt;
}

// The first hop from which on everything that answers loses packets.
std::optional<std::size_t> loss_begins(const Path& path) {
  std::optional<std::size_t> begins;
  for (std::size_t i = path.size(); i-- > 0;) {
    if (path[i].rtt_ms.empty()) continue;
    if (path[i].lost() == 0) break;
    begins = i;
  }
  return begins;
}

std::optional<std::size_t> answers_before(const Path& path, std::size_t at) {
  for (std::size_t i = at; i-- > 0;)
    if (!path[i].rtt_ms.empty()) return i;
  return std::nullopt;
}

std::string between(const Path& path, std::size_t at) {
  const auto before = answers_before(path, at);
  if (!before) return fmt::format("on the way to {}", hop_name(path, at));
  return fmt::format("between {} and {}", hop_name(path, *before), hop_name(path, at));
}

// Where the largest part of the delay is added, for good: a slow answer of one router alone is none.
std::string delay_sentence(const Path& path) {
  const auto last = last_that_answers(path);
  if (!last) return "";
  const float whole = path[*last].median_ms();
  float lowest_behind = whole, largest = 0;
  std::size_t where = 0;
  for (std::size_t i = *last + 1; i-- > 0;) {
    if (path[i].rtt_ms.empty()) continue;
    lowest_behind = std::min(lowest_behind, path[i].median_ms());
    const auto before = answers_before(path, i);
    const float jump = lowest_behind - (before ? path[*before].median_ms() : 0);
    if (jump > largest) {
      largest = jump;
      where = i;
    }
  }
  if (largest < kLeastJumpMs || largest < whole / 2) return "";
  return fmt::format("; {:.0f} of {:.0f} ms come {}", largest, whole, between(path, where));
}

std::string change_sentence(const Path& path, std::string_view usual_way) {
  for (std::size_t i = 0; i < path.size() && !usual_way.empty(); ++i) {
    const std::string_view usual = usual_way.substr(0, usual_way.find(' '));
    usual_way.remove_prefix(std::min(usual_way.size(), usual.size() + 1));
    if (!path[i].address.empty() && usual != kSilent && path[i].address != usual)
      return fmt::format("; another way than usual: hop {} was {}", i + 1, usual);
  }
  return "";
}

std::string loss_sentence(const Path& path) {
  const auto last = last_that_answers(path);
  if (!last) return "no hop answers";
  if (!path[*last].refusal.empty())
    return fmt::format("{} says: {}", hop_name(path, *last), path[*last].refusal);
  if (!path[*last].is_endpoint) return fmt::format("nothing answers behind {}", hop_name(path, *last));
  const auto begins = loss_begins(path);
  if (!begins) return "the endpoint answers and no hop loses anything for good";
  return fmt::format("loss begins {}", between(path, *begins));
}

}  // namespace

float PathHop::median_ms() const {
  if (rtt_ms.empty()) return kNoValue;
  std::vector<float> sorted = rtt_ms;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

std::size_t length_of(const Path& path) {
  for (std::size_t i = 0; i < path.size(); ++i)
    if (path[i].is_endpoint) return i + 1;
  return 0;
}

std::string path_verdict(const Path& path, std::string_view usual_way) {
  return loss_sentence(path) + delay_sentence(path) + change_sentence(path, usual_way);
}

std::string path_known(const Path& path, std::string_view usual_way) {
  const std::size_t arrived = length_of(path);
  std::string way;
  const auto add = [&](std::string_view hop) { way.append(way.empty() ? "" : " ").append(hop); };
  std::size_t silent = 0;  // at the end of what is known
  for (std::size_t i = 0; i < path.size() || !usual_way.empty(); ++i) {
    if (arrived > 0 && i >= arrived) break;
    const std::string_view usual = usual_way.substr(0, usual_way.find(' '));
    usual_way.remove_prefix(std::min(usual_way.size(), usual.size() + 1));
    const bool answers = i < path.size() && !path[i].address.empty();
    const std::string_view hop = answers         ? std::string_view(path[i].address)
                                 : usual.empty() ? kSilent
                                                 : usual;
    if (hop == kSilent) {
      ++silent;
      continue;
    }
    for (; silent > 0; --silent) add(kSilent);
    add(hop);
  }
  return way;
}

std::string path_text(const Path& path) {
  std::string text;
  const auto out = std::back_inserter(text);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const PathHop& hop = path[i];
    fmt::format_to(out, "{}{} ", i == 0 ? "" : ", ", i + 1);
    if (hop.rtt_ms.empty()) {
      text += kSilent;
      continue;
    }
    fmt::format_to(out, "{} {:.1f} ms", hop.address, hop.median_ms());
    if (hop.lost() > 0) fmt::format_to(out, " ({} of {} lost)", hop.lost(), hop.sent);
  }
  return text;
}

}  // namespace faultline::session
