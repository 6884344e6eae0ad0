#include "probes/session/agent_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace faultline::session {
namespace {

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0)
    return fail(fmt::format("the port \"{}\" is no number from 1 to 65535", text));
  return port;
}

}  // namespace

Result<AgentAddress> parse_agent(std::string_view text) {
  AgentAddress agent;
  if (text.size() > kMaxAgentBytes) return fail(fmt::format("is longer than {} bytes", kMaxAgentBytes));
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view index = text.substr(slash + 1);
    auto oid = parse_oid(index);
    if (!oid || index.front() == '.')
      return fail(fmt::format(
          "the index \"{}\" is no row of a table (try olt-1/268501248.1, numbers with dots between)", index));
    agent.index = std::move(*oid);
    text = text.substr(0, slash);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return fail("has a [ without its ]");
    agent.host = text.substr(1, bracket - 1);
    if (agent.host.empty()) return fail("has nothing between [ and ]");
    text = text.substr(bracket + 1);
    if (text.empty()) return agent;
    if (text.front() != ':') return fail("has more after the ] than :port");
    port = text.substr(1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    const std::size_t colon = text.find(':');
    agent.host = text.substr(0, colon);
    port = text.substr(colon + 1);
  } else {
    agent.host = text;  // an IPv6 literal without a port, or nothing with a colon at all
    return agent;
  }
  const auto number = parse_port(port);
  if (!number) return tl::make_unexpected(number.error());
  agent.port = *number;
  return agent;
}

}  // namespace faultline::session
