// Recorded series on stdin, what the detector says of them on stdout: see series.h and real.py.
#include "daemon/config/rule_file.h"
#include "tests/accuracy/real/series.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace faultline::accuracy {
namespace {

std::string_view name(detect::EventKind kind) {
  if (kind == detect::EventKind::degradation_began) return "began";
  return kind == detect::EventKind::baseline_shift ? "usual" : "ended";
}

void print(const Judged& judged, bool with_rows) {
  for (const Change& c : judged.changes)
    fmt::print("{} {} {} {:.3f}\n", name(c.kind), c.row, c.known, c.score);
  if (!with_rows) return;
  for (const auto& [score, statistic] : judged.deviations)
    fmt::print("row {:.3f} {:.3f}\n", score, statistic);
}

int run(Feed feed, const std::vector<std::filesystem::path>& files, bool with_rows) {
  const auto rules = config::load_rules(files);
  if (!rules) {
    fmt::print(stderr, "{}\n", rules.error().message);
    return 2;
  }
  const auto detect = std::make_shared<const DetectRules>(rules->detect);
  for (const Series& series : read_series(std::cin)) {
    fmt::print("# {}\n", series.name);
    print(judge_series(series, feed, detect), with_rows);
  }
  return 0;
}

}  // namespace
}  // namespace faultline::accuracy

int main(int argc, char** argv) {
  using faultline::accuracy::Feed;
  CLI::App app{"What the detector says of recorded series"};
  bool is_rtt = false, with_rows = false;
  std::vector<std::filesystem::path> rules;
  app.add_flag("--rtt", is_rtt, "the values are round trips in ms; else readings of any quantity");
  app.add_flag("--rows", with_rows, "and for every row how far out it is and what has added up");
  app.add_option("--rules", rules, "rule files over the defaults");
  CLI11_PARSE(app, argc, argv);
  return faultline::accuracy::run(is_rtt ? Feed::rtt : Feed::reading, rules, with_rows);
}
