#include "daemon/config/rule_binder.h"

#include <fmt/format.h>

namespace faultline::config {

bool Binder::wants(std::string_view key) {
  return must_give_all_ ? map_.require(key).has_value() : map_.find(key).has_value();
}

std::vector<Value> Binder::list(std::string_view key) {
  if (!wants(key)) return {};
  std::vector<Value> items = map_.list(key);
  if (const auto value = map_.find(key); items.empty() && value && value->is_list())
    value->problem("is empty; give at least one, or leave the key out");
  return items;
}

void Binder::bind(std::string_view key, std::optional<double>& member, double minimum, double maximum) {
  const std::optional<Value> value = map_.find(key);
  if (!value) return;
  if (value->is_scalar() && value->node().text == "none") {
    member.reset();
  } else if (const std::optional<double> number = value->number(minimum, maximum)) {
    member = *number;
  }
}

void Binder::bind(std::string_view key, std::span<double> members, double minimum, double maximum) {
  if (!wants(key)) return;
  const std::vector<Value> items = map_.list(key);
  if (items.size() != members.size()) {
    if (const auto value = map_.find(key); value && value->is_list())
      value->problem(fmt::format("has {} numbers, expected {}", items.size(), members.size()));
    return;
  }
  for (std::size_t i = 0; i < items.size(); ++i)
    if (const auto number = items[i].number(minimum, maximum)) members[i] = *number;
}

}  // namespace faultline::config
