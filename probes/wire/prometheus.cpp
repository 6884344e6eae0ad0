#include "probes/wire/prometheus.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace faultline::wire {
namespace {

namespace json = boost::json;
using Kind = PrometheusAnswer::Kind;

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostDepth = 16;  // an answer has six levels

std::string_view text_of(const json::value* value) {
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

std::string printable(std::string_view text) {
  std::string shown(text.substr(0, kMostPrometheusError));
  for (char& c : shown)
    if (c == '"')
      c = '\'';
    else if (c < ' ' || c > '~')
      c = ' ';
  return shown;
}

// [ time, "number" ], where the number may be NaN, +Inf or -Inf; what is infinite says nothing here.
bool read_sample(const json::value& sample, double& number) {
  const json::array* pair = sample.if_array();
  if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_number() || !(*pair)[1].is_string())
    return false;
  std::string_view text = text_of(&(*pair)[1]);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_too_far = error == std::errc::result_out_of_range;
  if (text.empty() || end != text.data() + text.size() || (error != std::errc() && !is_too_far)) return false;
  number = is_too_far || !std::isfinite(value) ? kNoNumber : value;
  return true;
}

bool read_series(const json::value& item, std::string_view label, PrometheusAnswer& answer) {
  const json::object* series = item.if_object();
  const json::value* labels = series == nullptr ? nullptr : series->if_contains("metric");
  if (labels == nullptr || !labels->is_object()) return false;
  double number = kNoNumber;
  const json::value* sample = series->if_contains("value");
  if (sample == nullptr && !series->contains("histogram")) return false;
  if (sample != nullptr && !read_sample(*sample, number)) return false;
  const json::value* found = labels->get_object().if_contains({label.data(), label.size()});
  if (found == nullptr) {
    ++answer.unlabelled;
    return true;
  }
  if (!found->is_string()) return false;
  PrometheusValue value;
  value.number = number;
  const auto [place, is_new] = answer.values.try_emplace(std::string(text_of(found)), value);
  if (!is_new) place->second.is_ambiguous = true;
  return true;
}

Kind read(const json::value& document, std::string_view label, PrometheusAnswer& answer) {
  const json::object* root = document.if_object();
  if (root == nullptr) return Kind::malformed;
  const std::string_view status = text_of(root->if_contains("status"));
  if (status == "error") {
    answer.error = printable(
        fmt::format("{}: {}", text_of(root->if_contains("errorType")), text_of(root->if_contains("error"))));
    return Kind::refused;
  }
  const json::value* data = root->if_contains("data");
  if (status != "success" || data == nullptr || !data->is_object()) return Kind::malformed;
  const std::string_view type = text_of(data->get_object().if_contains("resultType"));
  if (type == "scalar" || type == "string" || type == "matrix") return Kind::other;
  const json::value* result = data->get_object().if_contains("result");
  if (type != "vector" || result == nullptr || !result->is_array()) return Kind::malformed;
  answer.values.reserve(result->get_array().size());
  for (const json::value& item : result->get_array())
    if (!read_series(item, label, answer)) return Kind::malformed;
  return Kind::vector;
}

}  // namespace

PrometheusAnswer decode_prometheus_answer(std::string_view body, std::string_view label) {
  PrometheusAnswer answer;
  json::monotonic_resource memory(body.size() * 2 + 1024);
  json::parse_options options;
  options.max_depth = kMostDepth;
  json::error_code error;
  const json::value document = json::parse({body.data(), body.size()}, error, &memory, options);
  if (error) return answer;
  answer.kind = read(document, label, answer);
  if (answer.kind != Kind::vector) {  // what was read of an answer that is none says nothing
    answer.values.clear();
    answer.unlabelled = 0;
  }
  return answer;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size() * 2);
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace faultline::wire
