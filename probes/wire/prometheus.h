// The answer of a Prometheus (or of what speaks like one: Thanos, Mimir, VictoriaMetrics) to an instant
// query, /api/v1/query: the values by what one label says. Pure; untrusted bytes. Used by the prometheus
// probe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace faultline::wire {

struct PrometheusValue {
  double number = 0;          // never infinite; NaN: a series without a number, such as 0 / 0 or a histogram
  bool is_ambiguous = false;  // several series say this of the label
};

// So that a table of texts can be asked with a view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using PrometheusValues = std::unordered_map<std::string, PrometheusValue, TextHash, std::equal_to<>>;

struct PrometheusAnswer {
  enum class Kind : std::uint8_t {
    vector,     // an answer with any number of series, none too
    refused,    // it says that it cannot: `error` tells why
    other,      // a good answer that is no vector: a scalar, a text, a range of values
    malformed,  // no answer of a Prometheus
  };
  Kind kind = Kind::malformed;
  std::string error;           // printable ASCII without quotes, at most kMostPrometheusError bytes
  PrometheusValues values;     // by the label's value
  std::size_t unlabelled = 0;  // series that do not have the label
};
inline constexpr std::size_t kMostPrometheusError = 300;

// `label` is the name of the label whose value tells the series apart.
PrometheusAnswer decode_prometheus_answer(std::string_view body, std::string_view label);

// A text as it stands in a URL's query: all but letters, digits and -._~ as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace faultline::wire
