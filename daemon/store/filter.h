// Puts the WHERE of a list together from the conditions that a filter asks for. daemon/store only.
#pragma once

#include "daemon/store/database.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::store {

class Where {
 public:
  // Adds "… ?" with its value; texts must outlive the Where.
  template <typename T>
  void add(std::string_view condition, const T& value) {
    add(condition);
    values_.push_back(to_value(value));
  }
  void add(std::string_view condition) {
    sql_ += sql_.empty() ? " WHERE " : " AND ";
    sql_ += condition;
  }
  // Adds "column IN (?, …)"; nothing for an empty list.
  void add_any(std::string_view column, const std::vector<std::string_view>& words) {
    if (words.empty()) return;
    std::string marks = "?";
    for (std::size_t i = 1; i < words.size(); ++i) marks += ",?";
    add(std::string(column) + " IN (" + marks + ")");
    for (std::string_view word : words) values_.push_back(word);
  }
  const std::string& sql() const { return sql_; }
  const std::vector<Value>& values() const { return values_; }
  // The values and those of a closing " LIMIT ? OFFSET ?".
  std::vector<Value> values_and_page(std::size_t limit, std::size_t offset) const {
    std::vector<Value> all = values_;
    all.push_back(to_value(limit));
    all.push_back(to_value(offset));
    return all;
  }

 private:
  std::string sql_;
  std::vector<Value> values_;
};

// The enumerator with this name; the first one for a word that is unknown (a newer version's).
template <typename Enum, typename Names>
Enum from_name(const Names& names, std::string_view word) {
  const auto found = std::find(names.begin(), names.end(), word);
  return static_cast<Enum>(found == names.end() ? 0 : found - names.begin());
}

}  // namespace faultline::store
