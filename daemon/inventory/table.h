// A table with named columns, from a CSV file (header line first, columns in any order) or from an inline
// YAML list of maps with the same keys. The row readers see one shape, so that both are validated by the same
// code and every message names file, line, column and field.
#pragma once

#include "daemon/config/config.h"
#include "daemon/inventory/csv.h"
#include "rules/model/place.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace faultline::inventory {

inline constexpr std::size_t kMaxTableBytes = std::size_t{1} << 30;

struct Column {
  std::string_view name;
  bool is_required = false;  // the column must be there, and its cells must not be empty
};

class Row {
 public:
  Row(std::span<const Column> columns, std::span<const Cell> cells, std::string_view file,
      config::Problems& problems)
      : columns_(columns), cells_(cells), file_(file), problems_(&problems) {}

  // `column` is an index in the table's columns. An absent or empty cell is an empty text.
  std::string_view text(std::size_t column) const { return cells_[column].text; }
  config::Position at(std::size_t column) const { return cells_[column].at; }
  std::string_view file() const { return file_; }
  // Adds "column: message" at the cell's place.
  void problem(std::size_t column, std::string_view message) const;

  // The typed readers: nothing if the cell is empty, or if it is wrong, which is reported.
  std::optional<double> number(std::size_t column, double minimum, double maximum) const;
  std::optional<std::int64_t> integer(std::size_t column, std::int64_t minimum, std::int64_t maximum) const;
  std::optional<std::size_t> choice(std::size_t column, std::span<const std::string_view> words) const;
  std::optional<Place> place(std::size_t latitude_column, std::size_t longitude_column) const;
  std::string name(std::size_t column) const;  // empty if it is wrong
  std::string free_text(std::size_t column, std::size_t limit) const;

 private:
  std::span<const Column> columns_;
  std::span<const Cell> cells_;
  std::string_view file_;
  config::Problems* problems_;
};

// Calls `on_row` for every row that has the right shape; empty required cells have been reported then. False
// if rows are missing: there is no file or header, or rows had to be left out for their shape.
bool read_table(const config::TableSource& source, std::span<const Column> columns,
                config::Problems& problems, const std::function<void(const Row&)>& on_row);
// The same from a CSV text, for tests and fuzzing.
bool read_csv_table(std::string_view text, const std::string& file, std::span<const Column> columns,
                    config::Problems& problems, const std::function<void(const Row&)>& on_row);

}  // namespace faultline::inventory
