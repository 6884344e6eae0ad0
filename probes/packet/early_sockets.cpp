#include "probes/packet/early_sockets.h"

#include <set>
#include <utility>

namespace faultline::packet {

EarlySockets EarlySockets::open(unsigned shards, std::uint32_t receive_buffer) {
  EarlySockets opened;
  std::set<std::uint16_t> identifiers;
  for (const auto version : {wire::IpVersion::v4, wire::IpVersion::v6})
    for (unsigned i = 0; i < 2 * shards; ++i) {
      auto identifier = random_identifier();
      while (!identifiers.insert(identifier).second) identifier = random_identifier();
      if (auto raw = open_icmp(version, IcmpMode::raw, identifier, receive_buffer))
        opened.give_back(EarlyKind::raw_icmp, version, std::move(*raw));
      if (auto udp = open_udp(version, receive_buffer))
        opened.give_back(EarlyKind::udp, version, std::move(*udp));
    }
  return opened;
}

std::optional<OpenedSocket> EarlySockets::take(EarlyKind kind, wire::IpVersion version) {
  auto& left = sockets_[place(kind, version)];
  if (left.empty()) return std::nullopt;
  auto taken = std::move(left.back());
  left.pop_back();
  return taken;
}

void EarlySockets::give_back(EarlyKind kind, wire::IpVersion version, OpenedSocket socket) {
  sockets_[place(kind, version)].push_back(std::move(socket));
}

std::size_t EarlySockets::left(EarlyKind kind, wire::IpVersion version) const {
  return sockets_[place(kind, version)].size();
}

std::size_t EarlySockets::place(EarlyKind kind, wire::IpVersion version) {
  return (kind == EarlyKind::udp ? 2U : 0U) + (version == wire::IpVersion::v6 ? 1U : 0U);
}

}  // namespace faultline::packet
