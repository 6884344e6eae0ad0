// The API's answers, without a socket: a request goes through the router to the handlers over the fake
// backend.
#include "rules/model/time_text.h"
#include "tests/unit/daemon_http/fake_backend.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace faultline::http {
namespace {

namespace json = boost::json;

class ApiTest : public testing::Test {
 protected:
  ApiTest() { add_api_routes(router, backend); }

  HttpResponse ask(Method method, std::string path, Query query = {}, std::string body = "",
                   std::string content_type = "application/json") {
    HttpRequest request;
    request.method = method;
    request.path = std::move(path);
    request.query = std::move(query);
    request.body = std::move(body);
    request.headers = {{"content-type", std::move(content_type)}};
    request.principal = {"tester", Role::admin};
    HttpResponse answer;
    answer.status = 0;
    router.dispatch(std::move(request), [&](HttpResponse response) { answer = std::move(response); });
    return answer;
  }
  json::value get(std::string path, Query query = {}) {
    const auto answer = ask(Method::get, std::move(path), std::move(query));
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return json::parse(answer.body);
  }
  std::string refusal(std::string path, Query query, unsigned status = 400) {
    const auto answer = ask(Method::get, std::move(path), std::move(query));
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.content_type, "application/problem+json");
    return std::string(json::parse(answer.body).at("detail").as_string());
  }
  std::vector<std::string> names(const json::value& page) {
    std::vector<std::string> found;
    for (const auto& item : page.at("items").as_array()) found.emplace_back(item.at("name").as_string());
    return found;
  }

  FakeBackend backend;
  Router router;
};

TEST_F(ApiTest, ListsEndpointsPageByPage) {
  const auto first = get("/api/v1/endpoints", {{"limit", "2"}});
  EXPECT_THAT(names(first), testing::ElementsAre("cell-1", "cell-2"));
  const auto second =
      get("/api/v1/endpoints", {{"limit", "2"}, {"cursor", std::string(first.at("next").as_string())}});
  EXPECT_THAT(names(second), testing::ElementsAre("olt 3/<port>"));
  EXPECT_TRUE(second.at("next").is_null());
}

TEST_F(ApiTest, FiltersEndpoints) {
  EXPECT_THAT(names(get("/api/v1/endpoints", {{"state", "bad"}})), testing::ElementsAre("cell-1"));
  EXPECT_THAT(names(get("/api/v1/endpoints", {{"technology", "gpon"}})),
              testing::ElementsAre("olt 3/<port>"));
  EXPECT_THAT(names(get("/api/v1/endpoints", {{"below", "agg-7"}})),
              testing::ElementsAre("cell-1", "cell-2"));
  EXPECT_THAT(names(get("/api/v1/endpoints", {{"below", "agg-7"}, {"state", "ok"}})),
              testing::ElementsAre("cell-2"));
}

TEST_F(ApiTest, SaysWhatIsWrongWithAParameter) {
  EXPECT_EQ(refusal("/api/v1/endpoints", {{"state", "sick"}}),
            "state: expected one of unknown, ok, suspect, bad, flapping, masked, got \"sick\"");
  EXPECT_EQ(refusal("/api/v1/endpoints", {{"limit", "0"}}),
            "limit: expected a number from 1 to 1000, got \"0\"");
  EXPECT_EQ(refusal("/api/v1/endpoints", {{"limit", "10x"}}),
            "limit: expected a number from 1 to 1000, got \"10x\"");
  EXPECT_EQ(refusal("/api/v1/endpoints", {{"below", "x"}}), "below: there is no node \"x\"");
  EXPECT_EQ(refusal("/api/v1/endpoints", {{"colour", "red"}}),
            "query parameter \"colour\": expected state, technology, below, limit, cursor");
  EXPECT_EQ(refusal("/api/v1/incidents", {{"since", "yesterday"}}),
            "since: expected a time as 2026-11-24T02:00:00Z, got \"yesterday\"");
  // A list that began anew instead would be read round and round. No database has that many rows.
  for (const char* list : {"degradations", "incidents", "complaints", "tickets", "events"})
    for (const char* cursor : {"-1", "next", "9223372036854775808"})
      EXPECT_EQ(refusal(std::string("/api/v1/") + list, {{"cursor", cursor}}),
                "cursor: expected the \"next\" of an earlier answer")
          << list << " " << cursor;
}

TEST_F(ApiTest, ShowsAnEndpointWithItsLatestRounds) {
  const auto shown = get("/api/v1/endpoints/cell-1");
  EXPECT_EQ(shown.at("address").as_string(), "192.0.2.1");
  EXPECT_EQ(shown.at("health").at("state").as_string(), "bad");
  EXPECT_EQ(shown.at("health").at("respects"), json::parse(R"(["loss"])"));
  EXPECT_EQ(shown.at("rounds").at(0).at("packets").at("lost").as_int64(), 4);
  EXPECT_EQ(json::serialize(shown.at("rounds").at(0).at("rtt_ms").at("median")), "1.23E1");
  EXPECT_TRUE(shown.at("rounds").at(0).at("rtt_ms").at("ipdv").is_null());
  EXPECT_EQ(shown.at("rounds").at(1).at("values").at("rsrp_dbm").as_double(), -101.5);
  EXPECT_TRUE(shown.at("rounds").at(1).at("packets").is_null());
}

TEST_F(ApiTest, AnswersUnknownThingsWith404) {
  EXPECT_EQ(refusal("/api/v1/endpoints/cell-99", {}, 404), "there is no endpoint \"cell-99\"");
  EXPECT_EQ(refusal("/api/v1/incidents/FL-8", {}, 404), "there is no incident \"FL-8\"");
  EXPECT_EQ(refusal("/api/v1/incidents/seven", {}, 404),
            "there is no incident \"seven\"; expected FL-<number>");
  EXPECT_EQ(refusal("/api/v1/tickets/x", {}, 404), "there is no ticket \"x\"");
}

TEST_F(ApiTest, ListsDegradations) {
  const auto page = get("/api/v1/degradations");
  EXPECT_EQ(page.at("items").at(0).at("endpoint").as_string(), "cell-1");
  EXPECT_EQ(page.at("items").at(0).at("onset").as_string(), "2026-11-24T10:00:00.000Z");
  EXPECT_TRUE(page.at("items").at(0).at("ended").is_null());
}

TEST_F(ApiTest, ListsIncidentsByState) {
  get("/api/v1/incidents", {{"state", "open"}, {"since", "2026-11-24T09:00:00Z"}, {"limit", "5"}});
  EXPECT_EQ(backend.last_incident_query_.state, IncidentState::open);
  EXPECT_EQ(backend.last_incident_query_.page.limit, 5U);
  EXPECT_EQ(backend.last_incident_query_.since, parse_rfc3339("2026-11-24T09:00:00Z"));
  get("/api/v1/incidents", {{"state", "all"}});
  EXPECT_TRUE(backend.last_incident_query_.all);
  EXPECT_FALSE(backend.last_incident_query_.state);
}

TEST_F(ApiTest, ShowsWhyOnRequestOnly) {
  const auto plain = get("/api/v1/incidents/FL-7");
  EXPECT_EQ(plain.at("place").at("name").as_string(), "agg-7");
  EXPECT_EQ(plain.at("likely_cause").at("cause").as_string(), "transport");
  EXPECT_EQ(plain.at("affected_endpoints"), json::parse(R"(["cell-1","cell-2"])"));
  EXPECT_FALSE(plain.as_object().contains("why"));
  const auto why = get("/api/v1/incidents/7", {{"why", "1"}}).at("why");
  EXPECT_EQ(why.at("evidence").at(0).at("nats").as_double(), 12.5);
  EXPECT_EQ(why.at("alternatives").at(0).at("text").as_string(), "site-1 explains less");
  EXPECT_EQ(why.at("causes").at(0).at("reasons").at(0).as_string(), "all below agg-7 lost at once");
  const auto& argument = why.at("argument");
  EXPECT_EQ(argument.at("at").as_string(), "2026-11-24T10:00:20.000Z");
  EXPECT_EQ(argument.at("groups").at(0), json::parse(R"({"name":"site-1","bad":1,"good":1,"unmeasured":0})"));
  EXPECT_EQ(argument.at("explanations").at(0).at("what").as_string(), "aggregation agg-7");
  EXPECT_EQ(argument.at("would_change").at(0).at("kind").as_string(), "cause");
}

TEST_F(ApiTest, AnIncidentOfAnOlderStoreHasNoArgument) {
  backend.incidents_.front().incident.argument.reset();
  EXPECT_TRUE(get("/api/v1/incidents/7", {{"why", "1"}}).at("why").at("argument").is_null());
}

TEST_F(ApiTest, ListsWhatIsSuspectedOfTheInventory) {
  const auto found = get("/api/v1/inventory-suspects");
  const auto& one = found.at("items").at(0);
  EXPECT_EQ(one.at("endpoint").as_string(), "cell-1");
  EXPECT_EQ(one.at("entered_below"), json::parse(R"(["site-1"])"));
  EXPECT_EQ(one.at("incidents"), json::parse(R"(["FL-3","FL-7"])"));
  EXPECT_NEAR(one.at("probability").as_double(), 310.5 / 311.5, 1e-9);
  EXPECT_EQ(found.at("wrong_edge_ratio").at("members").to_number<int>(), 350);
  EXPECT_EQ(refusal("/api/v1/inventory-suspects", {{"limit", "1"}}),
            "query parameter \"limit\": expected none");
}

TEST_F(ApiTest, HandsComplaintsThroughUntouched) {
  const auto answer = ask(Method::post, "/api/v1/complaints", {}, R"({"id":"c-2"})");
  EXPECT_EQ(answer.status, 201U);
  EXPECT_THAT(backend.submitted_, testing::ElementsAre(R"({"id":"c-2"})"));
  EXPECT_EQ(backend.last_principal_, "tester");
}

TEST_F(ApiTest, RefusesBodiesThatAreNoJson) {
  EXPECT_EQ(ask(Method::post, "/api/v1/complaints", {}, "id=1", "application/x-www-form-urlencoded").status,
            415U);
  EXPECT_EQ(ask(Method::post, "/api/v1/maintenance", {}, "{}", "text/plain").status, 415U);
  EXPECT_EQ(ask(Method::post, "/api/v1/complaints", {}, "{}", "Application/JSON; charset=utf-8").status,
            201U);
  EXPECT_THAT(backend.submitted_, testing::SizeIs(1));
}

TEST_F(ApiTest, ComplaintsAreListedWithoutTheirCustomers) {
  const auto item = get("/api/v1/complaints").at("items").at(0).as_object();
  EXPECT_EQ(item.at("incident").as_string(), "FL-7");
  EXPECT_FALSE(item.contains("customer"));
  EXPECT_FALSE(item.contains("text"));
}

TEST_F(ApiTest, ServesTheTicketBook) {
  EXPECT_EQ(get("/api/v1/tickets/FL-7").at("status").as_string(), "acknowledged");
  EXPECT_EQ(get("/api/v1/tickets").at("next").as_string(), "1");
  const std::string book = "/tmf-api/troubleTicket/v5/troubleTicket";
  EXPECT_THAT(ask(Method::get, book).headers, testing::Contains(testing::Pair("X-Total-Count", "1")));
  EXPECT_EQ(ask(Method::get, book + "/none").status, 404U);
  EXPECT_THAT(ask(Method::patch, book + "/FL-7", {}, "{}", "application/merge-patch+json").body,
              testing::HasSubstr("inProgress"));
  EXPECT_EQ(ask(Method::post, book).status, 405U);
}

TEST_F(ApiTest, AddsAndDeletesMaintenance) {
  const auto added =
      ask(Method::post, "/api/v1/maintenance", {},
          R"({"target":"agg-7","begins":"2026-11-24T02:00:00+01:00","ends":"2026-11-24T04:00:00Z"})");
  EXPECT_EQ(added.status, 201U) << added.body;
  EXPECT_EQ(json::parse(added.body).at("begins").as_string(), "2026-11-24T01:00:00.000Z");
  EXPECT_EQ(get("/api/v1/maintenance").at("items").as_array().size(), 2U);
  EXPECT_EQ(ask(Method::del, "/api/v1/maintenance/m-2").status, 204U);
  EXPECT_EQ(ask(Method::del, "/api/v1/maintenance/m-2").status, 404U);
  EXPECT_EQ(ask(Method::del, "/api/v1/maintenance/m-1").status, 409U);
}

TEST_F(ApiTest, SaysWhatIsWrongWithAWindow) {
  const auto detail = [&](const std::string& body) {
    const auto answer = ask(Method::post, "/api/v1/maintenance", {}, body);
    EXPECT_EQ(answer.status, 422U);
    return std::string(json::parse(answer.body).at("detail").as_string());
  };
  const std::string times = R"("begins":"2026-11-24T02:00:00Z","ends":"2026-11-24T04:00:00Z")";
  EXPECT_EQ(detail("[]"), "body: expected a JSON object {id, target, begins, ends, reason}");
  EXPECT_EQ(detail("{"), "body: expected a JSON object {id, target, begins, ends, reason}");
  EXPECT_EQ(detail("{" + times + "}"), "/target: missing");
  EXPECT_EQ(detail(R"({"target":7,)" + times + "}"), "/target: expected a text of at most 500 bytes");
  EXPECT_EQ(detail(R"({"target":"a","begins":"tomorrow"})"),
            "/begins: expected a time as 2026-11-24T02:00:00Z");
  EXPECT_EQ(detail(R"({"target":"a","until":"x"})"),
            "/until: unknown; expected id, target, begins, ends or reason");
  EXPECT_EQ(detail(R"({"target":"a","begins":"2026-11-24T02:00:00Z","ends":"2026-11-24T02:00:00Z"})"),
            "/ends: expected a time after /begins");
  EXPECT_EQ(detail(R"({"target":"nowhere",)" + times + "}"),
            "target: there is no node or endpoint \"nowhere\"");
}

TEST_F(ApiTest, ShowsHistoryOfADayUnlessToldOtherwise) {
  const auto shown = get("/api/v1/history", {{"endpoint", "cell-1"}, {"metric", "loss_ratio"}});
  EXPECT_EQ(shown.at("from").as_string(), "2026-11-23T10:01:00.000Z");
  EXPECT_EQ(shown.at("to").as_string(), "2026-11-24T10:01:00.000Z");
  EXPECT_EQ(shown.at("points").at(0).at("mean").as_double(), 0.25);
  EXPECT_EQ(refusal("/api/v1/history", {{"metric", "loss_ratio"}}), "endpoint: missing");
  EXPECT_EQ(refusal("/api/v1/history", {{"endpoint", "cell-1"}}), "metric: missing");
  EXPECT_THAT(refusal("/api/v1/history", {{"endpoint", "cell-1"}, {"metric", "x"}}),
              testing::StartsWith("metric: expected one of loss_ratio, rtt_ms"));
  EXPECT_EQ(refusal("/api/v1/history",
                    {{"endpoint", "cell-1"}, {"metric", "rtt_ms"}, {"from", "2027-01-01T00:00:00Z"}}),
            "from: expected a time before to");
}

TEST_F(ApiTest, PassesEventFiltersOn) {
  const auto page = get("/api/v1/events", {{"subject", "FL-7"}, {"since", "2026-11-24T00:00:00Z"}});
  EXPECT_EQ(page.at("items").at(0).at("kind").as_string(), "incident.opened");
  EXPECT_EQ(backend.last_event_query_.subject, "FL-7");
}

TEST_F(ApiTest, ReloadSaysWhatChangedOrWhatIsWrong) {
  EXPECT_EQ(ask(Method::post, "/-/reload").body, R"({"changed":"2 endpoints added"})");
  backend.reload_error_ = Error{"faultline.yaml:3:1: bad"};
  const auto refused = ask(Method::post, "/-/reload");
  EXPECT_EQ(refused.status, 422U);
  EXPECT_EQ(json::parse(refused.body).at("detail").as_string(), "faultline.yaml:3:1: bad");
}

TEST_F(ApiTest, ReadyTellsWhyNot) {
  EXPECT_EQ(ask(Method::get, "/-/ready").status, 200U);
  backend.status_.not_ready = {"the database is locked"};
  const auto answer = ask(Method::get, "/-/ready");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.body, R"({"ready":false,"reasons":["the database is locked"]})");
  EXPECT_EQ(ask(Method::get, "/-/healthy").status, 200U);
}

TEST_F(ApiTest, AStoreInTroubleIsA503) {
  backend.store_error_ = Error{"the database is locked"};
  EXPECT_EQ(refusal("/api/v1/incidents", {}, 503), "the database is locked");
  const auto page = ask(Method::get, "/");
  EXPECT_EQ(page.status, 200U);
  EXPECT_THAT(page.body, testing::HasSubstr("Incidents cannot be shown: the database is locked"));
}

TEST_F(ApiTest, ListsForecastsByKindAndPage) {
  const auto all = get("/api/v1/forecast");
  ASSERT_EQ(all.at("items").as_array().size(), 2U);
  const auto& dims = all.at("items").at(0);
  EXPECT_EQ(dims.at("endpoint").as_string(), "olt 3/<port>");
  EXPECT_EQ(dims.at("metric").as_string(), "optical_rx_dbm");
  EXPECT_EQ(dims.at("limit").to_number<double>(), -27);
  EXPECT_EQ(dims.at("soonest_days").to_number<double>(), 15);
  EXPECT_EQ(dims.at("text").as_string(), "crosses -27 dBm in 24 d (80 %: 15-41)");
  EXPECT_TRUE(all.at("items").at(1).at("days").is_null()) << "it crosses nothing";
  const auto first = get("/api/v1/forecast", {{"limit", "1"}});
  EXPECT_EQ(first.at("items").as_array().size(), 1U);
  const auto second = get("/api/v1/forecast", {{"cursor", std::string(first.at("next").as_string())}});
  EXPECT_EQ(second.at("items").at(0).at("kind").as_string(), "slow_degradation");
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_EQ(get("/api/v1/forecast", {{"kind", "slow_degradation"}}).at("items").as_array().size(), 1U);
  EXPECT_EQ(refusal("/api/v1/forecast", {{"kind", "doom"}}),
            "kind: expected one of crossing, slow_degradation, baseline_shift, got \"doom\"");
}

TEST_F(ApiTest, ShowsCapacityRiskAndHints) {
  const auto advice = get("/api/v1/advice");
  EXPECT_EQ(advice.at("made").as_string(), "2026-11-24T10:00:00.000Z");
  EXPECT_EQ(advice.at("capacity").at(0).at("congestion_index").to_number<double>(), 0.5);
  EXPECT_EQ(advice.at("risk").at(0).at("endpoint").as_string(), "cell-2");
  EXPECT_EQ(advice.at("risk").at(0).at("reasons").at(0).at("factor").as_string(), "falls_28d");
  EXPECT_EQ(advice.at("hints").at(0).at("endpoint").as_string(), "cell-1");
  EXPECT_TRUE(advice.at("hints").at(0).at("node").is_null());
  EXPECT_EQ(advice.at("hints").at(1).at("node").as_string(), "site-1");
  EXPECT_EQ(get("/api/v1/advice", {{"limit", "1"}}).at("hints").as_array().size(), 1U);
  backend.store_error_ = Error{"the disk is full"};
  EXPECT_EQ(refusal("/api/v1/advice", {}, 503), "the disk is full");
  EXPECT_EQ(refusal("/api/v1/forecast", {}, 503), "the disk is full");
}

TEST_F(ApiTest, ShowsUsageByAreaAndHourOfTheWeek) {
  const auto all = get("/api/v1/usage");
  ASSERT_EQ(all.at("items").as_array().size(), 2U) << "agg-7 and site-1";
  const auto one = get("/api/v1/usage", {{"area", "site-1"}}).at("items").at(0);
  EXPECT_EQ(one.at("area").as_string(), "site-1");
  EXPECT_EQ(one.at("busiest").at("day").as_string(), "weekend");
  EXPECT_EQ(one.at("busiest").at("hour").to_number<int>(), 20);
  EXPECT_EQ(one.at("weekend").as_array().size(), 24U);
  EXPECT_EQ(one.at("weekend").at(20).at("complaints").to_number<int>(), 3);
  EXPECT_TRUE(one.at("working_day").at(20).at("traffic_bps").is_null());
  EXPECT_EQ(refusal("/api/v1/usage", {{"area", "cell-1"}}),
            "area: there is no aggregation, site, OLT, CMTS or DSLAM called \"cell-1\"");
  const auto page = get("/api/v1/usage", {{"limit", "1"}});
  EXPECT_EQ(page.at("items").at(0).at("area").as_string(), "agg-7");
  EXPECT_FALSE(page.at("next").is_null());
}

}  // namespace
}  // namespace faultline::http
