// Any bytes as the answer of a Prometheus: values are told for a vector only, never infinite, and what is
// said of a refusal is short and printable.
#include "probes/wire/prometheus.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faultline::wire;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const PrometheusAnswer answer = decode_prometheus_answer(body, "instance");
  if (answer.kind != PrometheusAnswer::Kind::vector && !answer.values.empty()) std::abort();
  if (answer.kind != PrometheusAnswer::Kind::refused && !answer.error.empty()) std::abort();
  for (const auto& [label, value] : answer.values)
    if (std::isinf(value.number) || label.size() > size) std::abort();
  if (answer.error.size() > kMostPrometheusError) std::abort();
  if (!std::all_of(answer.error.begin(), answer.error.end(),
                   [](char c) { return c >= ' ' && c <= '~' && c != '"'; }))
    std::abort();
  // Encoded for a URL nothing is left that could end the query.
  const std::string encoded = percent_encoded(body);
  if (encoded.find_first_of(" &#?\r\n\"") != std::string::npos || encoded.size() > 3 * size) std::abort();
  return 0;
}
