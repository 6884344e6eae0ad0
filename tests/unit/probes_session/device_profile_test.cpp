#include "probes/session/device_profile.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace faultline::session {
namespace {

SnmpValue number(double n) {
  return {SnmpValue::Kind::number, n, {}, {}};
}
SnmpValue text(std::string t) {
  return {SnmpValue::Kind::text, 0, std::move(t), {}};
}

DeviceValue value_at(const char* column) {
  DeviceValue value;
  value.metric = Metric::optical_rx_dbm;
  value.column = *parse_oid(column);
  return value;
}

std::vector<Reading> read(const DeviceValue& value, const SnmpValue& answer, Oid index = {7}) {
  const DeviceProfile profile{"p", "", {}, {}, {value}};
  const std::vector<SnmpVariable> answers = {{instance_of(value, index), answer}};
  return readings_of(profile, index, answers);
}

TEST(Oid, IsNumbersWithDots) {
  EXPECT_EQ(parse_oid("1.3.6"), Oid({1, 3, 6}));
  EXPECT_EQ(parse_oid(".1.3.4294967295"), Oid({1, 3, 4294967295}));
  for (const char* wrong : {"", ".", "1.", "1..3", "1.3.x", "1.4294967296", "-1", " 1", "1.3 "})
    EXPECT_FALSE(parse_oid(wrong)) << wrong;
  std::string longest = "1";
  for (std::size_t i = 1; i < kMaxOidParts; ++i) longest += ".1";
  EXPECT_TRUE(parse_oid(longest));
  EXPECT_FALSE(parse_oid(longest + ".1"));
}

TEST(NumberIn, TakesTheNumberBeforeAUnitAndNothingElse) {
  const struct {
    const char* text;
    double expected;
  } cases[] = {{"-98", -98}, {"6.7", 6.7}, {"4.94 dBm", 4.94}, {"-9.36dBm", -9.36}, {"  +3", 3}, {"0", 0}};
  for (const auto& c : cases) EXPECT_EQ(number_in(c.text), c.expected) << c.text;
  for (const char* none :
       {"", " ", "-", "N/A", "not-available", "nan", "inf", "-inf", "10.1.2.3", "12:30", "1-2", "x1"})
    EXPECT_FALSE(number_in(none)) << none;
}

TEST(DeviceValue, IsScaled) {
  DeviceValue value = value_at("1.3.6.1");
  value.divisor = 10;
  EXPECT_EQ(read(value, number(-128))[0].value, -12.8);
  value.multiplier = 2;
  value.offset = -30;
  EXPECT_EQ(read(value, number(100))[0].value, -10);
  EXPECT_EQ(read(value, text("100 x"))[0].value, -10);
  EXPECT_TRUE(read(value, text("N/A")).empty());
  EXPECT_TRUE(read(value, {}).empty());
}

TEST(DeviceValue, ReadsTwosComplement) {
  DeviceValue value = value_at("1.3.6.1");
  value.bits = 16;
  value.divisor = 500;
  value.offset = -30;
  value.invalid = {65535};
  EXPECT_NEAR(read(value, number(65000))[0].value, -31.072, 1e-9);
  EXPECT_NEAR(read(value, number(4000))[0].value, -22, 1e-9);
  EXPECT_FALSE(read(value, number(65534))[0].is_none);
  EXPECT_TRUE(read(value, number(65535))[0].is_none);
}

TEST(DeviceValue, IsNoneWhereItSaysSo) {
  DeviceValue value = value_at("1.3.6.1");
  value.divisor = 10;
  value.invalid = {2147483647, 0};
  value.minimum = -60;
  value.maximum = 10;
  EXPECT_TRUE(read(value, number(2147483647))[0].is_none);
  EXPECT_TRUE(read(value, number(0))[0].is_none);
  EXPECT_TRUE(read(value, number(-601))[0].is_none);
  EXPECT_TRUE(read(value, number(101))[0].is_none);
  EXPECT_FALSE(read(value, number(-600))[0].is_none);
  EXPECT_FALSE(read(value, number(100))[0].is_none);
}

TEST(DeviceValue, StandsAtColumnIndexAndSuffix) {
  DeviceValue value = value_at("1.3.6.1.2");
  value.suffix = {4, 5};
  EXPECT_EQ(instance_of(value, Oid{7, 8}), Oid({1, 3, 6, 1, 2, 7, 8, 4, 5}));
  EXPECT_EQ(index_in(value, Oid{1, 3, 6, 1, 2, 7, 8, 4, 5}), Oid({7, 8}));
  for (const Oid& other :
       {Oid{1, 3, 6, 1, 2, 7, 8, 4, 6}, Oid{1, 3, 6, 1, 2, 4, 5}, Oid{1, 3, 6, 1, 3, 7, 4, 5}, Oid{1, 3}})
    EXPECT_FALSE(index_in(value, other)) << oid_text(other);
  value.is_scalar = true;
  EXPECT_EQ(instance_of(value, Oid{7}), value.column);
  EXPECT_EQ(index_in(value, value.column), Oid{});
  EXPECT_FALSE(index_in(value, Oid{1, 3, 6, 1, 2, 0}));
}

TEST(DeviceProfile, AsksForEachInstanceOnce) {
  DeviceValue value = value_at("1.3.6.1");
  value.where = {{*parse_oid("1.3.6.2"), {14}, ""}, {*parse_oid("1.3.6.3"), {}, "Rx"}};
  value.precision_column = *parse_oid("1.3.6.4");
  const DeviceProfile profile{"p", "", {}, {}, {value, value}};
  EXPECT_EQ(instances_of(profile, Oid{7}),
            std::vector<Oid>({{1, 3, 6, 1, 7}, {1, 3, 6, 2, 7}, {1, 3, 6, 3, 7}, {1, 3, 6, 4, 7}}));
  EXPECT_TRUE(instances_of(profile, Oid{}).empty()) << "a table without a row";
}

TEST(DeviceProfile, TellsRowsByTheirConditionsAndScales) {
  DeviceValue value = value_at("1.3.6.1");
  value.where = {{*parse_oid("1.3.6.2"), {1, 14}, ""}, {*parse_oid("1.3.6.3"), {}, "Rx Power"}};
  value.precision_column = *parse_oid("1.3.6.4");
  value.scale_column = *parse_oid("1.3.6.5");
  const DeviceProfile profile{"p", "", {}, {}, {value}};
  const auto with = [&](double type, const char* name, double precision, double scale) {
    const std::vector<SnmpVariable> answers = {{{1, 3, 6, 1, 7}, number(-91)},
                                               {{1, 3, 6, 2, 7}, number(type)},
                                               {{1, 3, 6, 3, 7}, text(name)},
                                               {{1, 3, 6, 4, 7}, number(precision)},
                                               {{1, 3, 6, 5, 7}, number(scale)}};
    const auto readings = readings_of(profile, Oid{7}, answers);
    return readings.empty() ? std::nan("") : readings[0].value;
  };
  EXPECT_EQ(with(14, "slot 0 Rx Power Sensor", 1, 9), -9.1);
  EXPECT_EQ(with(1, "Rx Power", 0, 8), -0.091);     // milli
  EXPECT_EQ(with(14, "Rx Power", 0, 10), -91'000);  // kilo
  EXPECT_TRUE(std::isnan(with(8, "Rx Power", 1, 9)));
  EXPECT_TRUE(std::isnan(with(14, "Tx Power", 1, 9)));
  EXPECT_TRUE(std::isnan(with(14, "Rx Power", 1, 100)));
}

TEST(DeviceProfile, TakesTheFirstValueOfAMetricThatIsNotNone) {
  DeviceValue first = value_at("1.3.6.1"), second = value_at("1.3.6.2"), third = value_at("1.3.6.3");
  first.invalid = {0};
  const DeviceProfile profile{"p", "", {}, {}, {first, second, third}};
  const std::vector<SnmpVariable> answers = {
      {{1, 3, 6, 1, 7}, number(0)}, {{1, 3, 6, 2, 7}, number(-20)}, {{1, 3, 6, 3, 7}, number(-21)}};
  const auto readings = readings_of(profile, Oid{7}, answers);
  ASSERT_EQ(readings.size(), 1U);
  EXPECT_EQ(readings[0].value, -20);
  EXPECT_FALSE(readings[0].is_none);
}

// Answers of a counter table, row 7: column -> value, of Counter32 but for sysUpTime (ticks) and ages
// (gauges).
struct Answers {
  std::vector<SnmpVariable> list;
  Answers& counter(std::uint32_t column, std::uint64_t count, int bits = 32) {
    SnmpValue value = number(static_cast<double>(count));
    value.count = {count, bits};
    list.push_back({{1, 3, 6, column, 7}, value});
    return *this;
  }
  Answers& gauge(std::uint32_t column, double of) {
    list.push_back({{1, 3, 6, column, 7}, number(of)});
    return *this;
  }
  Answers& up(double seconds) {
    list.push_back({{1, 3, 6, 1, 2, 1, 1, 3, 0}, number(seconds * 100)});
    return *this;
  }
};

DeviceValue change_at(const char* column, Change change) {
  DeviceValue value = value_at(column);
  value.change = change;
  return value;
}

// What the profile's first value says of `now`, a minute after `before`.
std::optional<double> change_between(const DeviceProfile& profile, const Answers& before, const Answers& now,
                                     Duration elapsed = std::chrono::minutes(1)) {
  const CounterLook look = look_at(profile, Oid{7}, before.list, {});
  const auto readings = readings_of(profile, Oid{7}, now.list, &look, elapsed);
  if (readings.empty() || readings[0].is_none) return std::nullopt;
  EXPECT_TRUE(readings[0].is_change);
  return readings[0].value;
}

TEST(DeviceCounter, HasNoValueAtTheFirstAnswerButIsThere) {
  const DeviceProfile profile{"p", "", {}, {}, {change_at("1.3.6.1", Change::per_hour)}};
  const Answers answers = Answers().counter(1, 5).up(1000);
  const auto readings = readings_of(profile, Oid{7}, answers.list);
  ASSERT_EQ(readings.size(), 1U);
  EXPECT_TRUE(readings[0].is_none);
  EXPECT_TRUE(readings[0].is_change);
  EXPECT_FALSE(change_between(profile, Answers().up(1000), answers)) << "it was not there before";
  EXPECT_TRUE(readings_of(profile, Oid{7}, Answers().up(1000).list).empty());
}

TEST(DeviceCounter, IsWhatChangedInTheTimeBetween) {
  DeviceProfile profile{"p", "", {}, {}, {change_at("1.3.6.1", Change::per_hour)}};
  const auto later = [&](std::uint64_t count, double up) {
    return change_between(profile, Answers().counter(1, 4'294'967'290).up(1000),
                          Answers().counter(1, count).up(up));
  };
  EXPECT_EQ(later(4'294'967'292, 1060), 120);
  EXPECT_EQ(later(4, 1060), 600) << "through a wrap";
  EXPECT_FALSE(later(4, 20)) << "the agent began anew, and 10 is no wrap then";
  EXPECT_FALSE(later(4'294'967'292, 20)) << "began anew and has counted up since";
  EXPECT_FALSE(later(4'294'967'289, 1060));
  profile.values[0].divisor = 2;
  profile.values[0].multiplier = 3;
  EXPECT_EQ(later(4'294'967'292, 1060), 180);
  profile.values[0].maximum = 100;
  EXPECT_FALSE(later(4'294'967'292, 1060));
}

TEST(DeviceCounter, IsReadWithoutSysUpTimeToo) {
  const DeviceProfile profile{"p", "", {}, {}, {change_at("1.3.6.1", Change::per_hour)}};
  EXPECT_EQ(change_between(profile, Answers().gauge(1, 5), Answers().gauge(1, 6)), 60);
  EXPECT_FALSE(change_between(profile, Answers().gauge(1, 5), Answers().gauge(1, 4)));
}

TEST(DeviceCounter, BeginsAnewWithItsAge) {
  DeviceValue value = change_at("1.3.6.1", Change::share_of_time);
  value.age_column = *parse_oid("1.3.6.2");
  const DeviceProfile profile{"p", "", {}, {}, {value}};
  const Answers before = Answers().counter(1, 2).gauge(2, 86'370).up(500'000);
  const Answers same_day = Answers().counter(1, 17).gauge(2, 86'400).up(500'060);
  const Answers next_day =
      Answers().counter(1, 17).gauge(2, 30).up(500'060);  // more than before, and yet anew
  EXPECT_EQ(change_between(profile, before, same_day), 0.25);
  EXPECT_FALSE(change_between(profile, before, next_day));
  EXPECT_FALSE(change_between(profile, before, Answers().counter(1, 17).up(500'060)))
      << "the age is not told";
}

TEST(DeviceCounter, IsAShareOfSeveral) {
  DeviceValue value = change_at("1.3.6.3", Change::share);
  value.whole = {*parse_oid("1.3.6.1"), *parse_oid("1.3.6.2"), *parse_oid("1.3.6.3")};
  const DeviceProfile profile{"p", "", {}, {}, {value}};
  const auto words = [](std::uint64_t good, std::uint64_t corrected, std::uint64_t lost) {
    return Answers().counter(1, good, 64).counter(2, corrected, 64).counter(3, lost, 64).up(9e5);
  };
  const Answers before = words(1'000'000, 500, 50);
  EXPECT_EQ(change_between(profile, before, words(1'000'900, 590, 60)), 0.01);
  EXPECT_FALSE(change_between(profile, before, before)) << "a share of nothing";
  EXPECT_FALSE(change_between(profile, before, words(900, 590, 60))) << "one of them began anew";
  EXPECT_FALSE(change_between(profile, before, Answers().counter(3, 60, 64).up(9e5))) << "one is missing";
}

TEST(DeviceCounter, AsksForAllThatItNeedsOnce) {
  DeviceValue share = change_at("1.3.6.2", Change::share);
  share.whole = {*parse_oid("1.3.6.1"), *parse_oid("1.3.6.2")};
  share.age_column = *parse_oid("1.3.6.3");
  share.suffix = {9};
  DeviceValue scalar = change_at("1.3.6.8.0", Change::per_hour);
  scalar.is_scalar = true;
  const DeviceProfile profile{"p", "", {}, {}, {share, scalar}};
  EXPECT_EQ(instances_of(profile, Oid{7}), std::vector<Oid>({{1, 3, 6, 2, 7, 9},
                                                             {1, 3, 6, 1, 7, 9},
                                                             {1, 3, 6, 3, 7, 9},
                                                             {1, 3, 6, 1, 2, 1, 1, 3, 0},
                                                             {1, 3, 6, 8, 0}}));
}

TEST(DeviceCounter, OfAMetricTheFirstThatIsThereCounts) {
  const DeviceProfile profile{
      "p", "", {}, {}, {change_at("1.3.6.1", Change::per_hour), change_at("1.3.6.2", Change::per_hour)}};
  EXPECT_EQ(change_between(profile, Answers().counter(2, 1), Answers().counter(2, 2)), 60);
  EXPECT_FALSE(
      change_between(profile, Answers().counter(1, 5).counter(2, 1), Answers().counter(1, 4).counter(2, 2)))
      << "its next value will be the first one's: not one of the other between";
}

}  // namespace
}  // namespace faultline::session
