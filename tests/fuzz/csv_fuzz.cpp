// Any bytes as endpoints.csv: rows or problems, every cell within its row, every problem within the file.
#include "daemon/config/config.h"
#include "daemon/inventory/rows.h"
#include "daemon/inventory/table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faultline;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const config::Config config = [] {
    config::Config built;
    built.profiles = config::built_in_profiles();
    return built;
  }();
  config::Problems problems;
  const auto on_row = [&](const inventory::Row& row) { inventory::read_endpoint_row(row, config); };
  const bool is_complete =
      inventory::read_csv_table(text, "fuzz.csv", inventory::kEndpointColumns, problems, on_row);
  if (!is_complete && problems.empty()) std::abort();  // refused without a reason

  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const config::Problem& problem : problems.sorted())
    if (problem.line > lines) std::abort();
  if (problems.text().size() > 1'000'000) std::abort();
  return 0;
}
