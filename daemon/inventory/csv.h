// RFC 4180 text cut into rows of cells, each with its place, in one pass and without copies: a cell is a view
// into the text unless it has doubled quotes. Lines that begin with # and blank lines are left out. Every
// mistake is one problem, however big the file. Used by table.cpp; knows nothing of columns' names.
#pragma once

#include "daemon/config/problem.h"

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::inventory {

struct CsvLimits {
  std::size_t row_bytes = 64 * 1024;
  std::size_t columns = 64;
};

struct Cell {
  std::string_view text;
  config::Position at;
};

class CsvReader {
 public:
  // `text` has passed config::check_text and, like `problems`, outlives the reader.
  CsvReader(std::string_view text, std::string file, config::Problems& problems, CsvLimits limits = {});

  // The next row's cells; false at the end. A row with a mistake is reported and left out. The cells are
  // valid until the next call.
  bool next();
  std::span<const Cell> cells() const { return cells_; }
  int line() const { return row_line_; }            // on which the row begins
  std::size_t skipped() const { return skipped_; }  // rows left out for a mistake so far

 private:
  enum class RowResult : std::uint8_t { good, bad, unreadable };

  bool skip_to_row();
  RowResult read_row();
  bool read_cell();         // false after a mistake, which has been reported
  bool read_quoted_cell();  // the same
  void skip_line();
  void end_line();
  config::Position here() const { return {line_, static_cast<int>(at_ - line_begin_) + 1}; }
  bool at_end_of_cell() const { return at_ >= text_.size() || text_[at_] == ',' || at_line_end(); }
  bool at_line_end() const;

  std::string_view text_;
  std::string file_;
  config::Problems& problems_;
  CsvLimits limits_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t row_begin_ = 0;
  int line_ = 1;
  int row_line_ = 1;
  std::size_t skipped_ = 0;
  bool is_unreadable_ = false;  // an open quote: what follows means nothing
  std::vector<Cell> cells_;
  std::deque<std::string> unquoted_;  // of this row: cells that had doubled quotes
};

}  // namespace faultline::inventory
