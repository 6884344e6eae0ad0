// The answers to the commands of 3GPP TS 27.007: its vectors, and what must be unknown.
#include "probes/wire/modem_signal.h"

#include "tests/unit/probes_wire/modem_case.h"

#include <gmock/gmock.h>

#include <string>

namespace faultline::wire {
namespace {

struct Cesq : testing::TestWithParam<Case> {};
TEST_P(Cesq, GivesTheLowerEdgeOfTheInterval) {
  const auto signal = parse_cesq(GetParam().answer);
  ASSERT_TRUE(signal);
  expect(*signal, GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    Vectors, Cesq,
    testing::Values(
        Case{"Lte", "+CESQ: 99,99,255,255,20,47\r\n", -94, -10, kNone, kNone},
        Case{"Nr", "+CESQ: 99,99,255,255,255,255,65,75,75\r\n", -82, -11, 14, kNone},
        Case{"LteWhereBothAreThere", "+CESQ: 99,99,255,255,20,47,65,75,75\r\n", -94, -10, kNone, kNone},
        Case{"LowestKnown", "+CESQ: 99,99,255,255,1,1\r\n", -140, -19.5F, kNone, kNone},
        Case{"HighestKnown", "+CESQ: 99,99,255,255,34,97\r\n", -44, -3, kNone, kNone},
        Case{"NrEdges", "+CESQ: 99,99,255,255,255,255,126,126,127\r\n", -31, 19.5F, 40, kNone},
        Case{"BelowTheLowestIsUnknown", "+CESQ: 99,99,255,255,0,0\r\n", kNone, kNone, kNone, kNone},
        Case{"AboveTheTopIsUnknown", "+CESQ: 99,99,255,255,35,98\r\n", kNone, kNone, kNone, kNone},
        Case{"UnknownIsUnknown", "+CESQ: 99,99,255,255,255,255\r\n", kNone, kNone, kNone, kNone},
        Case{"Gsm", "+CESQ: 10,6,255,255,255,255\r\n", kNone, kNone, kNone, -101},
        Case{"WithoutSpace", "+CESQ:99,99,255,255,12,40\r\n", -101, -14, kNone, kNone},
        Case{"NoNumberIsUnknown", "+CESQ: 99,99,255,255,2x,-47\r\n", kNone, kNone, kNone, kNone},
        Case{"TooBigForAnInteger", "+CESQ: 99,99,255,255,99999999999999999999,47\r\n", -94, kNone, kNone,
             kNone},
        Case{"EchoAndOtherLinesAround", "AT+CESQ\r\r\n+CREG: 1\r\n+CESQ: 99,99,255,255,20,47\r\n\r\nOK\r\n",
             -94, -10, kNone, kNone}),
    case_name);

TEST(Cesq, WithAnotherNumberOfFieldsIsNoAnswer) {
  for (const char* answer : {"", "OK\r\n", "+CESQ:", "+CESQ: 99,99,255,255,20\r\n",
                             "+CESQ: 99,99,255,255,20,47,65\r\n", "CESQ: 99,99,255,255,20,47\r\n"})
    EXPECT_FALSE(parse_cesq(answer)) << answer;
}

TEST(Cesq, OfUmtsHasItsOwnQuantities) {
  const auto signal = parse_cesq("+CESQ: 99,99,42,30,255,255\r\n");
  ASSERT_TRUE(signal && signal->umts);
  EXPECT_EQ(signal->umts->rscp_dbm, -79);
  EXPECT_EQ(signal->umts->ecio_db, -9.5F);
  EXPECT_EQ(signal->serving(), &*signal->umts);
}

TEST(Csq, IsAnIndexOfTheReceivedStrength) {
  const auto rssi = [](const char* answer) {
    const auto signal = parse_csq(answer);
    return signal && signal->serving() ? signal->serving()->rssi_dbm : kNone;
  };
  EXPECT_EQ(rssi("+CSQ: 0,99"), -113);
  EXPECT_EQ(rssi("+CSQ: 17,99"), -79);
  EXPECT_EQ(rssi("+CSQ:31,0"), -51);
  for (const char* unknown : {"+CSQ: 99,99", "+CSQ:99,99", "+CSQ: 32,99", "+CSQ: -1,99", "+CSQ: x,99"}) {
    EXPECT_EQ(rssi(unknown), kNone) << unknown;
    EXPECT_TRUE(parse_csq(unknown)) << unknown << ": an answer, without a value";
  }
  EXPECT_FALSE(parse_csq("OK\r\n"));
}

TEST(Registration, IsReadAskedAndUnasked) {
  const auto r = parse_registration;
  EXPECT_EQ(r("+CEREG: 0,1\r\nOK\r\n"), ModemRegistration::registered);
  EXPECT_EQ(r(R"(+CEREG: 2,5,"1A2B","01A2B3C4",7)"), ModemRegistration::registered);
  EXPECT_EQ(r("+CEREG: 1\r\n"), ModemRegistration::registered) << "unasked";
  EXPECT_EQ(r(R"(+CEREG: 2,"1A2B","01A2B3C4",7)"), ModemRegistration::searching) << "unasked";
  EXPECT_EQ(r("+C5GREG: 0,0"), ModemRegistration::searching);
  EXPECT_EQ(r("+CREG: 0,2"), ModemRegistration::searching);
  EXPECT_EQ(r("+CREG: 0,3"), ModemRegistration::limited) << "denied";
  EXPECT_EQ(r("+CREG: 0,8"), ModemRegistration::limited) << "emergency calls only";
  EXPECT_EQ(r("+CREG: 0,2\r\n+CEREG: 0,1"), ModemRegistration::registered) << "in one of them";
  for (const char* nothing : {"", "OK", "+CREG: 0,4", "+CREG: ", "+CREG: x,y", "+CREG: 0,77"})
    EXPECT_EQ(r(nothing), ModemRegistration::unknown) << nothing;
}

TEST(Operator, IsItsNameOrItsNumber) {
  EXPECT_EQ(parse_operator("+COPS: 0,0,\"Vodafone\",7\r\nOK\r\n"), "Vodafone");
  EXPECT_EQ(parse_operator("+COPS: 0,2,\"00101\",7\r\nOK\r\n"), "00101");
  EXPECT_EQ(parse_operator("+COPS: 0\r\nOK\r\n"), "");
  EXPECT_EQ(parse_operator(""), "");
}

}  // namespace
}  // namespace faultline::wire
