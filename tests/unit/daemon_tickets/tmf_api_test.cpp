#include "daemon/tickets/tmf_api.h"

#include "daemon/tickets/book.h"
#include "daemon/tickets/tmf_patch.h"
#include "tests/unit/daemon_tickets/sample.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::tickets {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;
using Query = std::map<std::string, std::string, std::less<>>;

std::string header(const TmfAnswer& answer, std::string_view field) {
  for (const auto& [key, value] : answer.headers)
    if (key == field) return value;
  return "";
}

class TmfApi : public testing::Test {
 protected:
  TmfApi() {
    for (IncidentNumber number = 1; number <= 5; ++number) {
      Incident incident = sample_incident(*topology_);
      incident.number = number;
      const auto d = draft(incident, *topology_, IncidentEvent::opened, "it is bad",
                           kStart + std::chrono::minutes(number));
      auto written = store_->write_now([&](store::Database& db) -> Result<void> {
        auto told = tell(db, d, {});
        if (!told) return tl::make_unexpected(told.error());
        return {};
      });
      EXPECT_TRUE(written);
    }
  }
  TmfAnswer ask(const std::string& method, const std::string& id, Query query = {},
                const std::string& body = {},
                const std::string& content_type = "application/merge-patch+json") {
    TmfAnswer answer;
    auto done = store_->write_now([&](store::Database& db) -> Result<void> {
      answer = handle({method, id, std::move(query), content_type, body, "ann"}, db,
                      kStart + std::chrono::hours(1));
      return {};
    });
    EXPECT_TRUE(done);
    return answer;
  }
  TmfAnswer patch_one(const std::string& body) { return ask("PATCH", "FL-1", {}, body); }
  static std::vector<std::string> ids(const TmfAnswer& answer) {
    std::vector<std::string> found;
    const json::value list = json::parse(answer.body);
    for (const auto& ticket : list.as_array()) found.emplace_back(ticket.at("id").as_string());
    return found;
  }

  store::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_ = store::open_store(directory_ / "book.db");
  std::shared_ptr<const Topology> topology_ = store::make_topology(3);
};

TEST_F(TmfApi, ListsNewestFirstWithCounts) {
  const TmfAnswer answer = ask("GET", "", {{"limit", "2"}, {"offset", "1"}});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(ids(answer), (std::vector<std::string>{"FL-4", "FL-3"}));
  EXPECT_EQ(header(answer, "X-Total-Count"), "5");
  EXPECT_EQ(header(answer, "X-Result-Count"), "2");
}

TEST_F(TmfApi, FiltersByStatusAndExternalIdentifier) {
  patch_one(R"({"@type":"TroubleTicket","status":"held"})");
  EXPECT_EQ(ids(ask("GET", "", {{"status", "held"}})), (std::vector<std::string>{"FL-1"}));
  EXPECT_EQ(ids(ask("GET", "", {{"status", "held,acknowledged"}})).size(), 5U);
  EXPECT_EQ(ids(ask("GET", "", {{"externalIdentifier", "FL-2,FL-5,FL-99"}})),
            (std::vector<std::string>{"FL-5", "FL-2"}));
  const TmfAnswer both = ask("GET", "", {{"externalIdentifier.id", "FL-1,FL-2"}, {"status", "held"}});
  EXPECT_EQ(ids(both), (std::vector<std::string>{"FL-1"}));
  EXPECT_EQ(header(both, "X-Total-Count"), "1");
  EXPECT_EQ(ask("GET", "", {{"externalIdentifier", "FL-99"}}).body, "[]");
}

TEST_F(TmfApi, GivesTheFieldsAskedForAndTheIdentity) {
  const json::object part = json::parse(ask("GET", "FL-2", {{"fields", "status,name"}}).body).as_object();
  EXPECT_EQ(part.size(), 5U);
  EXPECT_EQ(part.at("id").as_string(), "FL-2");
  EXPECT_TRUE(part.contains("@type") && part.contains("href") && part.contains("status") &&
              part.contains("name"));
  EXPECT_THAT(ask("GET", "", {{"fields", "id"}}).body, Not(HasSubstr("description")));
}

TEST_F(TmfApi, RefusesQueriesThatItWouldAnswerWrongly) {
  const std::vector<std::pair<Query, const char*>> cases = {
      {{{"sort", "-creationDate"}}, "sort: this filter is not offered"},
      {{{"limit", "-1"}}, "limit: expected"},
      {{{"limit", "1001"}}, "limit: expected"},
      {{{"limit", "ten"}}, "limit: expected"},
      {{{"offset", "1.5"}}, "offset: expected"},
      {{{"status", "open"}}, "\"open\" is none of acknowledged, rejected"},
  };
  for (const auto& [query, reason] : cases) {
    const TmfAnswer answer = ask("GET", "", query);
    EXPECT_EQ(answer.status, 400U) << reason;
    const json::object body = json::parse(answer.body).as_object();
    EXPECT_THAT(std::string(body.at("reason").as_string()), HasSubstr(reason));
    EXPECT_EQ(body.at("@type").as_string(), "Error");
    EXPECT_EQ(body.at("status").as_string(), "400");
    EXPECT_TRUE(body.contains("code"));
  }
}

TEST_F(TmfApi, SaysWhatIsNotThereAndWhatIsNotAllowed) {
  EXPECT_EQ(ask("GET", "FL-99").status, 404U);
  EXPECT_EQ(ask("PATCH", "FL-99", {}, R"({"@type":"TroubleTicket"})").status, 404U);
  const TmfAnswer post = ask("POST", "", {}, "{}");
  EXPECT_EQ(post.status, 405U);
  EXPECT_EQ(header(post, "Allow"), "GET, HEAD");
  EXPECT_EQ(ask("PATCH", "").status, 405U);
  const TmfAnswer remove = ask("DELETE", "FL-1");
  EXPECT_EQ(remove.status, 405U);
  EXPECT_EQ(header(remove, "Allow"), "GET, HEAD, PATCH");
  EXPECT_EQ(ask("PATCH", "FL-1", {}, "{}", "text/plain").status, 415U);
  EXPECT_EQ(
      ask("PATCH", "FL-1", {}, R"({"@type":"TroubleTicket"})", "Application/JSON; charset=utf-8").status,
      200U);
}

TEST_F(TmfApi, PatchesStatusAndNotesAndKeepsThem) {
  const TmfAnswer answer = patch_one(
      R"({"@type":"TroubleTicket","status":"pending","statusChangeReason":"waiting for a permit",
          "note":[{"@type":"Note","text":"crew booked"}]})");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(answer.changed_id, "FL-1");
  EXPECT_EQ(answer.change_text, "status acknowledged → pending, 1 note");
  const json::object now = json::parse(ask("GET", "FL-1").body).as_object();
  EXPECT_EQ(now.at("status").as_string(), "pending");
  EXPECT_EQ(now.at("statusChangeReason").as_string(), "waiting for a permit");
  EXPECT_EQ(now.at("lastUpdate").as_string(), "2026-03-14T13:00:00.000Z");
  const json::array& notes = now.at("note").as_array();
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[1].at("author").as_string(), "ann");
  EXPECT_EQ(notes[1].at("id").as_string(), "2");
  EXPECT_EQ(now.at("statusChangeHistory").as_array().size(), 2U);
}

TEST_F(TmfApi, LosesNoNoteWhenAClientSendsTheArrayWhole) {
  patch_one(R"({"@type":"TroubleTicket","note":[{"@type":"Note","text":"mine"}]})");
  const TmfAnswer answer = patch_one(
      R"({"@type":"TroubleTicket","note":[{"@type":"Note","id":"1","author":"faultline","text":"Opened: it is bad"},
          {"@type":"Note","text":"theirs","author":"bob"}]})");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const json::value now = json::parse(answer.body);
  const json::array& notes = now.at("note").as_array();
  ASSERT_EQ(notes.size(), 3U);
  EXPECT_EQ(notes[1].at("text").as_string(), "mine");
  EXPECT_EQ(notes[2].at("text").as_string(), "theirs");
}

TEST_F(TmfApi, RefusesBadPatchesAndChangesNothing) {
  const std::string before = ask("GET", "FL-1").body;
  const std::vector<std::tuple<std::string, unsigned, const char*>> cases = {
      {"", 400, "not JSON"},
      {"[]", 400, "not a JSON object"},
      {R"({"status":"held"})", 400, "@type is missing"},
      {R"({"@type":"Ticket","status":"held"})", 400, "@type is missing"},
      {R"({"@type":"TroubleTicket","status":"open"})", 400, "none of"},
      {R"({"@type":"TroubleTicket","status":null})", 400, "not a string"},
      {R"({"@type":"TroubleTicket","statusChangeReason":"x"})", 400, "with status only"},
      {R"({"@type":"TroubleTicket","severity":"minor","status":"held"})", 400, "severity: cannot be patched"},
      {R"({"@type":"TroubleTicket","id":"FL-1"})", 400, "id: cannot be patched"},
      {R"({"@type":"TroubleTicket","note":null})", 400, "note: not an array"},
      {R"({"@type":"TroubleTicket","note":["x"]})", 400, "note[0]: not an object"},
      {R"({"@type":"TroubleTicket","note":[{"text":"x"}]})", 400, "note[0]: @type is missing"},
      {R"({"@type":"TroubleTicket","note":[{"@type":"Note"}]})", 400, "note[0]: text"},
      {R"({"@type":"TroubleTicket","note":[{"@type":"Note","text":"x","author":"faultline"}]})", 400,
       "is kept for"},
      {R"({"@type":"TroubleTicket","note":[{"@type":"Note","id":"1","text":"changed"}]})", 409,
       "another text"},
      {R"({"@type":"TroubleTicket","note":[{"@type":"Note","text":")" + std::string(kMaxNoteBytes + 1, 'x') +
           "\"}]}",
       400, "note[0]: text"},
      {std::string(kMaxPatchBytes + 1, ' '), 413, "more than"},
      {std::string(100, '['), 400, "not JSON"},
  };
  for (const auto& [body, status, reason] : cases) {
    const TmfAnswer answer = patch_one(body);
    EXPECT_EQ(answer.status, status) << body.substr(0, 100) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(reason));
    EXPECT_TRUE(answer.changed_id.empty());
  }
  EXPECT_EQ(ask("GET", "FL-1").body, before);
}

TEST_F(TmfApi, AllowsOnlyMovesOfTheLifeCycle) {
  EXPECT_EQ(patch_one(R"({"@type":"TroubleTicket","status":"resolved"})").status, 200U);
  EXPECT_EQ(patch_one(R"({"@type":"TroubleTicket","status":"held"})").status, 409U);
  EXPECT_EQ(patch_one(R"({"@type":"TroubleTicket","status":"closed"})").status, 200U);
  EXPECT_EQ(patch_one(R"({"@type":"TroubleTicket","status":"inProgress"})").status, 409U);
  EXPECT_TRUE(patch_one(R"({"@type":"TroubleTicket","status":"closed"})").changed_id.empty());
}

TEST_F(TmfApi, SummarisesATicketForLists) {
  const auto row = store_->query_now([](store::Database& db) { return store::find_ticket(db, "FL-3"); });
  const auto s = summary(**row);
  ASSERT_TRUE(s);
  EXPECT_EQ(s->incident, 3U);
  EXPECT_EQ(s->title, "Transport fault at agg-7: 3 endpoints, 21,400 customers");
  EXPECT_EQ(s->notes, (std::vector<std::string>{"Opened: it is bad"}));
}

}  // namespace
}  // namespace faultline::tickets
