// The snmp probe against a real snmpd, and against sockets that say nothing, nonsense or half an answer.
#include "probes/session/snmp.h"

#include "tests/unit/probes_session/run_probe.h"
#include "tests/unit/probes_session/snmp_daemon.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using std::chrono::milliseconds;
using std::chrono::seconds;

Oid oid(const char* text) {
  return *parse_oid(text);
}

// Rows 7 and 9 of a table of signals, the only row of another, and a scalar.
const std::vector<std::string> kValues = {
    "1.3.6.1.4.1.99999.1.1.7 integer -85",       "1.3.6.1.4.1.99999.1.1.9 integer -120",
    "1.3.6.1.4.1.99999.1.2.7 octet_str 6.7",     "1.3.6.1.4.1.99999.1.2.9 octet_str -1.5dB",
    "1.3.6.1.4.1.99999.2.1.4.2 integer 305",     "1.3.6.1.4.1.99999.3.0 integer 2147483647",
    "1.3.6.1.4.1.99999.4.1.3 integer 2147483647"};

DeviceProfiles test_profiles() {
  const auto value = [](Metric metric, const char* column) {
    DeviceValue v;
    v.metric = metric;
    v.column = oid(column);
    return v;
  };
  DeviceProfile foreign{
      "foreign", "", {oid("1.3.6.1.4.1.88888")}, {}, {value(Metric::mer_db, "1.3.6.1.4.1.88888.1")}};
  DeviceProfile table{
      "table",
      "",
      {},
      oid("1.3.6.1.4.1.99999.1"),
      {value(Metric::rsrp_dbm, "1.3.6.1.4.1.99999.1.1"), value(Metric::sinr_db, "1.3.6.1.4.1.99999.1.2")}};
  DeviceProfile only{
      "only", "", {}, oid("1.3.6.1.4.1.99999.5"), {value(Metric::mer_db, "1.3.6.1.4.1.99999.2.1")}};
  only.values[0].divisor = 10;
  DeviceProfile dark{
      "dark", "", {}, oid("1.3.6.1.4.1.99999.5"), {value(Metric::optical_rx_dbm, "1.3.6.1.4.1.99999.4.1")}};
  dark.values[0].invalid = {2147483647};
  DeviceProfile line{"line",
                     "",
                     {},
                     oid("1.3.6.1.4.1.99997"),
                     {value(Metric::margin_down_db, "1.3.6.1.4.1.99997.1"),
                      value(Metric::t3_timeouts_per_hour, "1.3.6.1.4.1.99997.2"),
                      value(Metric::uncorrectable_ratio, "1.3.6.1.4.1.99997.4")}};
  line.values[0].invalid = {0};
  line.values[1].change = Change::per_hour;
  line.values[2].change = Change::share;
  line.values[2].whole = {oid("1.3.6.1.4.1.99997.3"), oid("1.3.6.1.4.1.99997.4")};
  return {foreign, table, only, dark, line};
}

// A peer on loopback that answers each packet by a script; an empty answer is none.
class Peer {
 public:
  using Script = std::function<std::string(const std::string&)>;
  Peer(asio::io_context& io, Script script)
      : socket_(io, udp::endpoint(asio::ip::address_v4::loopback(), 0)), script_(std::move(script)) {
    receive();
  }
  std::uint16_t port() const { return socket_.local_endpoint().port(); }
  std::size_t packets() const { return packets_; }

 private:
  void receive() {
    socket_.async_receive_from(asio::buffer(bytes_), from_,
                               [this](boost::system::error_code error, std::size_t size) {
                                 if (error) return;
                                 ++packets_;
                                 const std::string answer = script_(std::string(bytes_.data(), size));
                                 boost::system::error_code ignored;
                                 if (!answer.empty())
                                   socket_.send_to(asio::buffer(answer), from_, 0, ignored);
                                 receive();
                               });
  }

  udp::socket socket_;
  Script script_;
  udp::endpoint from_;
  std::array<char, 2048> bytes_{};
  std::size_t packets_ = 0;
};

struct SnmpProbeTest : testing::Test {
  static void SetUpTestSuite() {
    if (SnmpDaemon::is_installed()) agent = std::make_unique<SnmpDaemon>(kValues);
  }
  static void TearDownTestSuite() { agent.reset(); }
  static bool has_agent() { return agent && agent->is_running(); }

  static ProbeOptions options(const std::string& profile = "table") {
    ProbeOptions options = ProbeOptions::defaults(snmp_options());
    options.set("community", std::string(SnmpDaemon::kCommunity));
    options.set("profile", profile);
    return options;
  }
  static ProbeOptions options_v3(const std::string& password = SnmpDaemon::kAuthPassword) {
    ProbeOptions options = SnmpProbeTest::options();
    options.set("version", std::string("3"));
    options.set("user", std::string(SnmpDaemon::kUser));
    options.set("auth_password", password);
    options.set("privacy_password", std::string(SnmpDaemon::kPrivacyPassword));
    return options;
  }
  static SessionTarget target(std::uint16_t port, const std::string& index) {
    SessionTarget target;
    target.endpoint = EndpointIndex{7};
    target.name = "onu-7";
    target.address = "127.0.0.1";
    target.agent = ":" + std::to_string(port) + index;
    target.device_profiles = profiles;
    return target;
  }
  // Starts one measurement; the round is there when `done` is set.
  struct Run {
    Round round;
    bool done = false;
    asio::cancellation_signal cancel;
  };
  std::unique_ptr<Run> start(SessionProbe& probe, const SessionTarget& target, Duration limit) {
    auto run = std::make_unique<Run>();
    auto take = [r = run.get()](const std::exception_ptr& error, const Round& round) {
      if (error) std::rethrow_exception(error);
      r->round = round;
      r->done = true;
    };
    asio::co_spawn(io, probe.run(target, limit), asio::bind_cancellation_slot(run->cancel.slot(), take));
    return run;
  }
  Round measure(SessionProbe& probe, const SessionTarget& target, Duration limit = kFarTooLong) {
    auto run = start(probe, target, limit);
    run_until(io, [&] { return run->done; });
    return run->round;
  }
  Round measure(const ProbeOptions& options, const SessionTarget& target, Duration limit = kFarTooLong) {
    const auto probe = make_snmp_probe(options);
    return measure(*probe, target, limit);
  }
  static float value(const Round& round, Metric metric) {
    for (const MetricValue& v : round.metric_values())
      if (v.metric == metric) return v.value;
    return kNoValue;
  }

  static inline std::unique_ptr<SnmpDaemon> agent;
  static inline const std::shared_ptr<const DeviceProfiles> profiles =
      std::make_shared<const DeviceProfiles>(test_profiles());
  asio::io_context io;
};

#define NEEDS_SNMPD() \
  if (!has_agent()) GTEST_SKIP() << "no snmpd here: " << (agent ? agent->said() : "not installed")

TEST_F(SnmpProbeTest, ReadsTheRowOfTheEndpoint) {
  NEEDS_SNMPD();
  const Round round = measure(options(), target(agent->port(), "/7"));
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(round.reason, OutcomeReason::none);
  EXPECT_EQ(round.endpoint, EndpointIndex{7});
  EXPECT_EQ(round.packets.sent, 0);
  EXPECT_EQ(value(round, Metric::rsrp_dbm), -85);
  EXPECT_EQ(value(round, Metric::sinr_db), 6.7F);
  EXPECT_EQ(value(measure(options(), target(agent->port(), "/9")), Metric::rsrp_dbm), -120);
}

TEST_F(SnmpProbeTest, RecognisesTheDeviceByItsTables) {
  NEEDS_SNMPD();
  SnmpProbe probe(*snmp_settings(options("auto")));
  for (int round = 0; round < 2; ++round) {  // the second from memory
    DeviceReadings got;
    bool done = false;
    asio::co_spawn(io, probe.read(target(agent->port(), "/9"), kFarTooLong),
                   [&](const std::exception_ptr&, const DeviceReadings& readings) {
                     got = readings;
                     done = true;
                   });
    run_until(io, [&] { return done; });
    EXPECT_EQ(got.profile, "table");
    EXPECT_EQ(got.outcome, Outcome::ok);
    ASSERT_EQ(got.readings.size(), 2U);
    EXPECT_EQ(got.readings[1].value, -1.5);
  }
}

TEST_F(SnmpProbeTest, FindsTheOnlyRowOfATable) {
  NEEDS_SNMPD();
  const Round round = measure(options("only"), target(agent->port(), ""));
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(value(round, Metric::mer_db), 30.5F);
}

TEST_F(SnmpProbeTest, DoesNotGuessAmongManyRows) {
  NEEDS_SNMPD();
  EXPECT_EQ(measure(options(), target(agent->port(), "")).outcome, Outcome::malformed);
}

TEST_F(SnmpProbeTest, ARowThatIsNotThereSaysNothing) {
  NEEDS_SNMPD();
  for (const char* profile : {"table", "auto"}) {
    const Round round = measure(options(profile), target(agent->port(), "/8"));
    EXPECT_EQ(round.outcome, Outcome::malformed) << profile;
    EXPECT_EQ(round.value_count, 0);
  }
}

TEST_F(SnmpProbeTest, AValueThatMeansNoneIsNoValue) {
  NEEDS_SNMPD();
  const Round round = measure(options("dark"), target(agent->port(), "/3"));
  EXPECT_EQ(round.outcome, Outcome::unreachable);
  EXPECT_EQ(round.reason, OutcomeReason::not_registered);
  EXPECT_EQ(round.value_count, 0);
}

// The real agent's counters move between polls; the time between is the test's own.
struct SnmpCounters : SnmpProbeTest {
  void SetUp() override {
    NEEDS_SNMPD();
    stand(10, 4'294'967'000, 100);
  }
  static void stand(std::uint64_t timeouts, std::uint64_t good, std::uint64_t lost, int margin = 6) {
    const std::string at = SnmpDaemon::kMoving;
    agent->set(at + ".1.7", "integer", std::to_string(margin));
    agent->set(at + ".2.7", "counter", std::to_string(timeouts));
    agent->set(at + ".3.7", "counter", std::to_string(good));
    agent->set(at + ".4.7", "counter", std::to_string(lost));
  }
  // A poll so much later than the last.
  Round poll(std::chrono::seconds later) {
    now += later;
    return measure(probe, target(agent->port(), "/7"));
  }

  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  SnmpProbe probe{*snmp_settings(options("line")), [this] { return now; }};
};

TEST_F(SnmpCounters, AreWhatTheyMovedByBetweenTwoPolls) {
  const Round first = poll(seconds(0));
  EXPECT_EQ(first.outcome, Outcome::ok);
  EXPECT_EQ(value(first, Metric::margin_down_db), 6);
  EXPECT_EQ(first.value_count, 1) << "no change is known yet";
  stand(12, 700, 110);  // 996 good ones through the wrap of 32 bits, and 10 lost
  const Round second = poll(seconds(12));
  EXPECT_EQ(value(second, Metric::t3_timeouts_per_hour), 600);
  EXPECT_FLOAT_EQ(value(second, Metric::uncorrectable_ratio), 10.0F / 1006);
  EXPECT_EQ(value(poll(seconds(12)), Metric::t3_timeouts_per_hour), 0);
}

TEST_F(SnmpCounters, AreNotMadeOfATinyInterval) {
  poll(seconds(0));
  stand(11, 4'294'967'000, 100);
  EXPECT_EQ(poll(seconds(2)).value_count, 1) << "one in two seconds would be 1,800 an hour";
  EXPECT_EQ(value(poll(seconds(10)), Metric::t3_timeouts_per_hour), 300) << "since the first poll";
}

TEST_F(SnmpCounters, HaveNoValueAfterTheyBeganAnewOrAPauseThatIsTooLong) {
  poll(seconds(0));
  stand(1, 5, 0);
  EXPECT_EQ(poll(seconds(12)).value_count, 1);
  stand(2, 1005, 0);
  EXPECT_EQ(value(poll(seconds(12)), Metric::t3_timeouts_per_hour), 300);
  EXPECT_EQ(poll(seconds(181)).value_count, 1);
}

TEST_F(SnmpCounters, OfALineThatIsGoneAreNotTold) {
  poll(seconds(0));
  stand(12, 700, 110, 0);
  const Round round = poll(seconds(12));
  EXPECT_EQ(round.outcome, Outcome::unreachable);
  EXPECT_EQ(round.reason, OutcomeReason::not_registered);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(SnmpProbeTest, ReadsByVersion3WithPrivacy) {
  NEEDS_SNMPD();
  const auto probe = make_snmp_probe(options_v3());
  for (int i = 0; i < 3; ++i) {  // later ones know the engine
    const Round round = measure(*probe, target(agent->port(), "/7"));
    EXPECT_EQ(round.outcome, Outcome::ok);
    EXPECT_EQ(value(round, Metric::rsrp_dbm), -85);
  }
}

TEST_F(SnmpProbeTest, ReadsWithLongerKeys) {
  NEEDS_SNMPD();
  for (const auto& [user, protocol] :
       {std::pair(SnmpDaemon::kUser192, "aes192"), std::pair(SnmpDaemon::kUser256, "aes256")}) {
    ProbeOptions longer = options_v3();
    longer.set("user", std::string(user));
    longer.set("privacy_protocol", std::string(protocol));
    EXPECT_EQ(value(measure(longer, target(agent->port(), "/7")), Metric::rsrp_dbm), -85) << protocol;
  }
}

TEST_F(SnmpProbeTest, AWrongPasswordIsRefused) {
  NEEDS_SNMPD();
  EXPECT_EQ(measure(options_v3("not the password"), target(agent->port(), "/7")).outcome, Outcome::refused);
  EXPECT_EQ(measure(options_v3(), target(agent->port(), "/7")).outcome, Outcome::ok)
      << "the wrong key is forgotten";
  ProbeOptions other = options_v3();
  other.set("user", std::string("nobody"));
  EXPECT_EQ(measure(other, target(agent->port(), "/7")).outcome, Outcome::refused);
}

TEST_F(SnmpProbeTest, AWrongCommunityTimesOut) {
  NEEDS_SNMPD();
  ProbeOptions wrong = options();
  wrong.set("community", std::string("private"));
  const Round round = measure(wrong, target(agent->port(), "/7"), milliseconds(200));
  EXPECT_EQ(round.outcome, Outcome::timed_out);
}

TEST_F(SnmpProbeTest, AHangingAgentDelaysNobody) {
  NEEDS_SNMPD();
  Peer mute(io, [](const std::string&) { return ""; });
  const auto probe = make_snmp_probe(options());
  auto hanging = start(*probe, target(mute.port(), "/7"), kFarTooLong);
  std::vector<std::unique_ptr<Run>> quick;
  for (int i = 0; i < 20; ++i) quick.push_back(start(*probe, target(agent->port(), "/7"), kFarTooLong));
  for (const auto& run : quick) run_until(io, [&] { return run->done; });
  for (const auto& run : quick) EXPECT_EQ(run->round.outcome, Outcome::ok);
  EXPECT_FALSE(hanging->done);
  hanging->cancel.emit(asio::cancellation_type::terminal);
  run_until(io, [&] { return hanging->done; });
}

TEST_F(SnmpProbeTest, AMuteAgentTimesOutAfterItsRetries) {
  Peer mute(io, [](const std::string&) { return ""; });
  const Round round = measure(options(), target(mute.port(), "/7"), milliseconds(200));
  EXPECT_EQ(round.outcome, Outcome::timed_out);
  EXPECT_EQ(round.reason, OutcomeReason::none);
  EXPECT_EQ(mute.packets(), 2U);
  const Round v3 = measure(options_v3(), target(mute.port(), "/7"), milliseconds(200));
  EXPECT_EQ(v3.outcome, Outcome::timed_out);
}

TEST_F(SnmpProbeTest, AClosedPortIsUnreachable) {
  const Round round = measure(options(), target(free_udp_port(), "/7"));
  EXPECT_EQ(round.outcome, Outcome::unreachable);
  EXPECT_EQ(round.reason, OutcomeReason::port_unreachable);
}

TEST_F(SnmpProbeTest, NonsenseIsMalformed) {
  Peer peer(io, [](const std::string&) { return std::string("\x30\x05nonsense"); });
  for (const ProbeOptions& o : {options(), options_v3()}) {
    const Round round = measure(o, target(peer.port(), "/7"), milliseconds(200));
    EXPECT_EQ(round.outcome, Outcome::malformed);
    EXPECT_EQ(round.value_count, 0);
  }
}

TEST_F(SnmpProbeTest, HalfAnAnswerIsMalformed) {
  Peer peer(io, [](const std::string& question) { return question.substr(0, question.size() / 2); });
  const Round round = measure(options(), target(peer.port(), "/7"), milliseconds(200));
  EXPECT_EQ(round.outcome, Outcome::malformed);
}

TEST_F(SnmpProbeTest, AnAnswerToAnotherQuestionIsMalformed) {
  // The question itself as an answer (GET 0xA0 becomes RESPONSE 0xA2), with another OID at its end.
  Peer peer(io, [](std::string question) {
    question[question.find('\xA0')] = '\xA2';
    question[question.size() - 3] = '\x08';
    return question;
  });
  EXPECT_EQ(measure(options(), target(peer.port(), "/7")).outcome, Outcome::malformed);
}

TEST_F(SnmpProbeTest, ACancelledMeasurementSaysSo) {
  Peer mute(io, [](const std::string&) { return ""; });
  const auto probe = make_snmp_probe(options());
  auto run = start(*probe, target(mute.port(), "/7"), kFarTooLong);
  run_until(io, [&] { return mute.packets() > 0; });
  run->cancel.emit(asio::cancellation_type::terminal);
  run_until(io, [&] { return run->done; });
  EXPECT_EQ(run->round.outcome, Outcome::not_measured);
  EXPECT_EQ(run->round.reason, OutcomeReason::cancelled);
}

TEST_F(SnmpProbeTest, ANameIsUsedOnceItIsResolved) {
  SessionTarget by_name = target(free_udp_port(), "/7");
  by_name.agent = "olt-1" + by_name.agent;
  Round round = measure(options(), by_name);
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::name_unresolved);
  by_name.names = std::make_shared<const ResolvedNames>(ResolvedNames{{"olt-1", "127.0.0.1"}});
  EXPECT_EQ(measure(options(), by_name).outcome, Outcome::unreachable);
}

TEST(SnmpSettings, SayWhatDoesNotGoTogether) {
  const auto problem = [](std::vector<std::pair<const char*, const char*>> set) {
    ProbeOptions options = ProbeOptions::defaults(snmp_options());
    for (const auto& [name, text] : set) options.set(name, std::string(text));
    const auto settings = snmp_settings(options);
    return settings ? std::string() : settings.error().message;
  };
  EXPECT_EQ(problem({}), "");
  EXPECT_EQ(problem({{"community", ""}}), "community: version 2c needs one");
  EXPECT_EQ(problem({{"version", "3"}}), "user: version 3 needs one");
  EXPECT_EQ(problem({{"version", "3"}, {"user", "u"}, {"auth_password", "short"}}),
            "auth_password: has 5 bytes; version 3 takes 8 or more");
  EXPECT_EQ(problem({{"version", "3"}, {"user", "u"}, {"auth_password", "long enough"}}),
            "privacy_password: has 0 bytes; version 3 takes 8 or more");
  EXPECT_EQ(problem({{"version", "3"}, {"user", "u"}, {"auth_protocol", "none"}}), "");
  const std::string file = testing::TempDir() + "snmp_community";
  std::ofstream(file) << "secret\n";
  ProbeOptions from_file = ProbeOptions::defaults(snmp_options());
  from_file.set("community_file", file);
  EXPECT_EQ(snmp_settings(from_file)->identity->credentials.community, "secret");
}

}  // namespace
}  // namespace faultline::session
