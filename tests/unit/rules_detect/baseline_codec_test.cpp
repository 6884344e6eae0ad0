#include "rules/detect/baseline_codec.h"

#include "tests/unit/rules_detect/world.h"

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
