// The modemmanager probe against a real ModemManager with a virtual modem, and against buses that are none.
#include "tests/unit/probes_session/measure.h"
#include "tests/unit/probes_session/stream_server.h"

#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace faultline::session {
namespace {

using testing::ElementsAre;

class RealManager {
 public:
  RealManager() {
    std::string pattern = (std::filesystem::temp_directory_path() / "faultline-modem-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    runs_ =
        std::system(
            (script() + folder_.string() + " >" + (folder_ / "start.log").string() + " 2>&1").c_str()) == 0;
  }
  ~RealManager() {
    static_cast<void>(std::system((script() + "--stop " + folder_.string()).c_str()));
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RealManager(const RealManager&) = delete;
  RealManager& operator=(const RealManager&) = delete;

  static bool is_installed() {
    for (const char* program : {"/usr/sbin/ModemManager", "/usr/bin/dbus-daemon", "/usr/bin/gdbus"})
      if (access(program, X_OK) != 0) return false;
    return true;
  }
  bool runs() const { return runs_; }
  std::string bus() const { return "unix:path=" + (folder_ / "bus").string(); }
  std::string port() const { return content("port"); }
  std::string log() const { return content("start.log") + content("manager.log"); }
  void answer(const std::string& json) const {
    std::ofstream(folder_ / "answers.new") << json << std::flush;
    std::filesystem::rename(folder_ / "answers.new", folder_ / "answers.json");
  }
  void kill_manager() const { ::kill(std::stoi(content("manager.pid")), SIGKILL); }

 private:
  static std::string script() {
    return "bash " + std::string(FAULTLINE_SOURCE_DIR) + "/tests/tools/modem/modemmanager.sh ";
  }
  std::string content(const char* name) const {
    std::ifstream file(folder_ / name);
    std::string text, line;
    while (std::getline(file, line)) text += (text.empty() ? "" : "\n") + line;
    return text;
  }
  std::filesystem::path folder_;
  bool runs_ = false;
};

struct ModemManagerProbe : Measuring {
  Round measure_modem(const std::string& bus, const std::string& name, Duration time_limit = kFarTooLong) {
    notes->list.clear();
    device = name;
    return measure("modemmanager", {{"bus", bus}, {"refresh", "1s"}}, "", time_limit);
  }
  // Measures until it is so, or fails after far too long: ModemManager reads the modem in its own time.
  Round measure_until(const std::string& bus, const std::string& name,
                      const std::function<bool(const Round&)>& so) {
    const auto end = std::chrono::steady_clock::now() + 2 * kFarTooLong;
    Round round = measure_modem(bus, name);
    while (!so(round) && std::chrono::steady_clock::now() < end) {
      boost::asio::steady_timer timer(io, std::chrono::milliseconds(50));
      bool over = false;
      timer.async_wait([&](boost::system::error_code) { over = true; });
      run_until(io, [&] { return over; });
      round = measure_modem(bus, name);
    }
    EXPECT_TRUE(so(round));
    return round;
  }
};

TEST_F(ModemManagerProbe, ReadsARealManagersModemUntilTheManagerIsGone) {
  if (!RealManager::is_installed()) GTEST_SKIP() << "modemmanager, dbus or libglib2.0-bin is not installed";
  const RealManager manager;
  ASSERT_TRUE(manager.runs()) << manager.log();
  const std::string port = manager.port();
  // Nobody has told ModemManager to read the signal: the first measurement does.
  const Round first = measure_modem(manager.bus(), port);
  EXPECT_EQ(first.outcome, Outcome::not_measured);
  EXPECT_EQ(first.reason, OutcomeReason::no_value);
  const auto has_signal = [](const Round& round) { return round.outcome == Outcome::ok; };
  Round round = measure_until(manager.bus(), port, has_signal);
  EXPECT_EQ(value(round, Metric::rsrp_dbm), -94);
  EXPECT_EQ(value(round, Metric::rsrq_db), -10);
  EXPECT_EQ(round.value_count, 2) << "the others are unknown";
  EXPECT_EQ(round.reason, OutcomeReason::none);
  ASSERT_EQ(notes->list.size(), 2U);
  EXPECT_EQ(notes->list[0].text, "Quectel EM12-G, IMEI 863586030000017");
  EXPECT_EQ(notes->list[1].text, "00101");

  EXPECT_EQ(measure_modem(manager.bus(), "863586030000017").outcome, Outcome::ok) << "by its IMEI";
  const Round other = measure_modem(manager.bus(), "/dev/ttyUSB9");
  EXPECT_EQ(other.outcome, Outcome::not_measured);
  EXPECT_EQ(other.reason, OutcomeReason::device_gone);

  manager.answer(R"({"AT+CESQ": "+CESQ: 99,99,255,255,10,20"})");
  round =
      measure_until(manager.bus(), port, [&](const Round& r) { return value(r, Metric::rsrp_dbm) < -100; });
  EXPECT_EQ(value(round, Metric::rsrp_dbm), -121);
  EXPECT_EQ(value(round, Metric::rsrq_db), -15);

  manager.kill_manager();
  round = measure_until(manager.bus(), port,
                        [&](const Round& r) { return r.reason == OutcomeReason::source_silent; });
  EXPECT_EQ(round.outcome, Outcome::not_measured);
}

TEST_F(ModemManagerProbe, WithoutABusNothingIsMeasured) {
  const Round round = measure_modem("unix:path=/nowhere/bus", "/dev/ttyUSB2");
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::device_gone);
  const ClosedPort closed;
  EXPECT_EQ(measure_modem("tcp:host=127.0.0.1,port=" + closed.port(), "x").reason,
            OutcomeReason::device_gone);
  EXPECT_EQ(measure_modem("no address at all", "x").reason, OutcomeReason::device_gone);
}

TEST_F(ModemManagerProbe, ABusThatSaysNothingTimesOut) {
  StreamServer silent(io, [](const std::string&) { return std::nullopt; });
  const Round round =
      measure_modem("tcp:host=127.0.0.1,port=" + silent.port(), "x", std::chrono::milliseconds(100));
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::source_silent);
}

TEST_F(ModemManagerProbe, WhatIsNoBusIsNotBelieved) {
  for (const std::string bytes :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "OK \r\n", "OK 0123456789abcdef0123456789abcdef\r\n\xff\xff"}) {
    StreamServer strange(io, [&](const std::string&) { return StreamReply{bytes, true}; });
    const Round round = measure_modem("tcp:host=127.0.0.1,port=" + strange.port(), "x");
    EXPECT_EQ(round.outcome, Outcome::not_measured) << bytes;
    EXPECT_EQ(round.value_count, 0) << bytes;
  }
}

TEST_F(ModemManagerProbe, ACancellationEndsItAtOnce) {
  StreamServer silent(io, [](const std::string&) { return std::nullopt; });
  cancel_soon();
  const Round round = measure_modem("tcp:host=127.0.0.1,port=" + silent.port(), "x");
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::cancelled);
}

}  // namespace
}  // namespace faultline::session
