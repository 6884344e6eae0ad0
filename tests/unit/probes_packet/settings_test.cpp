#include "probes/packet/settings.h"

#include "probes/registry.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>

namespace faultline::packet {
namespace {

using namespace std::chrono_literals;

ProbeOptions options(std::string_view kind,
                     std::initializer_list<std::pair<std::string_view, std::string_view>> set) {
  const auto specs = find_probe_kind(kind)->options;
  auto values = ProbeOptions::defaults(specs);
  for (const auto& [name, text] : set)
    for (const auto& spec : specs)
      if (spec.name == name) values.set(name, parse_option(spec, text).value());
  return values;
}

struct ParseCase {
  OptionSpec spec;
  std::string_view text;
  std::string_view error;  // empty: fine
};

TEST(Options, SayWhatWasExpected) {
  const OptionSpec duration{"t", OptionType::duration, "1s", 1, 60, {}, {}};
  const OptionSpec integer{"n", OptionType::integer, "1", 0, 255, {}, {}};
  const OptionSpec number{"x", OptionType::number, "1", 0, 0, {}, {}};
  const OptionSpec flag{"f", OptionType::flag, "true", 0, 0, {}, {}};
  const OptionSpec choice{"c", OptionType::choice, "auto", 0, 0, "auto raw unprivileged", {}};
  const ParseCase cases[] = {
      {duration, "5s", ""},
      {duration, "5", "\"5\" has no unit (try 5s)"},
      {duration, "", "\"\" is not a duration (try 10s)"},
      {duration, "s", "\"s\" is not a duration (try 10s)"},
      {duration, "-5s", "\"-5s\" is not a duration (try 10s)"},
      {duration, "5 s", "\"5 s\" has an unknown unit \" s\" (us, ms, s, m, h or d)"},
      {duration, "500ms", "500ms is less than 1s"},
      {duration, "2h", "2h is more than 60s"},
      {duration, "99999999999999999d", "99999999999999999d is too long"},
      {integer, "255", ""},
      {integer, "500", "500 is more than 255"},
      {integer, "5x", "\"5x\" is not a whole number"},
      {integer, "99999999999999999999", "\"99999999999999999999\" is not a whole number"},
      {number, "0.25", ""},
      {number, "nan", "\"nan\" is not a number"},
      {flag, "yes", "\"yes\" is neither true nor false"},
      {choice, "raw", ""},
      {choice, "fast", "\"fast\" is none of: auto raw unprivileged"},
      {choice, "auto raw", "\"auto raw\" is none of: auto raw unprivileged"},
      {choice, "", "\"\" is none of: auto raw unprivileged"},
  };
  for (const auto& c : cases) {
    const auto value = parse_option(c.spec, c.text);
    EXPECT_EQ(value ? "" : value.error().message, c.error) << c.text;
  }
}

TEST(Options, DurationsHaveAllTheirUnits) {
  EXPECT_EQ(parse_duration("7us").value(), 7us);
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("10s").value(), 10s);
  EXPECT_EQ(parse_duration("5m").value(), 5min);
  EXPECT_EQ(parse_duration("2h").value(), 2h);
  EXPECT_EQ(parse_duration("1d").value(), 24h);
}

TEST(Options, AskingForTheWrongNameOrTypeIsABug) {
  const auto values = options("icmp", {});
  EXPECT_THROW(values.integer("nothing"), std::out_of_range);
  EXPECT_THROW(values.integer("interval"), std::bad_variant_access);
}

TEST(ProbeRegistry, KnowsEveryKindByItsNameAndItsDefaultsAreValid) {
  for (const auto& kind : probe_kinds()) {
    EXPECT_EQ(find_probe_kind(kind.name), &kind);
    EXPECT_EQ(&probe_kinds()[index_of(kind)], &kind);
    EXPECT_NO_THROW(ProbeOptions::defaults(kind.options));
    EXPECT_EQ(kind.metrics.empty(), kind.role == ProbeRole::closer_look);
  }
  EXPECT_EQ(find_probe_kind("carrier-pigeon"), nullptr);
}

TEST(PacketSettingsFrom, DefaultsArePlain) {
  const auto icmp = packet_settings("icmp", 0, options("icmp", {})).value();
  EXPECT_EQ(icmp.protocol, Protocol::icmp);
  EXPECT_EQ(icmp.packets, 5);
  EXPECT_EQ(icmp.payload, 56);
  EXPECT_EQ(icmp.late_horizon, 3 * icmp.interval) << "0s means three intervals";
  const auto stamp = packet_settings("stamp", 1, options("stamp", {})).value();
  EXPECT_EQ(stamp.protocol, Protocol::stamp);
  EXPECT_EQ(stamp.port, 862);
  EXPECT_EQ(stamp.payload, 44);
}

struct SettingsCase {
  std::string_view kind;
  std::initializer_list<std::pair<std::string_view, std::string_view>> set;
  std::string_view error;
};

TEST(PacketSettingsFrom, ValuesThatDoNotGoTogetherAreRefusedWithTheReason) {
  const SettingsCase cases[] = {
      {"icmp",
       {{"interval", "2s"}},
       "interval: 2s is too short: 5 packets 200ms apart and a timeout of 2000ms take 2800ms"},
      {"icmp", {{"source", "eth0"}}, "source: \"eth0\" is not an IP address"},
      {"stamp", {{"size", "40"}}, "size: 40: STAMP needs 44 bytes, or at least 48 with padding"},
      {"stamp", {{"size", "46"}}, "size: 46: STAMP needs 44 bytes, or at least 48 with padding"},
      {"stamp", {{"key_file", "/nonexistent/key"}}, "key_file: cannot read /nonexistent/key"},
  };
  for (const auto& c : cases) {
    const auto settings = packet_settings(c.kind, 0, options(c.kind, c.set));
    EXPECT_EQ(settings ? "" : settings.error().message, c.error);
  }
}

class KeyFile : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/faultline-key-XXXXXX";
    const int descriptor = mkstemp(name);
    ASSERT_GE(descriptor, 0);
    close(descriptor);
    path = name;
  }
  void TearDown() override { unlink(path.c_str()); }
  Result<PacketSettings> with(std::string_view text, std::string_view size = "0") {
    std::ofstream(path, std::ios::binary) << text;
    return packet_settings("stamp", 1, options("stamp", {{"key_file", path}, {"size", size}}));
  }
  std::string path;
};

TEST_F(KeyFile, HoldsTheKeyAsItIsOrInHexadecimal) {
  EXPECT_EQ(with("secret\n").value().key.size(), 6U);
  EXPECT_EQ(with("hex:00ff10\n").value().key, (std::vector{std::byte{0}, std::byte{0xff}, std::byte{0x10}}));
  EXPECT_EQ(with("secret").value().payload, 112);
}

TEST_F(KeyFile, WithoutAKeyOrWithHalfAByteIsRefused) {
  EXPECT_EQ(with("\n").error().message, "key_file: " + path + " holds no key");
  EXPECT_FALSE(with("hex:0"));
  EXPECT_FALSE(with("hex:0g"));
  EXPECT_FALSE(with("hex:"));
  EXPECT_FALSE(with("key", "200")) << "authenticated STAMP has no padding here";
}

TEST(Addresses, AreReadAndWritten) {
  for (const auto* text : {"192.0.2.1", "2001:db8::1", "::1"})
    EXPECT_EQ(to_string(parse_address(text).value()), text);
  EXPECT_EQ(to_string(parse_address("::ffff:192.0.2.7").value()), "192.0.2.7");
  EXPECT_EQ(to_string(parse_address("fe80::1%lo").value()), "fe80::1%lo");
  for (const auto* text :
       {"", "host.example", "192.0.2", "192.0.2.256", "1.2.3.4%lo", "fe80::1%nosuch0", "::g"})
    EXPECT_FALSE(parse_address(text)) << text;
}

}  // namespace
}  // namespace faultline::packet
