#include "rules/model/time_text.h"

#include <gtest/gtest.h>

namespace faultline {
namespace {

using namespace std::chrono_literals;

const Timestamp kMoment = Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)) + 2h + 123ms;

TEST(Rfc3339, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(rfc3339(kMoment), "2026-11-24T02:00:00.123Z");
  EXPECT_EQ(rfc3339(kMoment + 999us), "2026-11-24T02:00:00.123Z");
  EXPECT_EQ(rfc3339(Timestamp(-1us)), "1969-12-31T23:59:59.999Z");
}

TEST(TimeOfDay, IsWrittenToTheSecondWithItsZone) {
  EXPECT_EQ(time_of_day(kMoment + 40min + 13s), "02:40:13 UTC");
}

TEST(Rfc3339, ReadsWhatItWrites) {
  EXPECT_EQ(parse_rfc3339(rfc3339(kMoment)), kMoment);
}

TEST(Rfc3339, ReadsOffsetsFractionsAndLeapSeconds) {
  EXPECT_EQ(parse_rfc3339("2026-11-24T03:30:00.123+01:30"), kMoment);
  EXPECT_EQ(parse_rfc3339("2026-11-23T21:00:00.123-05:00"), kMoment);
  EXPECT_EQ(parse_rfc3339("2026-11-24t02:00:00.123z"), kMoment);
  EXPECT_EQ(parse_rfc3339("2026-11-24T02:00:00.123456789Z"), kMoment + 456us);
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2017-01-01T00:00:00Z"));
  EXPECT_TRUE(parse_rfc3339("2028-02-29T00:00:00Z"));
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* text :
       {"", "2026-11-24", "2026-11-24T02:00:00", "2026-11-24 02:00:00Z", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T02:60:00Z",
        "2026-11-24T02:00:61Z", "2026-11-24T02:00:00.Z", "2026-11-24T02:00:00+1:00",
        "2026-11-24T02:00:00+24:00", "2026-11-24T02:00:00Zx", "2026-11-24T02:00Z", "26-11-24T02:00:00Z",
        "2026-11-24T02:00:00+01:60", "-026-11-24T02:00:00Z", "2026-1 -24T02:00:00Z"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace faultline
