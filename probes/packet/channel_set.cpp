#include "probes/packet/channel_set.h"

#include "probes/packet/socket_io.h"

#include <algorithm>
#include <limits>

namespace faultline::packet {
namespace {

// Which early sockets serve these settings; ping sockets are none of them.
std::optional<EarlyKind> early_kind(const PacketSettings& settings) {
  if (settings.protocol == Protocol::stamp) return EarlyKind::udp;
  if (settings.mode == IcmpMode::unprivileged) return std::nullopt;
  return EarlyKind::raw_icmp;
}

std::size_t place_of(wire::IpVersion version) {
  return version == wire::IpVersion::v6 ? 1 : 0;
}

}  // namespace

Result<ChannelSet::Opened> ChannelSet::open(const PacketSettings& settings, wire::IpVersion version) {
  const auto kind = early_kind(settings);
  if (kind && early_ != nullptr)
    if (auto taken = early_->take(*kind, version)) return Opened{version, kind, std::move(*taken)};
  auto socket = settings.protocol == Protocol::icmp
                    ? open_icmp(version, settings.mode, random_identifier(), receive_buffer_)
                    : open_udp(version, receive_buffer_);
  if (!socket) return tl::make_unexpected(socket.error());
  return Opened{version, std::nullopt, std::move(*socket)};
}

std::unique_ptr<PacketCodec> ChannelSet::codec(const PacketSettings& settings, const Opened& opened) const {
  if (settings.protocol == Protocol::icmp)
    return make_icmp_codec(opened.version, opened.socket.identifier, key_);
  return make_stamp_codec(opened.version, settings.key, key_, worker_.clock_synchronised());
}

Result<void> ChannelSet::prepare(const std::shared_ptr<const PacketSettings>& settings,
                                 std::vector<Command>& commands) {
  const Key key{settings->protocol, settings->mode, settings->key};
  if (!known_.contains(key))
    if (auto opened = open_channels(*settings, commands); !opened) return tl::make_unexpected(opened.error());
  commands.emplace_back(
      [settings, choice = known_.at(key)](Shard& shard) { shard.add_settings(settings, choice); });
  return {};
}

// One socket for the schedule and one for bursts, which shall come from another port or identifier; for IPv4
// and for IPv6.
Result<void> ChannelSet::open_sockets(const PacketSettings& settings, std::vector<Opened>& opened) {
  for (const auto version : {wire::IpVersion::v4, wire::IpVersion::v6}) {
    if (version == wire::IpVersion::v6 && !has_ipv6()) continue;
    for (int i = 0; i < 2; ++i) {
      auto socket = open(settings, version);
      if (!socket) return tl::make_unexpected(socket.error());
      opened.push_back(std::move(*socket));
    }
  }
  if (count_ + static_cast<int>(opened.size()) - 1 > std::numeric_limits<ChannelIndex>::max())
    return fail("more than 127 sockets: too many STAMP keys; a restart closes those of earlier reloads");
  return {};
}

Result<void> ChannelSet::open_channels(const PacketSettings& settings, std::vector<Command>& commands) {
  std::vector<Opened> opened;
  if (auto done = open_sockets(settings, opened); !done) {
    give_back(opened);
    return done;
  }
  const bool all_raw = std::all_of(opened.begin(), opened.end(),
                                   [](const Opened& one) { return one.socket.identifier.has_value(); });
  ChannelChoice choice{{{kNoChannel, kNoChannel}, {kNoChannel, kNoChannel}}};
  auto channels = std::make_shared<std::vector<Channel>>();
  for (auto& one : opened) {
    auto& of_version = choice[place_of(one.version)];
    of_version[of_version[0] == kNoChannel ? 0 : 1] = static_cast<ChannelIndex>(count_++);
    auto its_codec = codec(settings, one);
    channels->push_back({std::make_unique<SocketIo>(std::move(one.socket), one.version, worker_.clock()),
                         std::move(its_codec)});
  }
  commands.emplace_back([channels](Shard& shard) {
    for (auto& channel : *channels) shard.add_channel(std::move(channel.io), std::move(channel.codec));
  });
  remember(settings, choice, all_raw);
  return {};
}

// Raw sockets are what "automatic" wants first and "raw" wants: each may use what was opened for the other.
void ChannelSet::remember(const PacketSettings& settings, const ChannelChoice& choice, bool all_raw) {
  known_.emplace(Key{settings.protocol, settings.mode, settings.key}, choice);
  if (settings.protocol != Protocol::icmp || !all_raw) return;
  for (const auto mode : {IcmpMode::automatic, IcmpMode::raw})
    known_.emplace(Key{settings.protocol, mode, settings.key}, choice);
}

void ChannelSet::give_back(std::vector<Opened>& opened) {
  for (auto& one : opened)
    if (one.early) early_->give_back(*one.early, one.version, std::move(one.socket));
}

}  // namespace faultline::packet
