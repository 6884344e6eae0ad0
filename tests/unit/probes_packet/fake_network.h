// A network on a virtual clock for tests of the shard: what is sent lands in `sent`, a script answers, and
// answers become readable when the clock has reached their arrival.
#pragma once

#include "probes/packet/shard.h"
#include "probes/wire/stamp.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

namespace faultline::packet {

inline constexpr Nanos kMs = 1'000'000;

class FakeNetwork final : public PacketIo {
 public:
  explicit FakeNetwork(const Nanos& now) : now_(now) {}

  // Called for each packet that is sent; calls answer() as it likes.
  std::function<void(const Outgoing&)> script;
  std::vector<Outgoing> sent;
  SendStatus status = SendStatus::sent;
  bool send_time_certain = true;
  std::uint64_t drops = 0;
  bool flood = false;  // junk without end, before everything else

  void answer(Incoming packet, std::vector<std::byte> data, Nanos after) {
    packet.arrived = now_ + after;
    packet.arrived_wall = packet.arrived;  // the virtual clocks are one
    under_way_.push_back({packet, std::move(data)});
  }
  // An echo reply to the packet, from where it was sent to.
  void echo(const Outgoing& packet, Nanos after, std::optional<IpAddress> from = {}) {
    auto data = bytes_of(packet);
    data[0] = std::byte{packet.to.is_v6 ? std::uint8_t{129} : std::uint8_t{0}};
    answer({.from = from.value_or(packet.to), .time_certain = true}, std::move(data), after);
  }
  // An ICMP error that quotes the first `quoted` bytes of the packet.
  void error(const Outgoing& packet, std::uint8_t type, std::uint8_t code, std::size_t quoted, Nanos after) {
    auto data = bytes_of(packet);
    data.resize(std::min(quoted, data.size()));
    answer(
        {.from = packet.to, .is_error = true, .error_type = type, .error_code = code, .time_certain = true},
        std::move(data), after);
  }
  static std::vector<std::byte> bytes_of(const Outgoing& packet) {
    return {packet.header.begin(), packet.header.begin() + packet.header_size};
  }

  void send(std::span<Outgoing> packets) override {
    for (auto& packet : packets) {
      packet.status = status;
      packet.sent_at = now_;
      packet.time_certain = send_time_certain;
      if (status != SendStatus::sent) continue;
      sent.push_back(packet);
      if (script) script(packet);
    }
  }
  std::span<const Incoming> receive() override {
    readable_.clear();
    if (flood) readable_.push_back({.from = {}, .time_certain = true, .arrived = now_});
    if (flood) return readable_;
    const auto arrived = [&](const auto& answer) { return answer.packet.arrived <= now_; };
    const auto first = std::stable_partition(under_way_.begin(), under_way_.end(), std::not_fn(arrived));
    delivered_.assign(std::make_move_iterator(first), std::make_move_iterator(under_way_.end()));
    under_way_.erase(first, under_way_.end());
    std::stable_sort(delivered_.begin(), delivered_.end(),
                     [](const auto& a, const auto& b) { return a.packet.arrived < b.packet.arrived; });
    for (auto& answer : delivered_) {
      readable_.push_back(answer.packet);
      readable_.back().data = answer.data;
    }
    return readable_;
  }
  std::uint64_t queue_drops() override { return drops; }
  std::uint64_t clock_steps() const override { return 0; }

 private:
  struct Answer {
    Incoming packet;
    std::vector<std::byte> data;
  };
  const Nanos& now_;
  std::vector<Answer> under_way_, delivered_;
  std::vector<Incoming> readable_;
};

// One shard with a scheduled and an on-demand network, driven by hand.
struct ShardRig {
  explicit ShardRig(EngineOptions options = {.bursts_at_once = 8})
      : shard(
            with_late_sink(std::move(options)),
            [this](std::span<const Round> batch) { rounds.insert(rounds.end(), batch.begin(), batch.end()); },
            kKey, {.steady = now, .wall = now}) {}

  // Settings number 0, over ICMPv4 with identifiers 1 (schedule) and 2 (bursts).
  void use_icmp(PacketSettings settings) {
    net = add_network(make_icmp_codec(wire::IpVersion::v4, std::uint16_t{1}, kKey));
    burst_net = add_network(make_icmp_codec(wire::IpVersion::v4, std::uint16_t{2}, kKey));
    shard.add_settings(std::make_shared<PacketSettings>(std::move(settings)),
                       {{{0, 1}, {kNoChannel, kNoChannel}}});
  }
  void use_stamp(PacketSettings settings) {
    settings.protocol = Protocol::stamp;
    net = add_network(make_stamp_codec(wire::IpVersion::v4, settings.key, kKey, clock_synchronised));
    burst_net = add_network(make_stamp_codec(wire::IpVersion::v4, settings.key, kKey, clock_synchronised));
    shard.add_settings(std::make_shared<PacketSettings>(std::move(settings)),
                       {{{0, 1}, {kNoChannel, kNoChannel}}});
  }
  FakeNetwork* add_network(std::unique_ptr<PacketCodec> codec) {
    auto network = std::make_unique<FakeNetwork>(now);
    auto* pointer = network.get();
    shard.add_channel(std::move(network), std::move(codec));
    return pointer;
  }
  std::uint32_t add(std::uint32_t endpoint, std::optional<IpAddress> address, Nanos first_start) {
    const auto slot = shard.first_slot() + endpoint;
    shard.add(slot,
              {.endpoint = {endpoint},
               .settings = 0,
               .address = address,
               .first_start = first_start,
               .first_sequence = 0xfffffffe},  // wraps within the first round
              now);
    return slot;
  }
  // Ticks every millisecond until `end`.
  void run_until(Nanos end) {
    while (now < end) {
      now += kMs;
      shard.tick({.steady = now, .wall = now});
    }
  }
  void run_for(Nanos time) { run_until(now + time); }

  EngineOptions with_late_sink(EngineOptions options) {
    options.late_sink = [this](std::span<const LateReply> batch) {
      late.insert(late.end(), batch.begin(), batch.end());
    };
    return options;
  }

  static constexpr wire::SipKey kKey{1, 2};
  std::vector<LateReply> late;
  Nanos now = 1'000'000 * kMs;
  std::vector<Round> rounds;
  bool clock_synchronised = true;
  FakeNetwork* net = nullptr;
  FakeNetwork* burst_net = nullptr;
  Shard shard;
};

inline IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  IpAddress address;
  address.bytes = {a, b, c, d};
  return address;
}

}  // namespace faultline::packet
