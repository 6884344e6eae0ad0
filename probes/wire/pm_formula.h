// What an operator makes of counters: "RRU.PrbUsedDl / RRU.PrbAvailDl", "1 - 'L.Cell-Down' / 900",
// "mean(-140 RSRP.Bin0 -120 RSRP.Bin1 -100)". Numbers, names of counters (with ' around one that has other
// characters than letters, digits, dot, underscore and colon), + - * / and brackets; mean is that of a
// histogram: edges in rising order, a counter between each two. Pure.
#pragma once

#include "rules/model/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::wire {

class PmFormula {
 public:
  static constexpr std::size_t kMostSteps = 512;
  static constexpr std::size_t kMostDepth = 32;  // of brackets
  // The error says where and what was expected.
  static Result<PmFormula> parse(std::string_view text);

  // Each counter once; values() has them in this order.
  const std::vector<std::string>& counters() const { return counters_; }
  // NaN if a counter that is needed has none (NaN), or a division is by zero.
  double value(const std::vector<double>& counters) const;

 private:
  friend class PmFormulaParser;
  enum class Kind : std::uint8_t { number, counter, add, subtract, multiply, divide, negate, mean };
  struct Step {  // in postfix order
    Kind kind;
    double number = 0;          // of a number
    std::uint32_t counter = 0;  // position in counters_; of mean: of its first edge in edges_
    std::uint32_t bins = 0;     // of mean
  };
  std::vector<Step> steps_;
  std::vector<std::string> counters_;
  std::vector<double> edges_;                // of all means
  std::vector<std::uint32_t> bin_counters_;  // as many places as edges_
};

}  // namespace faultline::wire
