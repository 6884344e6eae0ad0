#include "rules/model/voice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace faultline {
namespace {

TEST(VoiceQuality, IsThatOfTheFormula) {
  const VoiceQuality good = voice_quality(20, 5, 0);  // 35 ms one way
  EXPECT_NEAR(good.r_factor, 93.2 - 0.84, 1e-9);
  EXPECT_NEAR(good.mos, 4.39, 0.01);
  EXPECT_NEAR(voice_quality(20, 5, 0.01).r_factor, 92.36 - 95 / 26.1, 1e-9);
  EXPECT_NEAR(voice_quality(360, 0, 0).r_factor, 93.2 - 4.8 - 0.11 * 22.7, 1e-9) << "200 ms one way";
}

TEST(VoiceQuality, StaysWithinItsScale) {
  EXPECT_EQ(voice_quality(20, 5, 1).r_factor, 0);
  EXPECT_EQ(voice_quality(20, 5, 1).mos, 1);
  EXPECT_EQ(voice_quality(std::nan(""), 5, 1).mos, 1) << "all lost: there is no RTT";
  EXPECT_EQ(voice_quality(9000, 5, 0.9).r_factor, 0);
  EXPECT_LE(voice_quality(0, 0, 0).mos, 4.5);
  EXPECT_TRUE(std::isnan(voice_quality(std::nan(""), 5, 0).mos)) << "nothing is known";
}

TEST(VoiceQuality, WorseIsNeverBetter) {
  double last = 5;
  for (double loss = 0; loss < 0.5; loss += 0.01) {
    const double mos = voice_quality(80, 10, loss).mos;
    EXPECT_LE(mos, last) << loss;
    last = mos;
  }
}

}  // namespace
}  // namespace faultline
