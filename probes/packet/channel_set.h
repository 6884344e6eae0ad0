// Which sockets a shard has, seen from the engine: opens those that new settings need, shares them between
// settings wherever one socket can serve both, and tells the shard by a command.
#pragma once

#include "probes/packet/worker.h"
#include "rules/model/result.h"

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

namespace faultline::packet {

class ChannelSet {
 public:
  ChannelSet(Worker& worker, std::uint32_t receive_buffer, wire::SipKey key)
      : worker_(worker), receive_buffer_(receive_buffer), key_(key) {}

  // Appends to `commands` what gives the shard the sockets that these settings need, and as the last one what
  // gives it the settings. On an error nothing is appended and nothing is open that was not.
  Result<void> prepare(const std::shared_ptr<const PacketSettings>& settings, std::vector<Command>& commands);

 private:
  using Key = std::tuple<Protocol, IcmpMode, std::vector<std::byte>>;
  struct Opened {
    std::unique_ptr<PacketIo> io;
    std::unique_ptr<PacketCodec> codec;
  };
  Result<ChannelChoice> open_all(const PacketSettings& settings, std::vector<Command>& commands);
  Result<Opened> open(const PacketSettings& settings, wire::IpVersion version);

  Worker& worker_;
  std::uint32_t receive_buffer_;
  wire::SipKey key_;
  std::map<Key, ChannelChoice> known_;
  int count_ = 0;
};

}  // namespace faultline::packet
