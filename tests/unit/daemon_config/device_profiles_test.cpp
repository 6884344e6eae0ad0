#include "daemon/config/device_profiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace faultline::config {
namespace {

using session::DeviceProfile;
using session::find_profile;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string problems_of(const std::string& text) {
  Problems problems;
  parse_device_profiles(text, "p.yaml", problems);
  return problems.text();
}

TEST(DeviceProfiles, TheBuiltInOnesHaveNoMistakeAndOneNameEach) {
  Problems problems;
  std::set<std::string> names;
  std::size_t read = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(FAULTLINE_SOURCE_DIR) / "probes/profiles")) {
    for (const DeviceProfile& profile :
         parse_device_profiles(content(entry.path()), entry.path().filename().string(), problems)) {
      EXPECT_TRUE(names.insert(profile.name).second) << profile.name;
      EXPECT_FALSE(profile.help.empty()) << profile.name;
      ++read;
    }
  }
  EXPECT_EQ(problems.text(), "");
  EXPECT_EQ(built_in_device_profiles()->size(), read) << "a file is not embedded";
}

TEST(DeviceProfiles, AreReadWithEveryKey) {
  Problems problems;
  const auto profiles = parse_device_profiles(R"(device_profiles:
  acme-onu:
    help: ONU of an Acme OLT
    object_ids: [1.3.6.1.4.1.99999, .1.3.6.1.4.1.99998]
    has: 1.3.6.1.4.1.99999.1
    values:
      - metric: optical_rx_dbm
        column: 1.3.6.1.4.1.99999.1.10
        suffix: 1
        divisor: 500
        multiplier: 2
        offset: -30
        bits: 16
        invalid: [65535, -1]
        minimum: -50
        maximum: 10
        precision: 1.3.6.1.4.1.99999.1.3
        scale: 1.3.6.1.4.1.99999.1.4
        where:
          - {column: 1.3.6.1.4.1.99999.1.1, equals: [14]}
          - {column: 1.3.6.1.4.1.99999.1.2, contains: Rx}
      - {metric: temperature_c, scalar: 1.3.6.1.4.1.99999.2.30}
      - {metric: reinits_per_hour, column: 1.3.6.1.4.1.99999.1.11, change: per_hour, age: 1.3.6.1.4.1.99999.1.12}
      - {metric: corrected_ratio, column: 1.3.6.1.4.1.99999.1.14, change: share, of: [1.3.6.1.4.1.99999.1.13, 1.3.6.1.4.1.99999.1.14]}
)",
                                              "p.yaml", problems);
  EXPECT_EQ(problems.text(), "");
  ASSERT_EQ(profiles.size(), 1U);
  const DeviceProfile& profile = profiles[0];
  EXPECT_EQ(profile.name, "acme-onu");
  EXPECT_EQ(profile.help, "ONU of an Acme OLT");
  ASSERT_EQ(profile.object_ids.size(), 2U);
  EXPECT_EQ(session::oid_text(profile.object_ids[1]), "1.3.6.1.4.1.99998");
  EXPECT_EQ(session::oid_text(profile.has), "1.3.6.1.4.1.99999.1");
  ASSERT_EQ(profile.values.size(), 4U);
  const session::DeviceValue& value = profile.values[0];
  EXPECT_EQ(value.metric, Metric::optical_rx_dbm);
  EXPECT_EQ(session::oid_text(value.column), "1.3.6.1.4.1.99999.1.10");
  EXPECT_EQ(value.suffix, session::Oid{1});
  EXPECT_EQ(value.divisor, 500);
  EXPECT_EQ(value.multiplier, 2);
  EXPECT_EQ(value.offset, -30);
  EXPECT_EQ(value.bits, 16);
  EXPECT_EQ(value.invalid, std::vector<double>({65535, -1}));
  EXPECT_EQ(value.minimum, -50);
  EXPECT_EQ(value.maximum, 10);
  EXPECT_EQ(session::oid_text(value.precision_column), "1.3.6.1.4.1.99999.1.3");
  EXPECT_EQ(session::oid_text(value.scale_column), "1.3.6.1.4.1.99999.1.4");
  ASSERT_EQ(value.where.size(), 2U);
  EXPECT_EQ(value.where[0].equals, std::vector<double>({14}));
  EXPECT_EQ(value.where[1].contains, "Rx");
  EXPECT_TRUE(profile.values[1].is_scalar);
  EXPECT_EQ(session::oid_text(profile.values[1].column), "1.3.6.1.4.1.99999.2.30");
  EXPECT_FALSE(profile.values[1].change);
  EXPECT_EQ(profile.values[2].change, session::Change::per_hour);
  EXPECT_EQ(session::oid_text(profile.values[2].age_column), "1.3.6.1.4.1.99999.1.12");
  EXPECT_EQ(profile.values[3].change, session::Change::share);
  ASSERT_EQ(profile.values[3].whole.size(), 2U);
  EXPECT_EQ(session::oid_text(profile.values[3].whole[0]), "1.3.6.1.4.1.99999.1.13");
}

TEST(DeviceProfiles, SayEveryMistakeAtItsPlace) {
  EXPECT_EQ(problems_of("device_profiles:\n  a: {has: 1.3.x, values: [{metric: rsrp_dbm, column: 1.3}]}\n"),
            "p.yaml:2:6: device_profiles.a: cannot be recognised; give object_ids (prefixes of sysObjectID), "
            "has (a table it must have), or both\n"
            "p.yaml:2:12: device_profiles.a.has: \"1.3.x\" is no object identifier (try 1.3.6.1.2.1.1)\n");
  const auto one = [](const std::string& value) {
    return problems_of("device_profiles: {a: {has: 1.3, values: [" + value + "]}}\n");
  };
  EXPECT_NE(one("{metric: rsrp, column: 1.3}").find("metric: \"rsrp\" is none of"), std::string::npos);
  EXPECT_NE(one("{metric: rsrp_dbm}").find("give one of column (of a table) and scalar (with its .0)"),
            std::string::npos);
  EXPECT_NE(one("{metric: rsrp_dbm, column: 1.3, scalar: 1.4.0}").find("give one of column"),
            std::string::npos);
  EXPECT_NE(one("{metric: rsrp_dbm, column: 1.3, divisor: 0}").find("divisor is 0"), std::string::npos);
  EXPECT_NE(one("{metric: rsrp_dbm, scalar: 1.3.0, suffix: 1}").find("a scalar has no row"),
            std::string::npos);
  EXPECT_NE(one("{metric: rsrp_dbm, column: 1.3, where: [{column: 1.4}]}").find("give one of equals"),
            std::string::npos);
  EXPECT_NE(one("{metric: rsrp_dbm, column: 1.3, unit: dBm}").find("unknown key"), std::string::npos);
  EXPECT_NE(problems_of("device_profiles: {auto: {has: 1.3, values: [{metric: rsrp_dbm, column: 1.3}]}}\n")
                .find("auto is what the probe's option says"),
            std::string::npos);
  EXPECT_NE(problems_of("device_profiles: {a: {has: 1.3, values: []}}\n").find("is empty"),
            std::string::npos);
}

TEST(DeviceProfiles, SayWhatACounterCannotBe) {
  const auto one = [](const std::string& keys) {
    return problems_of("device_profiles: {a: {has: 1.3, values: [{metric: corrected_ratio, column: 1.3.1, " +
                       keys + "}]}}\n");
  };
  EXPECT_EQ(one("change: per_second, divisor: 8"), "");
  EXPECT_EQ(one("change: share, of: [1.3.1, 1.3.2]"), "");
  EXPECT_EQ(one("change: share_of_time, age: 1.3.2"), "");
  const struct {
    const char* keys;
    const char* problem;
  } cases[] = {
      {"change: per_day", "p.yaml:1:"},
      {"change: per_day", "change: \"per_day\" is none of: per_second, per_hour, share_of_time, share"},
      {"change: share", "change: share needs of: the columns that make the whole, this one among them"},
      {"change: share, of: [1.3.1]", "change: share needs of"},
      {"change: share, of: [1.3.2, 1.3.3]", "change: share needs of"},
      {"change: share, of: [1.3.1, 1.3.2, 1.3.3, 1.3.4, 1.3.5]", "more than 4 columns"},
      {"change: per_hour, of: [1.3.1, 1.3.2]", "of belongs to change: share"},
      {"of: [1.3.1, 1.3.2]", "of belongs to change: share"},
      {"age: 1.3.2", "age belongs to a counter"},
      {"change: per_hour, offset: 1", "a change has no bits, offset, precision or scale"},
      {"change: per_hour, bits: 32", "a change has no bits"},
      {"change: share_of_time, divisor: 10", "a share is 0 to 1 already"},
      {"change: per_hour, age: x", "is no object identifier"},
  };
  for (const auto& c : cases)
    EXPECT_NE(one(c.keys).find(c.problem), std::string::npos) << c.keys << "\n" << one(c.keys);
}

TEST(DeviceProfiles, AFileTakesThePlaceOfABuiltInOneAndAddsOthersBefore) {
  const std::string file = testing::TempDir() + "device_profiles.yaml";
  std::ofstream(file) << "device_profiles:\n"
                         "  docsis-modem: {has: 1.3.6.1, values: [{metric: mer_db, column: 1.3.7}]}\n"
                         "  acme: {has: 1.3.6.1, values: [{metric: mer_db, column: 1.3.8}]}\n";
  Problems problems;
  const std::vector<std::filesystem::path> files = {file};
  const auto profiles = load_device_profiles(files, problems);
  EXPECT_EQ(problems.text(), "");
  EXPECT_EQ(profiles->size(), built_in_device_profiles()->size() + 1);
  EXPECT_EQ(profiles->front().name, "acme");
  ASSERT_NE(find_profile(*profiles, "docsis-modem"), nullptr);
  EXPECT_EQ(session::oid_text(find_profile(*profiles, "docsis-modem")->values[0].column), "1.3.7");
  EXPECT_EQ(load_device_profiles({}, problems), built_in_device_profiles());
}

}  // namespace
}  // namespace faultline::config
