#include "daemon/alarms/tmf642.h"

#include "tests/unit/daemon_store/support.h"

#include <boost/json.hpp>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::alarms {
namespace {

namespace json = boost::json;
using store::kNoon;
using testing::ElementsAre;
using testing::HasSubstr;

class Tmf642Test : public testing::Test {
 protected:
  Tmf642Test() { open(); }
  void open(DeskLimits limits = {}) {
    tmf_.reset();
    desk_.reset();
    store_.reset();
    store_ = store::open_store(directory_ / "tmf.db", loop_.poster());
    DeskHooks hooks;
    hooks.now = [this] { return now_; };
    hooks.post = loop_.poster();
    hooks.tell = [this](const Alarm& alarm) {
      told_.push_back(fmt::format("{}{}", alarm.cleared ? "end of " : "", name(alarm.kind)));
    };
    hooks.count = [this](Source, Fate fate, const std::string&) { ++counts_[fate]; };
    desk_ = std::make_unique<Desk>(*store_, hooks, limits);
    desk_->configure({}, [this](std::string_view text, Among) -> std::optional<Target> {
      const auto node = topology_->find_node(text);
      if (!node) return std::nullopt;
      return Target{*node, std::nullopt};
    });
    desk_->restore(
        store::must(store_->query_now([](store::Database& db) { return store::list_alarms(db); })));
    tmf_ = std::make_unique<Tmf642>(*desk_, [this] { return now_; });
  }
  TmfAlarmAnswer ask(const std::string& method, const std::string& resource, const std::string& id = "",
                     const std::string& body = "",
                     std::map<std::string, std::string, std::less<>> query = {}) {
    std::optional<TmfAlarmAnswer> got;
    tmf_->handle({method, resource, id, std::move(query), body},
                 [&](TmfAlarmAnswer a) { got = std::move(a); });
    loop_.run_until([&] { return got.has_value(); });
    return *got;
  }
  TmfAlarmAnswer post(const std::string& body) { return ask("POST", "alarm", "", body); }
  static std::string alarm(const std::string& object = "s-1", const std::string& more = "") {
    return fmt::format(R"({{"alarmType": "environmentalAlarm", "perceivedSeverity": "major",
        "probableCause": "powerProblem", "alarmedObject": {{"id": "{}"}}, "sourceSystemId": "ems-1",
        "state": "raised", "alarmRaisedTime": "2026-03-14T11:58:00Z"{}}})",
                       object, more);
  }
  static json::object object(const TmfAlarmAnswer& answer) { return json::parse(answer.body).as_object(); }
  static std::string id_of(const TmfAlarmAnswer& answer) { return json::serialize(object(answer).at("id")); }
  static std::string reason(const TmfAlarmAnswer& answer) {
    return std::string(object(answer).at("reason").as_string());
  }

  store::TemporaryDirectory directory_;
  store::ManualLoop loop_;
  std::shared_ptr<const Topology> topology_ = store::make_topology(3);
  Timestamp now_ = kNoon;
  std::unique_ptr<store::Store> store_;
  std::vector<std::string> told_;
  std::map<Fate, int> counts_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<Tmf642> tmf_;
};

TEST_F(Tmf642Test, CreatesAndShows) {
  const TmfAlarmAnswer made = post(alarm());
  EXPECT_EQ(made.status, 201U) << made.body;
  const json::object shown = object(made);
  EXPECT_TRUE(shown.at("id").is_int64());
  const std::string href = "/tmf-api/alarmManagement/v4/alarm/" + id_of(made);
  EXPECT_EQ(shown.at("href").as_string(), href);
  EXPECT_THAT(made.headers, ElementsAre(testing::Pair("Location", href)));
  EXPECT_EQ(shown.at("alarmReportingTime"), "2026-03-14T12:00:00.000Z");
  EXPECT_EQ(ask("GET", "alarm", id_of(made)).body, made.body);
  EXPECT_THAT(told_, ElementsAre("power"));
}

TEST_F(Tmf642Test, RefusesWhatIsIncompleteOrOfAnotherType) {
  const auto refused = [&](const std::string& body) {
    const TmfAlarmAnswer answer = post(body);
    EXPECT_EQ(answer.status, 400U) << body;
    return reason(answer);
  };
  for (const char* garbage : {"", "nonsense", "[]", "7", "\xff", "{\"a\": "}) refused(garbage);
  EXPECT_THAT(refused("{}"), HasSubstr("alarmType: expected a string"));
  for (const std::string field : {"alarmType", "perceivedSeverity", "probableCause", "alarmedObject",
                                  "sourceSystemId", "state", "alarmRaisedTime"}) {
    json::object without = json::parse(alarm()).as_object();
    without.erase(field);
    EXPECT_THAT(refused(json::serialize(without)), HasSubstr(field + ": expected"));
  }
  EXPECT_THAT(refused(alarm("s-1", R"(, "perceivedSeverity": "bad")")), testing::_);
  json::object wrong = json::parse(alarm()).as_object();
  wrong["perceivedSeverity"] = "terrible";
  EXPECT_EQ(
      refused(json::serialize(wrong)),
      "perceivedSeverity: \"terrible\" is none of critical, major, minor, warning, indeterminate, cleared");
  EXPECT_THAT(refused(alarm("")), HasSubstr("alarmedObject"));
  EXPECT_THAT(refused(alarm("s-1", R"(, "id": 7)")), HasSubstr("id and href are given by this server"));
  EXPECT_THAT(refused(alarm("s-1", R"(, "isRootCause": "yes")")),
              HasSubstr("isRootCause: expected true or false"));
  EXPECT_THAT(refused(alarm("s-1", R"(, "comment": {})")), HasSubstr("comment: expected an array"));
  EXPECT_THAT(refused(alarm("s-1", R"(, "alarmClearedTime": "now")")),
              HasSubstr("alarmClearedTime: expected a time"));
  EXPECT_THAT(refused(alarm("s-1", ", \"alarmDetails\": \"" + std::string(20'000, 'x') + "\"")),
              HasSubstr("more than 16384 bytes"));
  EXPECT_EQ(desk_->open(), 0U);
  EXPECT_GT(counts_[Fate::refused], 10);
}

TEST_F(Tmf642Test, TheSameAlarmAgainIsTheOneThatIsKnown) {
  const TmfAlarmAnswer first = post(alarm());
  const TmfAlarmAnswer again = post(alarm());
  EXPECT_EQ(again.status, 201U);
  EXPECT_EQ(id_of(again), id_of(first));
  const TmfAlarmAnswer other = post(alarm("s-1", R"(, "alarmDetails": "on battery")"));
  EXPECT_EQ(other.status, 409U);
  EXPECT_THAT(reason(other), HasSubstr(id_of(first)));
  EXPECT_NE(id_of(post(alarm("s-2"))), id_of(first));
  EXPECT_NE(id_of(post(alarm("s-1", R"(, "externalAlarmId": "x-1")"))), id_of(first));
  EXPECT_EQ(desk_->open(), 3U);
}

TEST_F(Tmf642Test, PatchMergesAndClears) {
  const std::string id = id_of(post(alarm()));
  now_ += std::chrono::minutes(1);
  const TmfAlarmAnswer changed =
      ask("PATCH", "alarm", id, R"({"perceivedSeverity": "critical", "alarmedObject": {"href": "x"}})");
  EXPECT_EQ(changed.status, 200U) << changed.body;
  EXPECT_EQ(object(changed).at("perceivedSeverity"), "critical");
  EXPECT_EQ(object(changed).at("alarmedObject"), (json::object{{"id", "s-1"}, {"href", "x"}}));
  EXPECT_EQ(object(changed).at("alarmChangedTime"), "2026-03-14T12:01:00.000Z");
  EXPECT_EQ(ask("PATCH", "alarm", id, R"({"sourceSystemId": "other"})").status, 400U);
  EXPECT_EQ(ask("PATCH", "alarm", id, R"({"state": null})").status, 400U) << "it is required";
  EXPECT_EQ(ask("PATCH", "alarm", id, "garbage").status, 400U);

  const TmfAlarmAnswer over = ask("PATCH", "alarm", id, R"({"state": "cleared"})");
  EXPECT_EQ(over.status, 200U);
  EXPECT_EQ(object(over).at("perceivedSeverity"), "cleared");
  EXPECT_EQ(object(over).at("alarmClearedTime"), "2026-03-14T12:01:00.000Z");
  EXPECT_THAT(told_, ElementsAre("power", "end of power"));
  EXPECT_EQ(ask("PATCH", "alarm", id, R"({"state": "raised"})").status, 409U);
  EXPECT_EQ(ask("PATCH", "alarm", id, R"({"comment": [{"comment": "mains are back"}]})").status, 200U);
  EXPECT_EQ(told_.size(), 2U);
}

TEST_F(Tmf642Test, SeverityClearedEndsItToo) {
  const std::string id = id_of(post(alarm()));
  EXPECT_EQ(object(ask("PATCH", "alarm", id, R"({"perceivedSeverity": "cleared"})")).at("state"), "cleared");
  EXPECT_EQ(told_.back(), "end of power");
  EXPECT_NE(id_of(post(alarm())), id) << "another one";
  json::object end = json::parse(alarm()).as_object();
  end["perceivedSeverity"] = "cleared";
  EXPECT_NE(id_of(post(json::serialize(end))), id);
  EXPECT_EQ(desk_->open(), 0U) << "ended by its identity";
}

TEST_F(Tmf642Test, TheEndOfAnAlarmThatNobodyRaisedIsKeptAndCounted) {
  json::object end = json::parse(alarm()).as_object();
  end["state"] = "cleared";
  EXPECT_EQ(post(json::serialize(end)).status, 201U);
  EXPECT_EQ(counts_[Fate::unknown_clear], 1);
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(ask("PATCH", "alarm", "123", R"({"state": "cleared"})").status, 404U);
  EXPECT_EQ(ask("GET", "alarm", "123").status, 404U);
  EXPECT_EQ(ask("DELETE", "alarm", "123").status, 404U);
}

TEST_F(Tmf642Test, DeleteTakesItAway) {
  const std::string id = id_of(post(alarm()));
  const TmfAlarmAnswer gone = ask("DELETE", "alarm", id);
  EXPECT_EQ(gone.status, 204U);
  EXPECT_EQ(gone.body, "");
  EXPECT_EQ(told_.back(), "end of power");
  EXPECT_EQ(ask("GET", "alarm", id).status, 404U);
}

TEST_F(Tmf642Test, ListsPagesFiltersAndFields) {
  for (const char* site : {"s-1", "s-2", "s-3", "s-9"}) post(alarm(site));
  ask("PATCH", "alarm", id_of(post(alarm("s-2"))), R"({"state": "cleared"})");
  const auto listed = [&](std::map<std::string, std::string, std::less<>> query) {
    const TmfAlarmAnswer answer = ask("GET", "alarm", "", "", std::move(query));
    EXPECT_EQ(answer.status, 200U) << answer.body;
    std::string text = answer.headers.at(0).second + ":";
    const json::value items = json::parse(answer.body);
    for (const json::value& item : items.as_array())
      text += " " + json::serialize(item.at("alarmedObject").at("id"));
    return text;
  };
  EXPECT_EQ(listed({}), R"(4: "s-9" "s-3" "s-2" "s-1")");
  EXPECT_EQ(listed({{"limit", "2"}, {"offset", "1"}}), R"(4: "s-3" "s-2")");
  EXPECT_EQ(listed({{"state", "cleared"}}), R"(1: "s-2")");
  EXPECT_EQ(listed({{"alarmedObject.id", "s-1,s-9"}, {"state", "raised"}}), R"(2: "s-9" "s-1")");
  EXPECT_EQ(listed({{"colour", "red"}}), "0:");
  EXPECT_EQ(ask("GET", "alarm", "", "", {{"limit", "x"}}).status, 400U);
  EXPECT_EQ(ask("GET", "alarm", "", "", {{"limit", "100000"}}).status, 400U);
  const auto part =
      json::parse(ask("GET", "alarm", "", "", {{"fields", "state"}, {"limit", "1"}}).body).as_array();
  EXPECT_EQ(part.at(0).as_object().size(), 3U) << "id, href and what was asked";
}

TEST_F(Tmf642Test, ClearsByPattern) {
  for (const char* site : {"s-1", "s-2", "s-3"}) post(alarm(site));
  const std::string task =
      R"({"clearSystemId": "noc", "clearUserId": "eve", "alarmClearedTime": "2026-03-14T12:00:00Z",
                               "alarmPattern": [{"alarmedObject": {"id": "s-1"}}, {"alarmedObject": {"id": "s-3"}}]})";
  const TmfAlarmAnswer done = ask("POST", "clearAlarms", "", task);
  EXPECT_EQ(done.status, 201U) << done.body;
  EXPECT_EQ(object(done).at("state"), "done");
  EXPECT_EQ(object(done).at("clearedAlarm").as_array().size(), 2U);
  EXPECT_EQ(desk_->open(), 1U);
  const json::value listed = json::parse(ask("GET", "alarm", "", "", {{"alarmedObject.id", "s-3"}}).body);
  const json::value& shown = listed.as_array().at(0);
  EXPECT_EQ(shown.at("state"), "cleared");
  EXPECT_EQ(shown.at("clearUserId"), "eve");
  const std::string id(object(done).at("id").as_string());
  EXPECT_EQ(ask("GET", "clearAlarms", id).body, done.body);
  EXPECT_EQ(json::parse(ask("GET", "clearAlarms").body).as_array().size(), 1U);
  EXPECT_EQ(ask("GET", "clearAlarms", "7").status, 404U);
  for (const std::string& body :
       {std::string("{}"), std::string("["), task.substr(0, task.size() - 60) + "]}",
        std::string(R"({"clearSystemId": "noc", "clearUserId": "eve",
                     "alarmClearedTime": "2026-03-14T12:00:00Z", "alarmPattern": [{}]})")})
    EXPECT_EQ(ask("POST", "clearAlarms", "", body).status, 400U) << body;
}

TEST_F(Tmf642Test, OtherMethodsAreNotOffered) {
  EXPECT_EQ(ask("PUT", "alarm", "7", "{}").status, 405U);
  EXPECT_EQ(ask("DELETE", "clearAlarms", "7").status, 405U);
}

TEST_F(Tmf642Test, WhatIsOnSurvivesARestartAndKeepsItsId) {
  const std::string id = id_of(post(alarm()));
  told_.clear();
  open();
  EXPECT_THAT(told_, ElementsAre("power"));
  EXPECT_EQ(id_of(post(alarm())), id);
  EXPECT_NE(id_of(post(alarm("s-2"))), id);
}

TEST_F(Tmf642Test, ABurstIsTakenUpToTheLimit) {
  open({.open = 1000, .document_bytes = 64 << 20, .cleared = 100});
  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(post(alarm("s-1", fmt::format(R"(, "externalAlarmId": "{}")", i))).status, 201U);
  EXPECT_EQ(post(alarm("s-1", R"(, "externalAlarmId": "one more")")).status, 503U);
  EXPECT_EQ(desk_->open(), 1000U);
  const std::string all =
      R"({"clearSystemId": "noc", "clearUserId": "eve", "alarmClearedTime": "2026-03-14T12:00:00Z",
                              "alarmPattern": [{"sourceSystemId": "ems-1"}]})";
  EXPECT_EQ(ask("POST", "clearAlarms", "", all).status, 201U);
  EXPECT_EQ(desk_->open(), 0U);
  EXPECT_EQ(desk_->all(Source::tmf642).size(), 100U);
}

}  // namespace
}  // namespace faultline::alarms
