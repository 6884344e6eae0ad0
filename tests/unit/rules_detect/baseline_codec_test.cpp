#include "rules/detect/baseline_codec.h"

#include "tests/unit/rules_detect/world.h"

#include <bit>
#include <cmath>
#include <random>

namespace faultline::detect {
namespace {

class BaselineBytes : public testing::Test {
 protected:
  BaselineBytes() {
    world.run_good(100);
    for (int i = 0; i < 100; ++i, world.now += 30s) world.send(world.signal(-85));
    bytes = world.detector.baseline(world.a);
  }
  World world;
  std::vector<std::byte> bytes;
};

TEST_F(BaselineBytes, BringTheBaselineBack) {
  World other;
  ASSERT_TRUE(other.detector.restore_baseline(other.a, bytes));
  for (const auto& [probe, metric] : {std::pair{kIcmp, Metric::rtt_ms}, {kModem, Metric::rsrp_dbm}}) {
    const auto before = world.detector.expectation(world.a, probe, metric, world.now);
    const auto after = other.detector.expectation(other.a, probe, metric, world.now);
    ASSERT_TRUE(before && after);
    EXPECT_DOUBLE_EQ(after->median, before->median);
    EXPECT_DOUBLE_EQ(after->high, before->high);
  }
  EXPECT_EQ(other.detector.baseline(other.a), bytes);
  EXPECT_EQ(other.health().state, HealthState::unknown);  // believing starts anew
}

TEST_F(BaselineBytes, LetARestartedDetectorJudgeAtOnce) {
  World other;
  ASSERT_TRUE(other.detector.restore_baseline(other.a, bytes));
  other.now = world.now;
  Events events;
  for (int i = 0; i < 4 && events.empty(); ++i, other.now += 10s)
    events = other.send(other.packets(5, 0, 90));
  EXPECT_FALSE(events.empty());
}

TEST_F(BaselineBytes, AreEmptyForAnEndpointNeverMeasured) {
  EXPECT_TRUE(world.detector.baseline(world.b).empty());
  EXPECT_FALSE(world.detector.restore_baseline(world.b, {}));
}

TEST_F(BaselineBytes, AreRefusedWhenCutOrChangedAnywhere) {
  for (std::size_t length = 0; length < bytes.size(); ++length)
    ASSERT_FALSE(decode_baseline(std::span(bytes).first(length))) << length;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] ^= std::byte{0x10};
    ASSERT_FALSE(decode_baseline(changed)) << i;
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode_baseline(longer));
  EXPECT_FALSE(world.detector.restore_baseline(world.b, longer));
  EXPECT_TRUE(world.detector.baseline(world.b).empty());
}

// A checksum is no proof: whoever can write the file can write the sum. Every number is checked as well.
TEST_F(BaselineBytes, AreCheckedEvenIfTheChecksumFits) {
  const auto good = decode_baseline(bytes);
  ASSERT_TRUE(good);
  const auto is_taken = [&](const auto& change) {
    auto probes = *good;
    change(probes);
    return decode_baseline(encode_baseline(probes)).has_value();
  };
  using Probes = std::vector<LearntProbe>;
  EXPECT_TRUE(is_taken([](Probes&) {}));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].metrics[0].origin = NAN; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].metrics[0].level = INFINITY; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].metrics[0].step = 0; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].metrics[0].step = -1; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].metrics[0].correlation = 1; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].metrics[0].daily_next = 28; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].metrics[0].daily_count = 200; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].metrics[0].samples = 0; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].metrics[0].metric = static_cast<Metric>(99); }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].metrics[0].metric = p[0].metrics[1].metric; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].usual[3] = 2; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].usual[3] = NAN; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].interval_s = NAN; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[1].probe = p[0].probe; }));
  EXPECT_FALSE(is_taken([](Probes& p) { p[0].probe = kAnyProbe; }));
}

// As version 1 wrote it: one ICMP probe with an RTT of 100 samples; no today_count, no past.
std::vector<std::byte> version_one() {
  std::vector<std::byte> bytes;
  const auto put = [&](std::uint64_t bits, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(bits >> (8 * i)));
  };
  const auto put_float = [&](float x) { put(std::bit_cast<std::uint32_t>(x), 4); };
  put(0x4C42'4C46, 4);
  put(1, 1);  // version
  put(1, 1);  // probes
  put(kIcmp, 1);
  put_float(10);
  for (std::size_t i = 0; i < kBlocks; ++i) put_float(-1);
  put(1, 1);  // metrics
  put(static_cast<std::uint8_t>(Metric::rtt_ms), 1);
  for (std::size_t i = 0; i < kBuckets; ++i) put(0, 2);
  for (std::size_t i = 0; i < kBuckets; ++i) put(5, 1);
  for (std::size_t i = 0; i < kBlocks; ++i) put(20, 1);
  for (std::size_t i = 0; i < kDays; ++i) put(i < 4 ? 7 : 0, 2);
  for (const float x : {3.0F, 0.001F, 3.0F, 0.5F, 3.0F})
    put_float(x);  // origin, step, level, correlation, today
  put(100, 4);
  put(20'000, 2);
  put(4, 1);
  put(4, 1);
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const std::byte b : bytes) hash = (hash ^ static_cast<std::uint8_t>(b)) * 0x100000001b3ULL;
  put(hash, 8);
  return bytes;
}

TEST_F(BaselineBytes, OfTheFirstVersionAreReadAndWhatItLackedBeginsAnew) {
  const auto first = version_one();
  ASSERT_TRUE(world.detector.restore_baseline(world.b, first));
  const LearntEndpoint learnt = world.detector.learnt(world.b, world.now);
  ASSERT_EQ(learnt.metrics.size(), 1U);
  EXPECT_FLOAT_EQ(learnt.metrics[0].days[27], 3.007F);
  EXPECT_TRUE(std::isnan(learnt.metrics[0].days[23]));
  EXPECT_EQ(learnt.scale_growth, 1);
  EXPECT_EQ(learnt.busy.days, 0);
  EXPECT_NE(world.detector.baseline(world.b), first) << "saved in the present version from now on";
}

TEST_F(BaselineBytes, BringThePastBack) {
  Past past, read;
  past.busy_hour = 20;
  past.hour = 9;
  past.day = 20'000;
  past.measured = 7;
  past.strained = 5;
  past.week = 2'900;
  past.weeks[2] = {300, 9, 2};
  const auto probes = *decode_baseline(bytes);
  ASSERT_TRUE(decode_baseline(encode_baseline(probes, past), &read));
  EXPECT_EQ(read, past);
  past.strained = 8;  // strained on a day without a measurement
  EXPECT_FALSE(decode_baseline(encode_baseline(probes, past)));
}

// A file of a later (or earlier) version is whole, and still not to be understood.
TEST_F(BaselineBytes, OfAnotherVersionAreRefusedThoughTheirChecksumFits) {
  const auto with_version = [&](std::uint8_t version) {
    auto other = bytes;
    other[4] = std::byte{version};  // after the magic number
    std::uint64_t sum = 0xcbf29ce484222325ULL;
    const std::size_t body = other.size() - sizeof sum;
    for (std::size_t i = 0; i < body; ++i)
      sum = (sum ^ static_cast<std::uint8_t>(other[i])) * 0x100000001b3ULL;
    for (std::size_t i = 0; i < sizeof sum; ++i) other[body + i] = static_cast<std::byte>(sum >> (8 * i));
    return other;
  };
  ASSERT_EQ(with_version(kBaselineVersion), bytes);
  for (int version = 0; version < 256; ++version) {
    if (version == kBaselineVersion) continue;
    const auto other = with_version(static_cast<std::uint8_t>(version));
    EXPECT_FALSE(decode_baseline(other)) << version;
    EXPECT_FALSE(world.detector.restore_baseline(world.b, other)) << version;
  }
  EXPECT_TRUE(world.detector.baseline(world.b).empty());
}

TEST_F(BaselineBytes, SurviveRandomBytes) {
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::byte> noise(random() % 400);
    for (std::byte& b : noise) b = static_cast<std::byte>(random());
    ASSERT_FALSE(decode_baseline(noise));
  }
}

}  // namespace
}  // namespace faultline::detect
