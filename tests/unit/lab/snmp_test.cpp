#include "tests/lab/snmp.h"

#include "tests/lab/olt_bank.h"
#include "tests/unit/lab/small_city.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace faultline::lab {
namespace {

using namespace std::chrono_literals;

// Written by a second implementation (Python): GET of sysObjectID.0 of community "public", and its answer.
constexpr std::string_view kGetObjectId =
    "302902010104067075626c6963a01c020412345678020100020100300e300c06082b060102010102000500";
constexpr std::string_view kObjectIdIs =
    "303302010104067075626c6963a2260204123456780201000201003018301606082b06010201010200060a2b060104018f5b02"
    "8178";

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}
ConstBytes span_of(const std::string& bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::string element(char tag, const std::string& content) {
  std::string out(1, tag);
  if (content.size() >= 0x80) out += '\x82', out += static_cast<char>(content.size() >> 8);
  return out + static_cast<char>(content.size()) + content;
}
// `parts` below 1.3.6.1, each below 128.
std::string name(const std::string& parts) {
  return element(0x06, "\x2b\x06\x01" + parts);
}
std::string question(char kind, const std::vector<std::string>& names, char second = 0, char third = 0) {
  std::string bindings;
  for (const std::string& one : names) bindings += element(0x30, one + std::string("\x05\x00", 2));
  const std::string fields = element(0x02, "\x07") + element(0x02, std::string(1, second)) +
                             element(0x02, std::string(1, third)) + element(0x30, bindings);
  return element(0x30, element(0x02, "\x01") + element(0x04, "public") + element(kind, fields));
}
std::string answer_to(const std::string& asked, const SnmpObjects& objects) {
  return snmp_answer(span_of(asked), "public", objects);
}

const SnmpObjects kObjects = {{{1, 3, 6, 1, 2, 1, 1, 2, 0}, Oid{1, 3, 6, 1, 4, 1, 2011, 2, 248}},
                              {{1, 3, 6, 1, 5, 1}, std::int32_t{-129}},
                              {{1, 3, 6, 1, 5, 2}, std::string("text")}};

TEST(LabSnmp, AnswersByteForByteAsTheStandardsSay) {
  EXPECT_EQ(answer_to(bytes_of(kGetObjectId), kObjects), bytes_of(kObjectIdIs));
}

TEST(LabSnmp, WritesNumbersAsShortAsTheyAre) {
  for (const auto& [value, written] :
       std::vector<std::pair<std::int32_t, std::string>>{{0, std::string(1, '\0')},
                                                         {127, "\x7f"},
                                                         {128, std::string("\x00\x80", 2)},
                                                         {-128, "\x80"},
                                                         {-129, "\xff\x7f"},
                                                         {-2050, "\xf7\xfe"},
                                                         {2147483647, "\x7f\xff\xff\xff"},
                                                         {INT32_MIN, std::string("\x80\x00\x00\x00", 4)}}) {
    const std::string answer = answer_to(question('\xa0', {name("\x05\x01")}), {{{1, 3, 6, 1, 5, 1}, value}});
    EXPECT_TRUE(answer.ends_with(element(0x02, written))) << value;
  }
}

TEST(LabSnmp, SaysWhatIsNotThereAndWhereItEnds) {
  EXPECT_TRUE(answer_to(question('\xa0', {name("\x05\x03")}), kObjects)
                  .ends_with(name("\x05\x03") + std::string("\x81\x00", 2)));
  EXPECT_TRUE(answer_to(question('\xa1', {name("\x05\x02")}), kObjects)
                  .ends_with(name("\x05\x02") + std::string("\x82\x00", 2)));
}

TEST(LabSnmp, GoesOnToTheNextInstance) {
  EXPECT_TRUE(answer_to(question('\xa1', {name("\x05")}), kObjects)
                  .ends_with(name("\x05\x01") + element(0x02, "\xff\x7f")));
  EXPECT_TRUE(answer_to(question('\xa1', {name("\x05\x01")}), kObjects)
                  .ends_with(name("\x05\x02") + element(0x04, "text")));
}

TEST(LabSnmp, GivesManyInstancesAtOnce) {
  // One name once, another as often as asked: to the end of all objects and no further than asked.
  const std::string answer =
      answer_to(question('\xa5', {name("\x05\x01"), name("\x02\x01")}, 1, 3), kObjects);
  EXPECT_NE(answer.find(element(0x04, "text")), std::string::npos);
  EXPECT_TRUE(answer.ends_with(element(0x30, name("\x05\x01") + element(0x02, "\xff\x7f")) +
                               element(0x30, name("\x05\x02") + element(0x04, "text"))));
}

TEST(LabSnmp, NeverExceedsAPacket) {
  SnmpObjects many;
  for (std::uint32_t i = 1; i <= 100; ++i) many[{1, 3, 6, 1, 5, i}] = std::string(40, 'x');
  const std::string bulk = answer_to(question('\xa5', {name("\x05")}, 0, 100), many);
  EXPECT_LE(bulk.size(), kMostSnmpBytes);
  EXPECT_GT(bulk.size(), kMostSnmpBytes - 80);
  std::vector<std::string> names;
  for (char i = 1; i <= 40; ++i) names.push_back(name(std::string("\x05") + i));
  // tooBig: error status 1, no bindings
  EXPECT_TRUE(answer_to(question('\xa0', names), many)
                  .ends_with(element(0x02, "\x01") + element(0x02, std::string(1, '\0')) +
                             std::string("\x30\x00", 2)));
}

TEST(LabSnmp, IsSilentTowardsStrangersAndGarbage) {
  const std::string good = bytes_of(kGetObjectId);
  EXPECT_EQ(snmp_answer(span_of(good), "secret", kObjects), "");
  EXPECT_EQ(snmp_answer(span_of(good), "publi", kObjects), "");
  EXPECT_EQ(answer_to(question('\xa3', {name("\x05\x01")}), kObjects), "");  // SET
  std::string version1 = good;
  version1[4] = 0;
  EXPECT_EQ(answer_to(version1, kObjects), "");
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(answer_to(good.substr(0, size), kObjects), "") << size;
  for (std::size_t at = 0; at < good.size(); ++at) {  // whatever is spoiled, nothing beyond the bytes is read
    for (const int byte : {0x00, 0x7f, 0x80, 0x84, 0xff}) {
      std::string spoiled = good;
      spoiled[at] = static_cast<char>(byte);
      EXPECT_LE(answer_to(spoiled, kObjects).size(), kMostSnmpBytes);
    }
  }
}

constexpr std::uint64_t kSecond = 1'000'000'000;

LightShift shift(double rx_db, Duration over = 0s, bool dark = false) {
  LightShift light;
  light.rx_db = rx_db;
  light.over = over;
  light.dark = dark;
  return light;
}

TEST(OnuLight, IsHealthyAndReadWithALittleNoise) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    OnuLight light(seed);
    const double level = light.level_dbm(0);
    EXPECT_GE(level, -23);
    EXPECT_LE(level, -18);
    EXPECT_NEAR(*light.reading(0) / 100.0, level, 0.106);
  }
}

TEST(OnuLight, FadesEvenlyAndIsBackAtOnce) {
  OnuLight light(1);
  const double healthy = light.level_dbm(0);
  light.set(shift(-10, 20s), 5 * kSecond);
  EXPECT_DOUBLE_EQ(light.level_dbm(5 * kSecond), healthy);
  EXPECT_DOUBLE_EQ(light.level_dbm(10 * kSecond), healthy - 2.5);
  light.set(shift(-10, 20s), 10 * kSecond);  // another fault begins elsewhere: it goes on
  EXPECT_DOUBLE_EQ(light.level_dbm(15 * kSecond), healthy - 5);
  EXPECT_DOUBLE_EQ(light.level_dbm(99 * kSecond), healthy - 10);
  light.set(shift(0), 100 * kSecond);
  EXPECT_DOUBLE_EQ(light.level_dbm(100 * kSecond), healthy);
}

TEST(OnuLight, HasNoReadingInTheDark) {
  OnuLight light(1);
  light.set(shift(0, 0s, true), 0);
  EXPECT_EQ(light.reading(0), std::nullopt);
  light.set(shift(0), kSecond);
  EXPECT_TRUE(light.reading(kSecond));
}

TEST(OltBank, ShowsTheLightOfItsLinesUnderTheirRow) {
  const LabInventory city = test::small_city();
  OltBank bank(city, 1);
  ASSERT_EQ(city.olts.size(), 1U);
  const std::uint32_t host = city.olts[0].host;
  // hwGponOntOpticalDdmRxPower.4194304000.0: 1.3.6.1 and 4.1.2011.6.128.1.1.2.51.1.4 and the row
  const std::string rx =
      name(std::string("\x04\x01\x8f\x5b\x06\x81\x00\x01\x01\x02\x33\x01\x04\x8f\xd0\x80\x80\x00\x00", 19));
  const std::string asked = question('\xa0', {rx});
  const auto reading = [&](std::uint64_t now_ns) {
    const std::string answer = bank.answer(host, span_of(asked), now_ns).value();
    EXPECT_EQ(answer.substr(answer.size() - 4, 2), std::string("\x02\x02")) << "an INTEGER of two bytes";
    const auto high = static_cast<std::int8_t>(answer[answer.size() - 2]);
    return (high * 256 + static_cast<std::uint8_t>(answer.back())) / 100.0;
  };
  const double before = reading(kSecond);
  EXPECT_NEAR(before, -20.5, 2.7);
  bank.set_light(test::endpoint_named(city, "line-1"), shift(-9), 2 * kSecond);
  EXPECT_NEAR(reading(3 * kSecond), before - 9, 0.3);
  bank.set_light(test::endpoint_named(city, "line-1"), shift(0, 0s, true), 4 * kSecond);
  EXPECT_TRUE(bank.answer(host, span_of(asked), 5 * kSecond)->ends_with("\x02\x04\x7f\xff\xff\xff"));
  EXPECT_FALSE(bank.answer(0, span_of(asked), kSecond)) << "a cell is no agent";
}

}  // namespace
}  // namespace faultline::lab
