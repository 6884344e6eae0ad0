// Which sockets a shard has, seen from the engine: takes or opens those that new settings need, shares them
// between settings wherever one socket can serve both, and tells the shard by a command.
#pragma once

#include "probes/packet/early_sockets.h"
#include "probes/packet/worker.h"
#include "rules/model/result.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace faultline::packet {

class ChannelSet {
 public:
  // `early` may be null.
  ChannelSet(Worker& worker, std::uint32_t receive_buffer, wire::SipKey key,
             std::shared_ptr<EarlySockets> early)
      : worker_(worker), receive_buffer_(receive_buffer), key_(key), early_(std::move(early)) {}

  // Appends to `commands` what gives the shard the sockets that these settings need, and as the last one what
  // gives it the settings. On an error nothing is appended, nothing is open that was not, and the early
  // sockets are as many as they were.
  Result<void> prepare(const std::shared_ptr<const PacketSettings>& settings, std::vector<Command>& commands);

 private:
  using Key = std::tuple<Protocol, IcmpMode, std::vector<std::byte>>;
  struct Opened {
    wire::IpVersion version;
    std::optional<EarlyKind> early;  // where it was taken from
    OpenedSocket socket;
  };
  struct Channel {
    std::unique_ptr<PacketIo> io;
    std::unique_ptr<PacketCodec> codec;
  };
  Result<void> open_channels(const PacketSettings& settings, std::vector<Command>& commands);
  Result<void> open_sockets(const PacketSettings& settings, std::vector<Opened>& opened);
  Result<Opened> open(const PacketSettings& settings, wire::IpVersion version);
  std::unique_ptr<PacketCodec> codec(const PacketSettings& settings, const Opened& opened) const;
  void give_back(std::vector<Opened>& opened);
  void remember(const PacketSettings& settings, const ChannelChoice& choice, bool all_raw);

  Worker& worker_;
  std::uint32_t receive_buffer_;
  wire::SipKey key_;
  std::shared_ptr<EarlySockets> early_;
  std::map<Key, ChannelChoice> known_;
  int count_ = 0;
};

}  // namespace faultline::packet
