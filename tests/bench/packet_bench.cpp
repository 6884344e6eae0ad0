// What the packet engine's own code costs a packet, without the kernel: the wheel, the building of a round,
// and the whole cycle of a shard (schedule, write, match, close) on a virtual clock with an echo in place of
// the network. For instruction counts: valgrind --tool=callgrind packet_bench --benchmark_filter=shard_cycle.
#include "probes/packet/shard.h"

#include <benchmark/benchmark.h>

#include <deque>
#include <memory>
#include <vector>

namespace faultline::packet {
namespace {

constexpr Nanos kMs = 1'000'000;
constexpr wire::SipKey kKey{1, 2};

// Answers everything after 10 ms.
class Echo final : public PacketIo {
 public:
  explicit Echo(const Nanos& now) : now_(now) {}
  void send(std::span<Outgoing> packets) override {
    for (auto& packet : packets) {
      packet.status = SendStatus::sent;
      packet.time_certain = true;
      packet.sent_at = now_;
      auto& answer = under_way_.emplace_back();
      answer.due = now_ + 10 * kMs;
      answer.from = packet.to;
      answer.size = packet.header_size;
      answer.bytes = packet.header;
      answer.bytes[0] = std::byte{0};  // echo reply
    }
  }
  std::span<const Incoming> receive() override {
    for (; taken_ > 0; --taken_) under_way_.pop_front();
    while (taken_ < kBatch && taken_ < under_way_.size() && under_way_[taken_].due <= now_) {
      const auto& answer = under_way_[taken_];
      auto& packet = incoming_[taken_++];
      packet.from = answer.from;
      packet.time_certain = true;
      packet.arrived = packet.arrived_wall = answer.due;
      packet.data = std::span(answer.bytes).first(answer.size);
    }
    return std::span(incoming_).first(taken_);
  }
  std::uint64_t queue_drops() override { return 0; }
  std::uint64_t clock_steps() const override { return 0; }

 private:
  struct Answer {
    Nanos due = 0;
    IpAddress from;
    std::size_t size = 0;
    std::array<std::byte, kHeaderRoom> bytes;
  };
  const Nanos& now_;
  std::deque<Answer> under_way_;
  std::array<Incoming, kBatch> incoming_{};
  std::size_t taken_ = 0;
};

// A second of the schedule: every target has a round of five packets. Time a packet.
void shard_cycle(benchmark::State& state) {
  const auto targets = static_cast<std::uint32_t>(state.range(0));
  Nanos now = 1000 * kMs;
  std::uint64_t rounds = 0;
  Shard shard({.bursts_at_once = 8, .packets_per_prefix_ms = 1'000'000},
              [&](std::span<const Round> some) { rounds += some.size(); }, kKey,
              {.steady = now, .wall = now});
  shard.add_channel(std::make_unique<Echo>(now),
                    make_icmp_codec(wire::IpVersion::v4, std::uint16_t{1}, kKey));
  PacketSettings settings;
  settings.interval = std::chrono::seconds(1);
  settings.spacing = std::chrono::milliseconds(20);
  settings.timeout = std::chrono::milliseconds(500);
  settings.late_horizon = std::chrono::seconds(1);
  shard.add_settings(std::make_shared<PacketSettings>(settings),
                     {{{0, kNoChannel}, {kNoChannel, kNoChannel}}});
  for (std::uint32_t i = 0; i < targets; ++i) {
    IpAddress address;
    address.bytes = {10, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                     static_cast<std::uint8_t>(i)};
    shard.add(
        shard.first_slot() + i,
        {.endpoint = {i}, .settings = 0, .address = address, .first_start = now + i * (1000 * kMs / targets)},
        now);
  }
  const auto sent_before = shard.stats().sent;
  for (auto unused : state) {
    (void)unused;
    for (int tick = 0; tick < 1000; ++tick) {
      now += kMs;
      shard.tick({.steady = now, .wall = now});
    }
  }
  const auto packets = static_cast<double>(shard.stats().sent - sent_before);
  state.counters["ns_a_packet"] =
      benchmark::Counter(packets / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["answered"] =
      static_cast<double>(shard.stats().received) / static_cast<double>(shard.stats().sent);
}
BENCHMARK(shard_cycle)->Arg(1'000)->Arg(10'000)->Arg(40'000)->Unit(benchmark::kMillisecond);

void wheel(benchmark::State& state) {
  constexpr std::uint32_t kIds = 100'000;
  Wheel wheel(0);
  wheel.resize(kIds);
  for (std::uint32_t id = 0; id < kIds; ++id) wheel.schedule(id, (id % 10'000) * kMs);
  Nanos now = 0;
  std::int64_t expired = 0;
  for (auto unused : state) {
    (void)unused;
    now += kMs;
    wheel.expire(now, [&](std::uint32_t id) {
      ++expired;
      wheel.schedule(id, now + 10'000 * kMs);
    });
  }
  state.SetItemsProcessed(expired);
}
BENCHMARK(wheel);

void round_close(benchmark::State& state) {
  std::array<std::uint32_t, 5> sent{}, rtt{100'300, 99'000, 101'000, 130'000, 100'000};
  Target target;
  target.next_packet = target.sent = target.received = 5;
  RoundBuilder builder;
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(builder.build(target, {.sent = sent, .rtt = rtt}, 0, Timestamp{}, Timestamp{}));
  }
}
BENCHMARK(round_close);

}  // namespace
}  // namespace faultline::packet
