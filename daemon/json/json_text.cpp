#include "daemon/json/json_text.h"

#include <boost/json.hpp>
#include <fmt/core.h>

#include <cmath>

namespace faultline {

namespace json = boost::json;

namespace {

void write(std::string& out, const json::value& value);

void write_object(std::string& out, const json::object& object) {
  out += '{';
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (it != object.begin()) out += ',';
    out += json::serialize(it->key());
    out += ':';
    write(out, it->value());
  }
  out += '}';
}

void write(std::string& out, const json::value& value) {
  if (value.is_object()) {
    write_object(out, value.get_object());
  } else if (value.is_array()) {
    out += '[';
    for (const json::value& item : value.get_array()) {
      if (&item != value.get_array().begin()) out += ',';
      write(out, item);
    }
    out += ']';
  } else if (value.is_double()) {
    const double number = value.get_double();
    out += std::isfinite(number) ? fmt::format("{}", number) : "null";
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string to_text(const json::value& value) {
  std::string out;
  write(out, value);
  return out;
}

}  // namespace faultline
