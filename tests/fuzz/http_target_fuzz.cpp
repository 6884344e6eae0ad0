// Any bytes as the target of a request: refused, or a path that no later step can read differently.
#include "daemon/http/target.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faultline::http;
  const auto target = parse_target(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!target) return target.error().message.empty() ? (std::abort(), 0) : 0;
  const std::string& path = target->path;
  if (path.empty() || path.front() != '/' || path.find("//") != std::string::npos) std::abort();
  if ((path + "/").find("/../") != std::string::npos || (path + "/").find("/./") != std::string::npos)
    std::abort();
  for (const char c : path)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) std::abort();
  if (!is_utf8(path)) std::abort();
  for (const auto& [key, value] : target->query)
    if (key.empty() || !is_utf8(key) || !is_utf8(value)) std::abort();
  return 0;
}
