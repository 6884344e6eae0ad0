// One answer of a modem and what its serving carrier must be, for tests by table.
#pragma once

#include "probes/wire/modem_signal.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace faultline::wire {

using Value = std::optional<float>;
inline constexpr auto kNone = std::nullopt;

struct Case {
  const char* name;
  const char* answer;
  Value rsrp, rsrq, sinr, rssi;  // of the serving carrier
};
inline std::string case_name(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}
inline void expect(const ModemSignal& signal, const Case& c) {
  const CarrierSignal none;
  const CarrierSignal& serving = signal.serving() ? *signal.serving() : none;
  EXPECT_EQ(serving.rsrp_dbm, c.rsrp);
  EXPECT_EQ(serving.rsrq_db, c.rsrq);
  EXPECT_EQ(serving.sinr_db, c.sinr);
  EXPECT_EQ(serving.rssi_dbm, c.rssi);
}

}  // namespace faultline::wire
