// The replay format: what is written is read again, a recording gives the same actions each time, and a
// mistake is told with its line.
#include "daemon/replay/replay.h"

#include "daemon/config/rule_file.h"
#include "daemon/replay/input.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace faultline::replay {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kInventory =
    R"({"type":"inventory","nodes":[{"name":"agg","kind":"aggregation"},)"
    R"({"name":"site","kind":"site","parents":["transport:agg"],"latitude":52.3,"longitude":4.8}],)"
    R"("endpoints":[{"name":"a","technology":"lte","parents":["transport:site"],"latitude":52.3,"longitude":4.8,)"
    R"("customers":900},{"name":"b","technology":"lte","parents":["transport:site"]}]})"
    "\n";

std::shared_ptr<const RuleSet> rules() {
  auto read = config::default_rules();
  EXPECT_TRUE(read) << read.error().message;
  return std::make_shared<const RuleSet>(std::move(*read));
}

Result<Summary> play(const std::string& text, std::string& output) {
  std::istringstream in(text);
  std::ostringstream out;
  auto summary = replay(in, out, rules());
  output = out.str();
  return summary;
}

std::string error_of(const std::string& text) {
  std::string output;
  const auto summary = play(text, output);
  return summary ? "" : summary.error().message;
}

const Topology& topology() {
  static const auto built = *read_inventory(boost::json::parse(kInventory).as_object(), nullptr);
  return *built;
}

const Timestamp kStart = Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)) + 10h;

Round lossy(const std::string& endpoint, Timestamp at, std::uint16_t received, bool on_demand = false) {
  Round round;
  round.endpoint = *topology().find_endpoint(endpoint);
  round.started = at;
  round.finished = at + 200ms;
  round.on_demand = on_demand;
  round.packets.sent = 5;
  round.packets.received = received;
  round.outcome = received == 5 ? Outcome::ok : received == 0 ? Outcome::lost : Outcome::partial;
  if (received > 0) round.rtt.median_ms = 20;
  return round;
}

// Both cells of the site are gone from the fifth minute on.
std::string recording() {
  std::string text = kInventory;
  for (int second = 1; second <= 480; ++second) {
    const Timestamp at = kStart + std::chrono::seconds(second);
    for (const char* endpoint : {"a", "b"})
      if (second % 10 == 0)
        text += write(lossy(endpoint, at - 900ms, second >= 300 ? 0 : 5), topology()) + "\n";
    for (const char* endpoint : {"a", "b"})
      if (second > 300 && second % 10 == 3)
        text += write(lossy(endpoint, at - 900ms, 0, true), topology()) + "\n";
    text += write(Tick{at, true}) + "\n";
  }
  return text;
}

TEST(Replay, OpensTheIncidentOfARecordingAndSaysTheSameEachTime) {
  std::string first, second;
  const auto summary = play(recording(), first);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_GT(summary->actions, 0U);
  EXPECT_THAT(first, HasSubstr(R"("event":"opened")"));
  EXPECT_THAT(first, HasSubstr(R"("root":{"node":"site"})"));
  ASSERT_TRUE(play(recording(), second));
  EXPECT_EQ(first, second);
}

TEST(Replay, ReadsARoundAsItWasWritten) {
  Round round = lossy("b", kStart, 3, true);
  round.reason = OutcomeReason::host_unreachable;
  round.packets.late = 1;
  round.rtt = {1, 2, 3, 4, 2, 0.5F, kNoValue, kNoValue};
  round.add(Metric::rsrp_dbm, -93.5F);
  const auto line = boost::json::parse(write(round, topology()));
  const auto read = read_round(line.as_object(), topology());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->endpoint, round.endpoint);
  EXPECT_EQ(read->started, round.started);
  EXPECT_EQ(read->outcome, round.outcome);
  EXPECT_EQ(read->reason, round.reason);
  EXPECT_TRUE(read->on_demand);
  EXPECT_EQ(read->packets.received, 3);
  EXPECT_EQ(read->packets.late, 1);
  EXPECT_FLOAT_EQ(read->rtt.p95_ms, 3);
  ASSERT_EQ(read->value_count, 1);
  EXPECT_FLOAT_EQ(read->values[0].value, -93.5F);
}

TEST(Replay, ReadsAComplaintAsItWasWritten) {
  Complaint complaint;
  complaint.id = "C-1";
  complaint.customer = 0x9f2c;
  complaint.received = kStart;
  complaint.service = Service::tv;
  complaint.cell = topology().find_endpoint("a");
  complaint.place = Place{52.3, 4.8};
  const auto line = boost::json::parse(write(complaint, topology()));
  const auto read = read_complaint(line.as_object(), topology());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->customer, 0x9f2cU);
  EXPECT_EQ(read->service, Service::tv);
  EXPECT_EQ(read->cell, complaint.cell);
  EXPECT_DOUBLE_EQ(read->place->latitude_deg, 52.3);
}

TEST(Replay, NamesTheLineAndTheFieldOfAMistake) {
  EXPECT_EQ(error_of("{}"), "line 1: an inventory must come first");
  EXPECT_THAT(error_of("\n{oops\n"), StartsWith("line 2: no JSON"));
  EXPECT_EQ(error_of(kInventory + "[]"), "line 2: an object is expected");
  EXPECT_THAT(error_of(kInventory + R"({"type":"cat"})"), StartsWith(R"(line 2: type: "cat" is none of)"));
  EXPECT_EQ(error_of(kInventory + R"({"type":"tick"})"), "line 2: at: is missing");
  EXPECT_EQ(error_of(kInventory + R"({"type":"tick","at":"2026-11-24T10:00:00Z","x":1})"),
            "line 2: x: unknown field");
  EXPECT_EQ(error_of(kInventory + R"({"type":"round","endpoint":"z","started":"2026-11-24T10:00:00Z"})"),
            R"(line 2: endpoint: "z" is not in the inventory)");
  EXPECT_EQ(
      error_of(kInventory +
               R"({"type":"round","endpoint":"a","started":"2026-11-24T10:00:00Z","sent":1,"received":2})"),
      "line 2: received: more than were sent");
  EXPECT_EQ(error_of(R"({"type":"inventory","nodes":[{"name":"n","kind":"tree"}]})").substr(0, 35),
            R"(line 1: nodes[0].kind: "tree" is no)");
}

TEST(Replay, RefusesTimesThatJumpBack) {
  EXPECT_THAT(error_of(kInventory + R"({"type":"tick","at":"2026-11-24T10:00:00Z"})" + "\n" +
                       R"({"type":"tick","at":"2026-11-24T08:00:00Z"})"),
              HasSubstr("line 3: the time goes back"));
}

}  // namespace
}  // namespace faultline::replay
