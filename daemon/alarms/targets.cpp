#include "daemon/alarms/targets.h"

#include <algorithm>

namespace faultline::alarms {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    return end == std::string_view::npos ? text : text.substr(1, end - 1);
  }
  const std::size_t colon = text.find(':');
  const bool is_port = colon != std::string_view::npos && is_number(text.substr(colon + 1));
  return is_port ? text.substr(0, colon) : text;
}

}  // namespace

TargetFinder::TargetFinder(const inventory::Inventory& inventory) : topology_(inventory.topology) {
  for (std::uint32_t i = 0; i < inventory.access.size(); ++i) {
    const std::string& address = inventory.access[i].address;
    if (address.empty() || topology_->endpoint(EndpointIndex{i}).retired) continue;
    const auto [known, is_new] = by_address_.emplace(address, EndpointIndex{i});
    if (!is_new) known->second.reset();
  }
}

std::optional<Target> TargetFinder::find_exactly(std::string_view text, Among among) const {
  if (among != Among::endpoints)
    if (const auto node = topology_->find_node(text); node && !topology_->node(*node).retired)
      return Target{*node, std::nullopt};
  if (among == Among::nodes) return std::nullopt;
  if (const auto endpoint = topology_->find_endpoint(text);
      endpoint && !topology_->endpoint(*endpoint).retired)
    return Target{std::nullopt, *endpoint};
  const auto known = by_address_.find(std::string(text));
  if (known == by_address_.end() || !known->second) return std::nullopt;
  return Target{std::nullopt, *known->second};
}

std::optional<Target> TargetFinder::find(std::string_view text, Among among) const {
  if (auto found = find_exactly(text, among)) return found;
  const std::string_view host = without_port(text);
  if (host != text)
    if (auto found = find_exactly(host, among)) return found;
  const std::string_view first = host.substr(0, host.find('.'));
  if (first == host || is_number(first)) return std::nullopt;  // an address has no first name
  return find_exactly(first, among);
}

}  // namespace faultline::alarms
