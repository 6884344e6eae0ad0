#include "tests/lab/modem.h"

#include "probes/wire/modem_dialects.h"

#include <gtest/gtest.h>

namespace faultline::lab {
namespace {

constexpr SectorSignal kHealthy = {-88, -10, 15};

std::string ask(Modem& modem, const std::string& command) {
  return modem.receive(command + "\r");
}

TEST(Modem, EchoesUntilItIsToldNotTo) {
  Modem modem(kHealthy, Technology::lte, 1);
  EXPECT_EQ(ask(modem, "AT"), "AT\r\r\nOK\r\n");
  ask(modem, "ATE0");
  EXPECT_EQ(ask(modem, "at"), "\r\nOK\r\n");
  EXPECT_EQ(ask(modem, "AT+NOSUCH"), "\r\nERROR\r\n");
}

TEST(Modem, TakesACommandInPieces) {
  Modem modem(kHealthy, Technology::lte, 1);
  ask(modem, "ATE0");
  EXPECT_EQ(modem.receive("AT+"), "");
  EXPECT_EQ(modem.receive("CREG?"), "");
  EXPECT_EQ(modem.receive("\r"), "\r\n+CREG: 0,1\r\n\r\nOK\r\n");
}

// The daemon's own codec must read what the lab writes, both made from the standards alone.
TEST(Modem, ReportsItsSignalByBothCommands) {
  for (const Technology technology : {Technology::lte, Technology::nr}) {
    Modem modem(kHealthy, technology, 1);
    SignalShift shift;
    shift.rsrp_db = -12;
    shift.sinr_db = -8;
    modem.set_shift(shift);
    const auto cesq = wire::parse_cesq(ask(modem, "AT+CESQ"));
    ASSERT_TRUE(cesq && cesq->serving() != nullptr);
    EXPECT_NEAR(*cesq->serving()->rsrp_dbm, -100, 2.01);
    EXPECT_NEAR(*cesq->serving()->rsrq_db, -10, 1.01);
    const auto qeng = wire::parse_qeng(ask(modem, "AT+QENG=\"servingcell\""), wire::LteSinrScale::db);
    ASSERT_TRUE(qeng && qeng->serving() != nullptr);
    EXPECT_NEAR(*qeng->serving()->rsrp_dbm, -100, 1.5);
    EXPECT_NEAR(*qeng->serving()->rsrq_db, -10, 1);
    EXPECT_NEAR(*qeng->serving()->sinr_db, 7, 1.5);
    EXPECT_EQ(qeng->registration, wire::ModemRegistration::registered);
  }
}

TEST(Modem, HasNoServiceWithoutPowerAtTheSite) {
  Modem modem(kHealthy, Technology::lte, 1);
  SignalShift shift;
  shift.no_service = true;
  modem.set_shift(shift);
  ask(modem, "ATE0");
  EXPECT_EQ(ask(modem, "AT+CESQ"), "\r\n+CESQ: 99,99,255,255,255,255\r\n\r\nOK\r\n");
  EXPECT_EQ(ask(modem, "AT+QENG=\"servingcell\""), "\r\n+QENG: \"servingcell\",\"SEARCH\"\r\n\r\nOK\r\n");
}

TEST(Modem, CanBeSilentOrTalkNonsense) {
  Modem modem(kHealthy, Technology::lte, 1);
  SignalShift shift;
  shift.mode = ModemMode::silent;
  modem.set_shift(shift);
  EXPECT_EQ(ask(modem, "AT"), "");
  shift.mode = ModemMode::nonsense;
  modem.set_shift(shift);
  const std::string answer = ask(modem, "AT+CESQ");
  EXPECT_NE(answer.find('\0'), std::string::npos);
  const auto parsed = wire::parse_cesq(answer);
  EXPECT_TRUE(!parsed || !parsed->has_values());
}

TEST(Modem, SurvivesAnEndlessCommand) {
  Modem modem(kHealthy, Technology::lte, 1);
  modem.receive(std::string(1 << 20, 'A'));
  EXPECT_NE(modem.receive("\r").find("ERROR"), std::string::npos);
}

}  // namespace
}  // namespace faultline::lab
