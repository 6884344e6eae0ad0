#include "daemon/alarms/desk.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace faultline::alarms {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFields = 256;
constexpr int kMaxLevels = 4;

void flatten(const json::object& object, const std::string& prefix, int level, Fields& fields) {
  for (const auto& [key, value] : object) {
    if (fields.size() >= kMaxFields) return;
    const std::string path = prefix + std::string(key);
    if (value.is_object()) {
      if (level < kMaxLevels) flatten(value.get_object(), path + ".", level + 1, fields);
    } else if (value.is_string()) {
      fields.emplace(path, value.get_string());
    } else if (value.is_bool() || value.is_number()) {
      fields.emplace(path, json::serialize(value));
    }
  }
}

}  // namespace

Fields flat(std::string_view document) {
  Fields fields;
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(document.data(), document.size()), error);
  if (!error && value.is_object()) flatten(value.get_object(), "", 1, fields);
  return fields;
}

}  // namespace faultline::alarms
