// What is wrong in the files that an operator wrote: every mistake with its place and a remedy, all of them
// at once. Filled by the YAML and CSV readers, printed by `faultline check`, `run` and the reload answer.
// Plain data, one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::config {

// From 1, columns in bytes; 0 = the file as a whole.
struct Position {
  int line = 0;
  int column = 0;
};

struct Problem {
  std::string file;
  int line = 0;  // as in Position
  int column = 0;
  std::string message;  // what is wrong, and what to do about it

  // "faultline.yaml:14:9: listen: …"; without line and column where they are 0.
  std::string text() const;
};

class Problems {
 public:
  // Beyond this many, problems are counted but not kept: a file of a million bad rows gives one page.
  static constexpr std::size_t kKept = 100;

  void add(std::string_view file, Position at, std::string message);
  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }  // with those not kept
  bool is_full() const { return count_ >= kKept; }
  // In the order of files, then of places.
  std::vector<Problem> sorted() const;
  // One line per problem, then "and N more problems"; empty if there are none.
  std::string text() const;

 private:
  std::vector<Problem> kept_;
  std::size_t count_ = 0;
};

// The candidate that `word` is most likely a typing mistake of; nothing if none is near enough.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates);
// `; did you mean "interval"?`, or empty.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);
// The candidates as a list for a message: "lte, nr, umts".
std::string listed(std::span<const std::string_view> words);
// `text` in double quotes, shortened to 60 bytes, control characters and broken UTF-8 as \xNN: fit for a
// terminal.
std::string in_quotes(std::string_view text);

}  // namespace faultline::config
