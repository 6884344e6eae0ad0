#include "probes/packet/channel_set.h"

#include "probes/packet/socket_io.h"
#include "probes/packet/socket_open.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <limits>
#include <stdexcept>

namespace faultline::packet {
namespace {

std::uint16_t random_identifier() {
  std::uint16_t identifier = 0;
  if (getrandom(&identifier, sizeof identifier, 0) != sizeof identifier)
    throw std::runtime_error("no random numbers from the kernel");
  return identifier;
}

}  // namespace

Result<ChannelSet::Opened> ChannelSet::open(const PacketSettings& settings, wire::IpVersion version) {
  if (settings.protocol == Protocol::icmp) {
    auto socket = open_icmp(version, settings.mode, random_identifier(), receive_buffer_);
    if (!socket) return tl::make_unexpected(socket.error());
    auto codec = make_icmp_codec(version, socket->identifier, key_);
    return Opened{std::make_unique<SocketIo>(std::move(*socket), version, worker_.clock()), std::move(codec)};
  }
  auto socket = open_udp(version, receive_buffer_);
  if (!socket) return tl::make_unexpected(socket.error());
  auto codec = make_stamp_codec(version, settings.key, key_, worker_.clock_synchronised());
  return Opened{std::make_unique<SocketIo>(std::move(*socket), version, worker_.clock()), std::move(codec)};
}

Result<void> ChannelSet::prepare(const std::shared_ptr<const PacketSettings>& settings,
                                 std::vector<Command>& commands) {
  const Key key{settings->protocol, settings->mode, settings->key};
  auto known = known_.find(key);
  if (known == known_.end()) {
    auto opened = open_all(*settings, commands);
    if (!opened) return tl::make_unexpected(opened.error());
    known = known_.emplace(key, *opened).first;
  }
  commands.emplace_back(
      [settings, choice = known->second](Shard& shard) { shard.add_settings(settings, choice); });
  return {};
}

// One socket for the schedule and one for bursts, which shall come from another port or identifier; for IPv4
// and for IPv6.
Result<ChannelChoice> ChannelSet::open_all(const PacketSettings& settings, std::vector<Command>& commands) {
  ChannelChoice choice{{{kNoChannel, kNoChannel}, {kNoChannel, kNoChannel}}};
  auto opened = std::make_shared<std::vector<Opened>>();
  for (const auto version : {wire::IpVersion::v4, wire::IpVersion::v6}) {
    if (version == wire::IpVersion::v6 && !has_ipv6()) continue;
    for (auto& index : choice[version == wire::IpVersion::v6 ? 1 : 0]) {
      const auto next = count_ + static_cast<int>(opened->size());
      if (next > std::numeric_limits<ChannelIndex>::max())
        return fail("more than 127 sockets: too many STAMP keys; a restart closes those of earlier reloads");
      auto channel = open(settings, version);
      if (!channel) return tl::make_unexpected(channel.error());
      opened->push_back(std::move(*channel));
      index = static_cast<ChannelIndex>(next);
    }
  }
  count_ += static_cast<int>(opened->size());
  commands.emplace_back([opened](Shard& shard) {
    for (auto& channel : *opened) shard.add_channel(std::move(channel.io), std::move(channel.codec));
  });
  return choice;
}

}  // namespace faultline::packet
