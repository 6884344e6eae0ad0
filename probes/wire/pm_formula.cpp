#include "probes/wire/pm_formula.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace faultline::wire {

class PmFormulaParser {
 public:
  explicit PmFormulaParser(std::string_view text) : text_(text) {}

  Result<PmFormula> parse() {
    sum(0);
    if (problem_.empty() && at_ != text_.size()) complain("an operator or the end");
    if (!problem_.empty()) return fail(problem_);
    return std::move(formula_);
  }

 private:
  using Kind = PmFormula::Kind;

  void complain(std::string_view expected) {
    if (problem_.empty())
      problem_ = fmt::format("character {} of \"{}\": expected {}", at_ + 1, text_, expected);
  }
  char next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (next() != c) return false;
    ++at_;
    return true;
  }
  void push(PmFormula::Step step) {
    if (formula_.steps_.size() + formula_.edges_.size() >= PmFormula::kMostSteps)
      return complain("fewer terms");
    formula_.steps_.push_back(step);
  }

  void sum(std::size_t depth) {
    product(depth);
    while (problem_.empty()) {
      if (take('+')) {
        product(depth);
        push({Kind::add});
      } else if (take('-')) {
        product(depth);
        push({Kind::subtract});
      } else {
        return;
      }
    }
  }
  void product(std::size_t depth) {
    factor(depth);
    while (problem_.empty()) {
      if (take('*')) {
        factor(depth);
        push({Kind::multiply});
      } else if (take('/')) {
        factor(depth);
        push({Kind::divide});
      } else {
        return;
      }
    }
  }
  void factor(std::size_t depth) {
    if (depth == PmFormula::kMostDepth) return complain("fewer brackets");
    if (take('-')) {
      factor(depth + 1);
      return push({Kind::negate});
    }
    if (take('(')) {
      sum(depth + 1);
      if (problem_.empty() && !take(')')) complain(")");
      return;
    }
    if (const auto number = take_number()) return push({Kind::number, *number});
    const auto name = take_name();
    if (!name) return complain("a number, a counter or (");
    if (*name == "mean" && take('(')) return mean();
    push({Kind::counter, 0, counter(*name)});
  }
  // edge counter edge counter … edge )
  void mean() {
    PmFormula::Step step{Kind::mean, 0, static_cast<std::uint32_t>(formula_.edges_.size())};
    double last = -std::numeric_limits<double>::infinity();
    for (;;) {
      const bool is_negative = take('-');
      const auto edge = take_number();
      if (!edge) return complain("an edge of the histogram, a number");
      const double value = is_negative ? -*edge : *edge;
      if (value <= last) return complain("edges that rise");
      if (formula_.steps_.size() + formula_.edges_.size() >= PmFormula::kMostSteps)
        return complain("fewer terms");
      last = value;
      formula_.edges_.push_back(value);
      formula_.bin_counters_.push_back(0);
      if (step.bins > 0 && take(')')) return push(step);
      const auto name = take_name();
      if (!name) return complain(step.bins > 0 ? "a counter or )" : "a counter");
      formula_.bin_counters_.back() = counter(*name);
      ++step.bins;
    }
  }

  std::optional<double> take_number() {
    const char first = next();
    if ((first < '0' || first > '9') && first != '.') return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
    at_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }
  std::optional<std::string_view> take_name() {
    const auto is_letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const char first = next();
    const std::size_t begin = at_ + (first == '\'' ? 1 : 0);
    if (first == '\'') {
      const std::size_t end = text_.find('\'', begin);
      if (end == std::string_view::npos || end == begin) return std::nullopt;
      at_ = end + 1;
      return text_.substr(begin, end - begin);
    }
    if (!is_letter(first)) return std::nullopt;
    const auto is_inside = [&](char c) {
      return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == ':';
    };
    while (at_ < text_.size() && is_inside(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  std::uint32_t counter(std::string_view name) {
    auto& known = formula_.counters_;
    const auto found = std::find(known.begin(), known.end(), name);
    const auto place = static_cast<std::uint32_t>(found - known.begin());
    if (found == known.end()) known.emplace_back(name);
    return place;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string problem_;
  PmFormula formula_;
};

Result<PmFormula> PmFormula::parse(std::string_view text) {
  return PmFormulaParser(text).parse();
}

double PmFormula::value(const std::vector<double>& counters) const {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> stack;
  stack.reserve(steps_.size());
  const auto pop = [&] {
    const double top = stack.back();
    stack.pop_back();
    return top;
  };
  for (const Step& step : steps_) {
    double right = 0;
    switch (step.kind) {
      case Kind::number:
        stack.push_back(step.number);
        break;
      case Kind::counter:
        stack.push_back(counters[step.counter]);
        break;
      case Kind::add:
        right = pop();
        stack.back() += right;
        break;
      case Kind::subtract:
        right = pop();
        stack.back() -= right;
        break;
      case Kind::multiply:
        right = pop();
        stack.back() *= right;
        break;
      case Kind::divide:
        right = pop();
        stack.back() = right == 0 ? kNone : stack.back() / right;
        break;
      case Kind::negate:
        stack.back() = -stack.back();
        break;
      case Kind::mean: {
        double sum = 0, count = 0;
        for (std::uint32_t i = step.counter; i < step.counter + step.bins; ++i) {
          const double hits = counters[bin_counters_[i]];
          sum += hits * (edges_[i] + edges_[i + 1]) / 2;
          count += hits;
        }
        stack.push_back(count > 0 ? sum / count : kNone);
        break;
      }
    }
  }
  return stack.size() == 1 && std::isfinite(stack.back()) ? stack.back() : kNone;
}

}  // namespace faultline::wire
