#include "rules/model/time_text.h"

#include <gtest/gtest.h>

namespace faultline {
namespace {

TEST(Rfc3339, ReadsZonesFractionsAndLeapSeconds) {
  const std::pair<const char*, const char*> cases[] = {
      {"2026-11-24T02:00:00Z", "2026-11-24T02:00:00.000Z"},
      {"2026-11-24t02:00:00z", "2026-11-24T02:00:00.000Z"},
      {"2026-11-24T02:00:00+01:30", "2026-11-24T00:30:00.000Z"},
      {"2026-11-24T23:00:00-02:00", "2026-11-25T01:00:00.000Z"},
      {"2026-11-24T02:00:00.1239Z", "2026-11-24T02:00:00.123Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
      {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"},
  };
  for (const auto& [text, expected] : cases) {
    const auto time = parse_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(rfc3339(*time), expected) << text;
  }
}

TEST(Rfc3339, KeepsMicroseconds) {
  const auto time = parse_rfc3339("1970-01-01T00:00:00.000001999Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->time_since_epoch(), Duration(1));
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* text :
       {"", "2026-11-24", "2026-11-24T02:00:00", "2026-11-24 02:00:00Z", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T02:60:00Z",
        "2026-11-24T02:00:61Z", "2026-11-24T02:00:00.Z", "2026-11-24T02:00:00+1:00",
        "2026-11-24T02:00:00+24:00", "2026-11-24T02:00Z", "26-11-24T02:00:00Z", "2026-11-24T02:00:00ZZ",
        "+026-11-24T02:00:00Z", "2026-11-24T02:00:00Z ", "2026-11-24T-2:00:00Z"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace faultline
