// Any bytes as faultline.yaml: the reader answers with problems or a configuration, never otherwise.
#include "daemon/config/config.h"
#include "daemon/inventory/inventory.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faultline;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  config::Problems problems;
  auto config = config::parse_config(text, "fuzz.yaml", "/nonexistent", problems);
  if (config) {
    // Inline inventories only: no file may be opened because some bytes said so.
    config->inventory.nodes.path.clear();
    config->inventory.endpoints.path.clear();
    const auto inventory = inventory::load_inventory(*config, nullptr, problems);
    if (inventory.topology && inventory.access.size() != inventory.topology->endpoints().size()) std::abort();
  } else if (problems.empty()) {
    std::abort();  // refused without a reason
  }
  if (problems.text().size() > 1'000'000) std::abort();  // a page, however bad the file
  return 0;
}
