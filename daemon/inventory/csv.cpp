#include "daemon/inventory/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace faultline::inventory {

CsvReader::CsvReader(std::string_view text, std::string file, config::Problems& problems, CsvLimits limits)
    : text_(text), file_(std::move(file)), problems_(problems), limits_(limits) {}

bool CsvReader::at_line_end() const {
  return text_[at_] == '\n' || (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n');
}

void CsvReader::end_line() {
  if (at_ >= text_.size()) return;
  at_ += text_[at_] == '\r' ? 2 : 1;
  ++line_;
  line_begin_ = at_;
}

void CsvReader::skip_line() {
  const std::size_t end = text_.find('\n', at_);
  at_ = std::min(end, text_.size());
  end_line();
}

// To the beginning of the next row; false if there is none.
bool CsvReader::skip_to_row() {
  while (at_ < text_.size()) {
    if (text_[at_] == '#') {
      skip_line();
      continue;
    }
    std::size_t blank = at_;
    while (blank < text_.size() && (text_[blank] == ' ' || text_[blank] == '\t')) ++blank;
    const std::string_view rest = text_.substr(blank, 2);
    if (!rest.empty() && rest[0] != '\n' && rest != "\r\n") return true;
    skip_line();
  }
  return false;
}

bool CsvReader::read_quoted_cell() {
  const config::Position begin = here();
  std::size_t from = ++at_;
  std::string* joined = nullptr;
  while (true) {
    const std::size_t limit = std::min(text_.size(), row_begin_ + limits_.row_bytes);
    while (at_ < limit && text_[at_] != '"') {
      if (text_[at_] == '\n') {
        ++line_;
        line_begin_ = at_ + 1;
      }
      ++at_;
    }
    if (at_ >= limit) {
      const std::string within =
          limit == text_.size() ? "" : fmt::format(" within {} bytes", limits_.row_bytes);
      problems_.add(file_, begin,
                    fmt::format("the quote that opens here is not closed{}; close it, or double it if it "
                                "is part of the text",
                                within));
      is_unreadable_ = true;
      return false;
    }
    if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
    if (joined == nullptr) joined = &unquoted_.emplace_back();
    joined->append(text_.substr(from, at_ + 1 - from));
    at_ += 2;
    from = at_;
  }
  const std::string_view tail = text_.substr(from, at_ - from);
  ++at_;
  if (joined != nullptr) joined->append(tail);
  cells_.push_back({joined != nullptr ? std::string_view(*joined) : tail, begin});
  if (at_end_of_cell()) return true;
  problems_.add(file_, here(), "text after a closing quote; double a quote that is part of the text");
  return false;
}

bool CsvReader::read_cell() {
  if (at_ < text_.size() && text_[at_] == '"') return read_quoted_cell();
  const config::Position begin = here();
  const std::size_t from = at_;
  while (!at_end_of_cell()) {
    if (text_[at_] == '"') {
      problems_.add(file_, here(),
                    "a quote inside a value; put the whole value in quotes and double the inner one");
      return false;
    }
    if (text_[at_] == '\r') {
      problems_.add(file_, here(),
                    "a carriage return without a line feed; save the file with Unix or Windows line ends");
      return false;
    }
    ++at_;
  }
  cells_.push_back({text_.substr(from, at_ - from), begin});
  return true;
}

CsvReader::RowResult CsvReader::read_row() {
  cells_.clear();
  unquoted_.clear();
  row_begin_ = at_;
  row_line_ = line_;
  while (true) {
    if (!read_cell()) return is_unreadable_ ? RowResult::unreadable : RowResult::bad;
    if (at_ - row_begin_ > limits_.row_bytes) {
      problems_.add(file_, {row_line_, 1}, fmt::format("a row of more than {} bytes", limits_.row_bytes));
      return RowResult::bad;
    }
    if (at_ >= text_.size() || text_[at_] != ',') return RowResult::good;
    if (cells_.size() == limits_.columns) {
      problems_.add(file_, here(), fmt::format("more than {} columns", limits_.columns));
      return RowResult::bad;
    }
    ++at_;
  }
}

bool CsvReader::next() {
  while (!is_unreadable_ && skip_to_row()) {
    switch (read_row()) {
      case RowResult::good:
        end_line();
        return true;
      case RowResult::bad:
        ++skipped_;
        skip_line();
        break;
      case RowResult::unreadable:
        ++skipped_;
        break;
    }
  }
  return false;
}

}  // namespace faultline::inventory
