#include "tests/lab/commands.h"
#include "tests/lab/stage.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace faultline::lab {

int run(const RunArguments& arguments) {
  auto input = read_stage_input(arguments);
  if (!input) return usage_error(input.error().message);
  auto stage = Stage::make(*std::move(input), arguments);
  if (!stage) {
    fmt::print(stderr, "faultline-lab: {}\n", stage.error().message);
    return 1;
  }
  return (*stage)->play();
}

}  // namespace faultline::lab
