#include "daemon/config/problem.h"

#include "daemon/config/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace faultline::config {
namespace {

// Edit distance with transpositions (optimal string alignment); `limit` + 1 if it is more than `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string Problem::text() const {
  if (line == 0) return fmt::format("{}: {}", file, message);
  return fmt::format("{}:{}:{}: {}", file, line, column, message);
}

void Problems::add(std::string_view file, Position at, std::string message) {
  if (count_++ < kKept) kept_.push_back({std::string(file), at.line, at.column, std::move(message)});
}

std::vector<Problem> Problems::sorted() const {
  std::vector<std::string_view> files;  // in the order in which they were first named
  for (const Problem& problem : kept_)
    if (std::find(files.begin(), files.end(), problem.file) == files.end()) files.push_back(problem.file);
  const auto key = [&](const Problem& problem) {
    return std::tuple(std::find(files.begin(), files.end(), problem.file) - files.begin(), problem.line,
                      problem.column);
  };
  std::vector<Problem> sorted = kept_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const Problem& a, const Problem& b) { return key(a) < key(b); });
  return sorted;
}

std::string Problems::text() const {
  std::string text;
  for (const Problem& problem : sorted()) text += problem.text() + "\n";
  if (count_ > kept_.size()) text += fmt::format("and {} more problems\n", count_ - kept_.size());
  return text;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > 100) return std::nullopt;
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::optional<std::string> found;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate, best - 1);
    if (distance >= best || distance >= candidate.size()) continue;
    best = distance;
    found = std::string(candidate);
    if (best == 0) break;
  }
  return found;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::optional<std::string> found = nearest(word, candidates);
  return found ? fmt::format("; did you mean {}?", in_quotes(*found)) : std::string();
}

std::string listed(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string shown = "\"";
  std::size_t i = 0;
  while (i < text.size() && i < kShown) {
    const std::size_t length = utf8_length(text.substr(i, 4));
    const auto byte = static_cast<unsigned char>(text[i]);
    if (length == 0 || byte < 0x20 || byte == 0x7F) {
      shown += fmt::format("\\x{:02X}", byte);
      ++i;
      continue;
    }
    shown += text.substr(i, length);
    i += length;
  }
  return shown + (i < text.size() ? "…\"" : "\"");
}

}  // namespace faultline::config
