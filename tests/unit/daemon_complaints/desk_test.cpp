#include "daemon/complaints/desk.h"

#include "tests/unit/daemon_store/support.h"

#include <boost/json.hpp>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace faultline::complaints {
namespace {

namespace json = boost::json;
using store::kNoon;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ComplaintDesk : public testing::Test {
 protected:
  ComplaintDesk() {
    incident_.number = 3;
    incident_.state = IncidentState::open;
    incident_.root = *topology_->find_node("agg-7");
    incident_.onset = kNoon - std::chrono::minutes(4);
    incident_.opened_at = kNoon - std::chrono::minutes(3);
    incident_.severity = Severity::major;
    incident_.affected = {{0}, {1}};
    incident_.customers = 900;
    incident_.causes = {{Cause::transport, 0.87, {}}};
    open();
  }
  void open() {
    store_ = store::open_store(directory_ / "desk.db", loop_.poster());
    DeskHooks hooks;
    hooks.now = [] { return kNoon; };
    hooks.post = loop_.poster();
    hooks.topology = [this] { return topology_; };
    hooks.accepted = [this](const Complaint& c) { told_.push_back(c.id); };
    hooks.answer = [this](const Complaint&) { return answer_; };
    hooks.surroundings = [this] {
      Surroundings around;
      around.topology = topology_.get();
      around.health = [](EndpointIndex i) {
        EndpointHealth health;
        if (i.value == 0) {
          health.state = HealthState::bad;
          health.loss_ratio = 0.2F;
          health.measured = kNoon;
        }
        return health;
      };
      around.rtt_ms = [](EndpointIndex i) { return i.value == 0 ? std::optional(12.34567) : std::nullopt; };
      around.incident = [this](IncidentNumber number) { return number == 3 ? &incident_ : nullptr; };
      return around;
    };
    desk_ = std::make_unique<Desk>(*store_, hooks);
  }
  IntakeReply submit(const std::string& body) {
    std::optional<IntakeReply> got;
    desk_->submit(body, [&](IntakeReply reply) { got = std::move(reply); });
    loop_.run_until([&] { return got.has_value(); });
    return *got;
  }
  static std::string result_of(const IntakeReply& reply) {
    const json::value value = json::parse(reply.json);
    return std::string(value.at("result").as_string());
  }

  store::TemporaryDirectory directory_;
  store::ManualLoop loop_;
  std::shared_ptr<const Topology> topology_ = store::make_topology(3);
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Desk> desk_;
  std::vector<std::string> told_;
  Incident incident_;
  ComplaintAnswer answer_{3, 0.9, {{0}, {1}}};
};

const std::string kOne = R"({"id":"c-1","customer":"4711-secret","service":"internet","cell":"cell-1"})";

TEST_F(ComplaintDesk, AnswersWithTheIncidentAndTheSurroundings) {
  const IntakeReply got = submit(kOne);
  EXPECT_EQ(got.status, 201U);
  EXPECT_EQ(
      got.json,
      R"({"id":"c-1","result":"accepted","explanation":{"incident":{"id":"FL-3",)"
      R"("title":"Transport fault at agg-7: 2 endpoints, 900 customers","state":"open","severity":"major",)"
      R"("since":"2026-03-14T11:56:00.000Z","likely_cause":"transport","cause_probability":0.87,)"
      R"("probability":0.9,"ticket":{"id":"FL-3","href":"/tmf-api/troubleTicket/v5/troubleTicket/FL-3"}},)"
      R"("nearby":[{"endpoint":"cell-1","state":"bad","loss_ratio":0.2,"rtt_ms":12.346},)"
      R"({"endpoint":"cell-2","state":"unknown","loss_ratio":null,"rtt_ms":null}]}})");
}

TEST_F(ComplaintDesk, SaysSoWhenNothingExplainsIt) {
  answer_ = {};
  const IntakeReply got = submit(kOne);
  EXPECT_THAT(got.json, HasSubstr(R"("explanation":{"incident":null,"nearby":[]})"));
}

TEST_F(ComplaintDesk, NamesNoTicketOfAMereSuspicion) {
  incident_.state = IncidentState::suspected;
  incident_.opened_at.reset();
  EXPECT_THAT(submit(kOne).json, HasSubstr(R"("ticket":null)"));
}

TEST_F(ComplaintDesk, AcknowledgesOnlyWhatIsOnDisk) {
  submit(kOne);
  const auto kept = store_->query_now([](store::Database& db) { return store::find_complaint(db, "c-1"); });
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->cell, "cell-1");
}

TEST_F(ComplaintDesk, SaysToTheLogAndNotToTheSenderWhyItCouldNotStoreOne) {
  store_->write([](store::Database& db) { return db.run("ALTER TABLE complaint RENAME TO gone"); });
  const IntakeReply got = submit(kOne);
  EXPECT_EQ(got.status, 503U);
  EXPECT_THAT(got.trouble, HasSubstr("complaint"));
  EXPECT_THAT(got.json, Not(HasSubstr("table")));
  EXPECT_THAT(told_, testing::IsEmpty());
}

TEST_F(ComplaintDesk, HasOneEffectHoweverOftenItIsSent) {
  EXPECT_EQ(submit(kOne).status, 201U);
  for (int i = 0; i < 3; ++i) {
    const IntakeReply again = submit(kOne);
    EXPECT_EQ(again.status, 200U);
    EXPECT_EQ(result_of(again), "repeated");
    EXPECT_THAT(again.json, HasSubstr("FL-3"));
  }
  desk_.reset();
  store_.reset();
  open();
  EXPECT_EQ(result_of(submit(kOne)), "repeated") << "after a restart, too";
  EXPECT_THAT(told_, ElementsAre("c-1"));
}

TEST_F(ComplaintDesk, RefusesAnIdThatAnotherComplaintHas) {
  submit(kOne);
  const IntakeReply got = submit(R"({"id":"c-1","customer":"4712"})");
  EXPECT_EQ(got.status, 409U);
  EXPECT_EQ(result_of(got), "conflict");
  EXPECT_THAT(told_, ElementsAre("c-1"));
}

TEST_F(ComplaintDesk, AnswersABatchItemByItem) {
  const IntakeReply got = submit(
      R"([{"id":"a","customer":"x"},{"id":"a","customer":"x"},{"id":"a","customer":"y"},{"id":"b"},{"id":"c","customer":"x"}])");
  EXPECT_EQ(got.status, 207U);
  const json::object body = json::parse(got.json).as_object();
  EXPECT_EQ(body.at("accepted").as_int64(), 2);
  EXPECT_EQ(body.at("repeated").as_int64(), 1);
  EXPECT_EQ(body.at("conflict").as_int64(), 1);
  EXPECT_EQ(body.at("refused").as_int64(), 1);
  std::vector<std::string> results;
  for (const auto& item : body.at("results").as_array()) results.emplace_back(item.at("result").as_string());
  EXPECT_THAT(results, ElementsAre("accepted", "repeated", "conflict", "refused", "accepted"));
  EXPECT_THAT(told_, ElementsAre("a", "c"));
  EXPECT_EQ(desk_->counts()[0], 2U);
  EXPECT_EQ(submit(R"([{"id":"d","customer":"x"}])").status, 200U);
}

TEST_F(ComplaintDesk, LetsOthersInBetweenTheItemsOfALongArray) {
  std::string body = "[";
  for (int i = 0; i < 100; ++i)
    body += (i > 0 ? "," : "") + fmt::format(R"({{"id":"c-{}","customer":"x"}})", i);
  std::optional<IntakeReply> got;
  desk_->submit(body + "]", [&](IntakeReply reply) { got = std::move(reply); });
  std::size_t most = 0, steps = 0;
  for (std::size_t before = 0; !got; before = told_.size(), ++steps) {
    loop_.run_one();
    most = std::max(most, told_.size() - before);
  }
  EXPECT_EQ(told_.size(), 100U);
  EXPECT_LE(most, 8U);
  EXPECT_GE(steps, 2 * 100U / 8) << "telling them and answering them";
}

TEST_F(ComplaintDesk, SaysWhereAndWhatWasExpected) {
  const IntakeReply got = submit(R"({"id":"c-1","customer":"x","place":{"latitude":91,"longitude":0}})");
  EXPECT_EQ(got.status, 422U);
  EXPECT_THAT(got.json, HasSubstr(R"({"pointer":"/place/latitude","expected":"a number from -90 to 90"})"));
  EXPECT_EQ(submit("[").status, 400U);
}

TEST_F(ComplaintDesk, StoresNoCustomerReference) {
  const IntakeReply got = submit(kOne);
  EXPECT_THAT(got.json, Not(HasSubstr("4711-secret")));
  desk_.reset();
  store_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find("4711-secret"), std::string::npos) << entry.path();
  }
  open();
}

TEST_F(ComplaintDesk, AnswersNobodyAfterItsEnd) {
  bool called = false;
  desk_->submit(kOne, [&](const IntakeReply&) { called = true; });
  desk_.reset();
  store_.reset();
  while (loop_.waiting() > 0) loop_.run_one();
  EXPECT_FALSE(called);
  open();
  EXPECT_EQ(result_of(submit(kOne)), "repeated") << "it was stored all the same";
}

}  // namespace
}  // namespace faultline::complaints
