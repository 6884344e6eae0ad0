#include "tests/lab/commands.h"
#include "tests/lab/generator.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace faultline::lab {

int usage_error(const std::string& message) {
  fmt::print(stderr, "faultline-lab: {}\n", message);
  return 2;
}

int generate(const GenerateArguments& arguments) {
  InventoryRows rows;
  if (arguments.size == "demo") {
    rows = generate_demo(arguments.seed);
  } else {
    char* end = nullptr;
    const unsigned long count = std::strtoul(arguments.size.c_str(), &end, 10);
    if (*end != '\0' || count == 0 || count > kMaxEndpoints)
      return usage_error(
          fmt::format("--size {}: expected demo or a number from 1 to {}", arguments.size, kMaxEndpoints));
    rows = generate(arguments.seed, static_cast<std::uint32_t>(count));
  }
  if (auto written = write_inventory(rows, arguments.output); !written) {
    fmt::print(stderr, "faultline-lab: {}\n", written.error().message);
    return 1;
  }
  fmt::print("{}: {} nodes, {} endpoints\n", arguments.output.string(), rows.nodes.size(),
             rows.endpoints.size());
  return 0;
}

}  // namespace faultline::lab
