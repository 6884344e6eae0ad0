// Any bytes as the column `agent`: an address or a reason, never otherwise.
#include "probes/session/agent_address.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faultline::session;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto agent = parse_agent(text);
  if (!agent) {
    if (agent.error().message.empty()) std::abort();  // refused without a reason
    return 0;
  }
  if (agent->port == 0 || agent->host.size() > text.size() || agent->index.size() > kMaxOidParts)
    std::abort();
  // An index read back from its own text is the same.
  if (!agent->index.empty() && parse_oid(oid_text(agent->index)) != agent->index) std::abort();
  return 0;
}
