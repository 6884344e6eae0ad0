#include "daemon/inventory/table.h"

#include "daemon/config/names.h"
#include "daemon/config/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace faultline::inventory {
namespace {

using config::in_quotes;
using config::Problems;

std::string joined_names(std::span<const Column> columns) {
  std::string joined;
  for (const Column& column : columns) joined += (joined.empty() ? "" : ",") + std::string(column.name);
  return joined;
}

std::vector<std::string_view> names_of(std::span<const Column> columns) {
  std::vector<std::string_view> names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// Where each of the file's columns stands in `columns`; empty after a mistake, which has been reported.
std::vector<std::size_t> read_header(std::span<const Cell> header, std::span<const Column> columns,
                                     const std::string& file, Problems& problems) {
  const std::vector<std::string_view> names = names_of(columns);
  const config::Position begin = header.front().at;
  const bool is_header = std::any_of(header.begin(), header.end(), [&](const Cell& cell) {
    return std::find(names.begin(), names.end(), trimmed(cell.text)) != names.end();
  });
  if (!is_header) {
    const bool has_semicolons = header.size() == 1 && header.front().text.find(';') != std::string_view::npos;
    problems.add(file, begin,
                 has_semicolons ? "the columns are separated by semicolons; save the file with commas"
                                : "the header line is missing; begin with " + joined_names(columns));
    return {};
  }
  std::vector<std::size_t> places;
  bool is_good = true;
  for (const Cell& cell : header) {
    const std::string_view name = trimmed(cell.text);
    const auto found = std::find(names.begin(), names.end(), name);
    const auto place = static_cast<std::size_t>(found - names.begin());
    if (found == names.end())
      problems.add(file, cell.at,
                   fmt::format("unknown column {}; there are: {}{}", in_quotes(name), joined_names(columns),
                               config::did_you_mean(name, names)));
    else if (std::find(places.begin(), places.end(), place) != places.end())
      problems.add(file, cell.at, fmt::format("the column {} is there twice", in_quotes(name)));
    else {
      places.push_back(place);
      continue;
    }
    is_good = false;
    places.push_back(names.size());
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].is_required || std::find(places.begin(), places.end(), i) != places.end()) continue;
    problems.add(file, begin, fmt::format("the column {} is missing from the header", in_quotes(names[i])));
    is_good = false;
  }
  return is_good ? places : std::vector<std::size_t>();
}

void check_required(const Row& row, std::span<const Column> columns) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].is_required && row.text(i).empty()) row.problem(i, "is empty; give a value");
}

// One map of an inline list as cells; `storage` keeps texts that are not in the document.
std::vector<Cell> cells_of(const config::Value& item, std::span<const Column> columns,
                           std::vector<std::string>& storage) {
  std::vector<Cell> cells;
  config::Map map = item.map();
  for (const Column& column : columns) {
    const auto value = map.find(column.name);
    Cell cell{{}, value ? value->node().at : item.node().at};
    if (value && value->is_list()) {  // parents may be a list: [transport:core, power:zone-1]
      std::string& text = storage.emplace_back();
      for (const config::Value& part : value->list()) {
        if (!text.empty()) text += ' ';
        text += part.text().value_or("");
      }
      cell.text = text;
    } else if (value && value->is_map()) {
      value->problem("expected a single value");
    } else if (value && value->is_scalar()) {
      cell.text = value->node().text;
    }
    cells.push_back(cell);
  }
  return cells;
}

void read_inline_table(const config::TableSource& source, std::span<const Column> columns, Problems& problems,
                       const std::function<void(const Row&)>& on_row) {
  const config::YamlDocument document{source.file, *source.rows};
  for (const config::Value& item : config::Value(document, problems).named(source.key).list()) {
    if (!item.is_map()) {
      item.problem("expected a map such as {name: …}");
      continue;
    }
    std::vector<std::string> storage;
    storage.reserve(columns.size());  // the cells are views into it
    const std::vector<Cell> cells = cells_of(item, columns, storage);
    const Row row(columns, cells, source.file, problems);
    check_required(row, columns);
    on_row(row);
  }
}

}  // namespace

void Row::problem(std::size_t column, std::string_view message) const {
  problems_->add(file_, at(column), fmt::format("{}: {}", columns_[column].name, message));
}

std::optional<double> Row::number(std::size_t column, double minimum, double maximum) const {
  const std::string_view cell = text(column);
  if (cell.empty()) return std::nullopt;
  double value = 0;
  const auto [end, error] =
      std::from_chars(cell.data(), cell.data() + cell.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value)) {
    problem(column,
            fmt::format("{} is not a number{}", in_quotes(cell),
                        cell.find(',') != std::string_view::npos ? " (write 52.37, with a point)" : ""));
  } else if (value < minimum) {
    problem(column, fmt::format("{} is less than {}", cell, minimum));
  } else if (value > maximum) {
    problem(column, fmt::format("{} is more than {}", cell, maximum));
  } else {
    return value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Row::integer(std::size_t column, std::int64_t minimum,
                                         std::int64_t maximum) const {
  const std::string_view cell = text(column);
  if (cell.empty()) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size()) {
    problem(column, fmt::format("{} is not a whole number", in_quotes(cell)));
  } else if (value < minimum) {
    problem(column, fmt::format("{} is less than {}", cell, minimum));
  } else if (value > maximum) {
    problem(column, fmt::format("{} is more than {}", cell, maximum));
  } else {
    return value;
  }
  return std::nullopt;
}

std::optional<std::size_t> Row::choice(std::size_t column, std::span<const std::string_view> words) const {
  const std::string_view cell = text(column);
  const auto found = std::find(words.begin(), words.end(), cell);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  if (!cell.empty())
    problem(column, fmt::format("{} is none of: {}{}", in_quotes(cell), config::listed(words),
                                config::did_you_mean(cell, words)));
  return std::nullopt;
}

std::optional<Place> Row::place(std::size_t latitude_column, std::size_t longitude_column) const {
  const bool has_latitude = !text(latitude_column).empty(), has_longitude = !text(longitude_column).empty();
  if (has_latitude != has_longitude) {
    problem(has_latitude ? longitude_column : latitude_column,
            "is empty; give both latitude and longitude, or neither");
    return std::nullopt;
  }
  const auto latitude = number(latitude_column, -90, 90), longitude = number(longitude_column, -180, 180);
  if (!latitude || !longitude) return std::nullopt;
  if (*latitude == 0 && *longitude == 0) {
    problem(latitude_column, "0,0 is in the sea off Ghana; leave both empty if the place is not known");
    return std::nullopt;
  }
  return Place{*latitude, *longitude};
}

std::string Row::name(std::size_t column) const {
  if (text(column).empty()) return {};  // a required one has been reported
  if (const auto wrong = config::name_problem(text(column))) {
    problem(column, *wrong);
    return {};
  }
  return std::string(text(column));
}

std::string Row::free_text(std::size_t column, std::size_t limit) const {
  if (const auto wrong = config::free_text_problem(text(column), limit)) {
    problem(column, *wrong);
    return {};
  }
  return std::string(text(column));
}

bool read_csv_table(std::string_view text, const std::string& file, std::span<const Column> columns,
                    Problems& problems, const std::function<void(const Row&)>& on_row) {
  if (const auto bad = config::check_text(text)) {
    problems.add(file, bad->at, bad->message);
    return false;
  }
  CsvReader reader(config::without_byte_order_mark(text), file, problems);
  const std::size_t before = problems.count();
  if (!reader.next()) {
    if (problems.count() == before)
      problems.add(file, {}, "is empty; begin with the header line " + joined_names(columns));
    return false;
  }
  // After a header with a mistake, the rows would only repeat it.
  if (problems.count() != before) return false;
  const std::vector<std::size_t> places = read_header(reader.cells(), columns, file, problems);
  if (places.empty()) return false;

  bool is_complete = true;
  std::vector<Cell> cells(columns.size());
  while (reader.next()) {
    const std::span<const Cell> given = reader.cells();
    if (given.size() != places.size()) {
      problems.add(file, {reader.line(), 1},
                   fmt::format("the row has {} columns, the header has {}; quote a value that holds a comma",
                               given.size(), places.size()));
      is_complete = false;
      continue;
    }
    std::fill(cells.begin(), cells.end(), Cell{{}, {reader.line(), 1}});
    for (std::size_t i = 0; i < given.size(); ++i) cells[places[i]] = {trimmed(given[i].text), given[i].at};
    const Row row(columns, cells, file, problems);
    check_required(row, columns);
    on_row(row);
  }
  return is_complete && reader.skipped() == 0;
}

bool read_table(const config::TableSource& source, std::span<const Column> columns, Problems& problems,
                const std::function<void(const Row&)>& on_row) {
  if (source.rows) {
    read_inline_table(source, columns, problems, on_row);
    return true;
  }
  const Result<std::string> text = config::read_file(source.path, kMaxTableBytes);
  if (!text) {
    problems.add(source.named_in, source.at,
                 fmt::format("{}: {} {}", source.key, source.file, text.error().message));
    return false;
  }
  return read_csv_table(*text, source.file, columns, problems, on_row);
}

}  // namespace faultline::inventory
