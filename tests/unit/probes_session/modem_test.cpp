// The modem probe against modems on real ptys: each good and each bad way that a modem has of answering.
#include "probes/session/modem.h"

#include "tests/unit/probes_session/pty_modem.h"
#include "tests/unit/probes_session/run_probe.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr auto kQengCommand = "AT+QENG=\"servingcell\"";
constexpr auto kLteLine =
    "+QENG: "
    "\"servingcell\",\"NOCONN\",\"LTE\",\"FDD\",440,10,2734811,235,6100,19,3,3,1684,-81,-10,-54,19,50\r\n";
constexpr auto kNoValueLine = "+QENG: \"servingcell\",\"SEARCH\"\r\n";
constexpr auto kCesqLine = "+CESQ: 99,99,255,255,20,47\r\n";
const std::string kOk = "\r\nOK\r\n", kError = "\r\nERROR\r\n";

// A Quectel modem that knows two commands for its signal.
PtyModem::Script always(const std::string& qeng, const std::string& cesq,
                        const std::string& registration = "") {
  return [=](const std::string& command) {
    if (command == "AT+CGMI") return "Quectel\r\n" + kOk;
    if (command == kQengCommand) return qeng;
    if (command == "AT+CESQ") return cesq;
    return !registration.empty() && command.ends_with("REG?") ? registration + kOk : kError;
  };
}

struct ModemProbe : testing::Test {
  static std::unique_ptr<SessionProbe> make(const char* command = "auto") {
    ProbeOptions options = ProbeOptions::defaults(modem_options());
    options.set("command", std::string(command));
    return make_modem_probe(options);
  }
  // One measurement from beginning to end.
  Round measure(const std::string& device, Duration time_limit = kFarTooLong, const char* command = "auto") {
    const auto probe = make(command);
    return measure_by(*probe, device, time_limit);
  }
  Round measure_by(SessionProbe& probe, const std::string& device, Duration time_limit = kFarTooLong) {
    Round round;
    bool done = false;
    SessionTarget target{EndpointIndex{7}, "cell-0417", "", device};
    target.notes = notes;
    auto take = [&](const std::exception_ptr& error, const Round& result) {
      if (error) std::rethrow_exception(error);
      round = result;
      done = true;
    };
    asio::co_spawn(io, probe.run(target, time_limit), asio::bind_cancellation_slot(cancel.slot(), take));
    run_until(io, [&] { return done; });
    return round;
  }
  Round measure_modem(const PtyModem::Script& script, Duration time_limit = kFarTooLong,
                      const char* command = "auto") {
    PtyModem modem(io, script);
    Round round = measure(modem.device(), time_limit, command);
    commands = modem.commands();
    return round;
  }
  static float value(const Round& round, Metric metric) {
    for (const MetricValue& v : round.metric_values())
      if (v.metric == metric) return v.value;
    return kNoValue;
  }

  asio::io_context io;
  asio::cancellation_signal cancel;
  std::shared_ptr<SessionNotes> notes;  // null: nobody reads
  std::vector<std::string> commands;
};

TEST_F(ModemProbe, ReportsTheServingCell) {
  const Round round = measure_modem(always(kLteLine + kOk, kError));
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(round.reason, OutcomeReason::none);
  EXPECT_EQ(round.endpoint, EndpointIndex{7});
  EXPECT_EQ(round.packets.sent, 0);
  EXPECT_EQ(value(round, Metric::rsrp_dbm), -81);
  EXPECT_EQ(value(round, Metric::rsrq_db), -10);
  EXPECT_EQ(value(round, Metric::rssi_dbm), -54);
  EXPECT_EQ(value(round, Metric::sinr_db), 19);
  EXPECT_THAT(commands, ElementsAre("AT+CGMI", kQengCommand)) << "enough was known";
}

TEST_F(ModemProbe, PassesOverEchoAndLinesThatNobodyAskedFor) {
  const Round round = measure_modem([](const std::string& command) {
    return command + "\r\r\n+CREG: 5\r\nRING\r\n" + kLteLine + kOk + "\r\n+CEREG: 1\r\n";
  });
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(value(round, Metric::rsrp_dbm), -81);
}

TEST_F(ModemProbe, AsksTheStandardCommandWhereTheVendorsIsUnknown) {
  for (const char* refusal : {"\r\nERROR\r\n", "\r\n+CME ERROR: 4\r\n", "\r\nOK\r\n"}) {
    const Round round = measure_modem(always(refusal, kCesqLine + kOk));
    EXPECT_EQ(round.outcome, Outcome::ok) << refusal;
    EXPECT_EQ(value(round, Metric::rsrp_dbm), -94) << refusal;
    EXPECT_EQ(round.value_count, 2) << "the others are unknown";
    EXPECT_THAT(commands, ElementsAre("AT+CGMI", kQengCommand, "AT+CESQ", "AT+CEREG?"));
  }
}

TEST_F(ModemProbe, AsksOnlyTheCommandItIsToldTo) {
  EXPECT_EQ(measure_modem(always(kError, kCesqLine + kOk), kFarTooLong, "cesq").outcome, Outcome::ok);
  EXPECT_THAT(commands, ElementsAre("AT+CESQ"));
  EXPECT_EQ(measure_modem(always(kError, kCesqLine + kOk), kFarTooLong, "qeng").outcome, Outcome::refused);
  EXPECT_THAT(commands, ElementsAre(kQengCommand));
}

// A modem of each maker: what it is asked, and what comes of it.
TEST_F(ModemProbe, AsksEachMakersModemInItsOwnWay) {
  struct Make {
    const char *maker, *command, *answer, *registration;
    float rsrp;
  };
  for (const Make& make : {
           Make{"huawei", "AT^HCSQ?", "^HCSQ: \"LTE\",39,27,86,18", "AT+CEREG?", -114},
           Make{"Telit", "AT#RFSTS", "#RFSTS: \"286 01\",1795,-101,-67,-15,2242,,128,3,1,0B5D121",
                "AT+CEREG?", -101},
           Make{"Cinterion", "AT^SMONI",
                "^SMONI: 4G,6300,20,10,10,FDD,262,02,BF75,0345103,350,90,-99,-7,CONN", "AT+CEREG?", -99},
           Make{"Fibocom", "AT+XCESQ?", "+XCESQ: 0,99,99,255,255,19,46,32", "AT+CEREG?", -95},
           Make{"SIMCOM", "AT+CESQ", "+CESQ: 99,99,255,255,255,255,65,75,75", "AT+C5GREG?", -82},
       }) {
    SCOPED_TRACE(make.maker);
    const Round round = measure_modem([&](const std::string& command) {
      if (command == "AT+CGMI") return make.maker + kOk;
      if (command == make.command) return make.answer + kOk;
      return command == make.registration ? "+CEREG: 0,1" + kOk : kError;
    });
    EXPECT_EQ(round.outcome, Outcome::ok);
    EXPECT_EQ(round.reason, OutcomeReason::none);
    EXPECT_EQ(value(round, Metric::rsrp_dbm), make.rsrp);
    EXPECT_THAT(commands, ElementsAre("AT+CGMI", make.command, make.registration));
  }
}

TEST_F(ModemProbe, RemembersTheMakerAsLongAsItsModemIsThere) {
  bool has_cell = true;
  PtyModem modem(io, [&](const std::string& command) {
    if (command == "AT+CGMI") return "huawei" + kOk;
    return command == "AT^HCSQ?" && has_cell ? "^HCSQ: \"LTE\",39,27,86,18" + kOk : kError;
  });
  const auto probe = make();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(measure_by(*probe, modem.device()).outcome, Outcome::ok);
  EXPECT_THAT(modem.commands(), ElementsAre("AT+CGMI", "AT^HCSQ?", "AT+CEREG?", "AT^HCSQ?", "AT+CEREG?"));
  has_cell = false;  // as if another were plugged in
  EXPECT_EQ(measure_by(*probe, modem.device()).outcome, Outcome::refused);
  measure_by(*probe, modem.device());
  EXPECT_EQ(std::count(modem.commands().begin(), modem.commands().end(), "AT+CGMI"), 2);
}

TEST_F(ModemProbe, TellsWhichModemOperatorAndCellAndAsksOnlyWhatMayHaveChanged) {
  std::string cell = "187,1850,3";
  PtyModem modem(io, [&](const std::string& command) {
    if (command == "AT+CGMI") return "Quectel\r\n" + kOk;
    if (command == "AT+CGMM") return command + "\r\r\nEG25\r\n\r\n" + kOk;
    if (command == "AT+CGSN") return "861107039482000\r\n" + kOk;
    if (command == "AT+COPS?") return "+COPS: 0,0,\"Example\",7\r\n" + kOk;
    return "+QENG: \"servingcell\",\"NOCONN\",\"LTE\",\"FDD\",262,01,1A2B3C," + cell +
           ",5,5,1234,-81,-10,-54,19,40\r\n" + kOk;
  });
  const auto probe = make();
  notes = std::make_shared<SessionNotes>();
  const auto facts = [&] {
    std::vector<std::string> texts;
    for (const SessionNote& note : std::exchange(notes->list, {}))
      if (note.kind == SessionNote::Kind::fact) texts.push_back(note.what + ": " + note.text);
    return texts;
  };
  measure_by(*probe, modem.device());
  const auto first = facts();
  EXPECT_THAT(first, ElementsAre("modem: Quectel EG25, IMEI 861107039482000", "operator: Example",
                                 "cell: LTE cell 187, channel 1850, band 3"));
  measure_by(*probe, modem.device());
  EXPECT_EQ(facts(), first);
  EXPECT_THAT(modem.commands(),
              ElementsAre("AT+CGMI", kQengCommand, "AT+CGMM", "AT+CGSN", "AT+COPS?", kQengCommand));
  cell = "42,1850,3";
  notes->wants_exchange = true;
  measure_by(*probe, modem.device());
  EXPECT_EQ(notes->list.front().what + notes->list.front().text, std::string(">") + kQengCommand);
  EXPECT_THAT(notes->list[1].text, testing::HasSubstr("-81,-10,-54,19,40\\r\\n"));
  EXPECT_EQ(facts().back(), "cell: LTE cell 42, channel 1850, band 3");
}

TEST_F(ModemProbe, OfAnOldModemKnowsTheStrength) {
  const Round round = measure_modem(
      [](const std::string& command) { return command == "AT+CSQ" ? "+CSQ: 17,99" + kOk : kError; });
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(value(round, Metric::rssi_dbm), -79);
  EXPECT_EQ(round.value_count, 1);
}

TEST_F(ModemProbe, ValuesOfACellThatDoesNotServeSaySo) {
  for (const char* registration : {"+CEREG: 0,2", "+CEREG: 2,3", "+CEREG: 0,0"}) {
    const Round round = measure_modem(always(kError, kCesqLine + kOk, registration));
    EXPECT_EQ(round.outcome, Outcome::ok) << registration;
    EXPECT_EQ(round.reason, OutcomeReason::not_registered) << registration;
    EXPECT_EQ(value(round, Metric::rsrp_dbm), -94) << registration;
  }
  EXPECT_EQ(measure_modem(always(kError, kCesqLine + kOk, "+CEREG: 0,5")).reason, OutcomeReason::none);
}

TEST_F(ModemProbe, WithoutNetworkTheCellIsUnreachable) {
  const Round round = measure_modem(always(kNoValueLine + kOk, "+CESQ: 99,99,255,255,255,255\r\n" + kOk));
  EXPECT_EQ(round.outcome, Outcome::unreachable);
  EXPECT_EQ(round.reason, OutcomeReason::not_registered);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(ModemProbe, CampedOnAForeignNetworkHasValuesAndSaysSo) {
  std::string limited = kLteLine;
  limited.replace(limited.find("NOCONN"), 6, "LIMSRV");
  const Round round = measure_modem(always(limited + kOk, kError));
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(round.reason, OutcomeReason::not_registered);
}

TEST_F(ModemProbe, RegisteredWithoutAKnownValueSaysNothingOfTheCell) {
  const Round round =
      measure_modem(always("+QENG: \"servingcell\",\"NOCONN\",\"WCDMA\",460\r\n" + kOk, kError));
  EXPECT_EQ(round.outcome, Outcome::malformed);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(ModemProbe, RefusalOfEveryCommandIsRefused) {
  const Round round = measure_modem(always(kError, kError));
  EXPECT_EQ(round.outcome, Outcome::refused);
}

TEST_F(ModemProbe, NonsenseIsMalformed) {
  const Round round = measure_modem(always("\x01\xFF%$,,,\r\n+QENG\r\n" + kOk, "+CESQ: 1,2\r\n" + kOk));
  EXPECT_EQ(round.outcome, Outcome::malformed);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(ModemProbe, AnAnswerWithoutEndIsMalformedAndNotReadForever) {
  const Round round = measure_modem([](const std::string&) {
    std::string flood;
    while (flood.size() < 3500) flood += "+JUNK: 1\r\n";
    return flood + flood + flood;
  });
  EXPECT_EQ(round.outcome, Outcome::malformed);
}

TEST_F(ModemProbe, SilenceIsTimedOut) {
  const Round round = measure_modem(always("", ""), 50ms);
  EXPECT_EQ(round.outcome, Outcome::timed_out);
  EXPECT_THAT(commands, ElementsAre("AT+CGMI", kQengCommand));
}

TEST_F(ModemProbe, HalfAnAnswerIsTimedOutAndHalfANumberNoNumber) {
  std::string half = kLteLine;
  half.resize(half.rfind("9,50"));  // SINR 19 becomes 1
  const Round round = measure_modem(always(half, ""), 50ms);
  EXPECT_EQ(round.outcome, Outcome::timed_out);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(ModemProbe, WholeLinesOfAnAnswerThatNeverEndsStillCount) {
  const Round round = measure_modem(always(kLteLine, ""), 50ms);
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(value(round, Metric::sinr_db), 19);
}

TEST_F(ModemProbe, ADeviceThatVanishesIsNotMeasured) {
  PtyModem* gone = nullptr;
  PtyModem modem(io, [&](const std::string&) {
    gone->vanish();
    return std::string();
  });
  gone = &modem;
  const Round round = measure(modem.device());
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::device_gone);
}

TEST_F(ModemProbe, ADeviceThatIsNotThereIsNotMeasured) {
  const Round round = measure("/nonexistent/ttyUSB2");
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::device_gone);
}

TEST_F(ModemProbe, AFileThatIsNoTerminalIsNeverWrittenTo) {
  const auto path = std::filesystem::temp_directory_path() / ("no-modem-" + std::to_string(getpid()));
  std::ofstream(path) << "precious";
  const Round round = measure(path);
  std::string text;
  std::getline(std::ifstream(path), text);
  std::filesystem::remove(path);
  EXPECT_EQ(round.reason, OutcomeReason::device_gone);
  EXPECT_EQ(text, "precious");
}

TEST_F(ModemProbe, WhatCameBeforeTheQuestionIsNoAnswer) {
  PtyModem modem(io, always(kError, kError));
  const int other = open(modem.device().c_str(), O_WRONLY | O_NOCTTY);  // echoes nothing, keeps the pty alive
  EXPECT_EQ(measure(modem.device()).outcome, Outcome::refused);
  EXPECT_EQ(measure(modem.device()).outcome, Outcome::refused) << "the same modem, a second time";
  close(other);
}

TEST_F(ModemProbe, ComesBackAtOnceWhenItIsCancelled) {
  const Round round = measure_modem([&](const std::string&) {
    cancel.emit(asio::cancellation_type::terminal);
    return std::string();
  });
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::cancelled);
}

TEST_F(ModemProbe, CancelledBetweenTwoCommandsAsksNoSecond) {
  const Round round = measure_modem([&](const std::string&) {
    asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
    return kError;
  });
  EXPECT_EQ(round.reason, OutcomeReason::cancelled);
}

}  // namespace
}  // namespace faultline::session
