#include "daemon/tickets/webhook.h"

#include "tests/unit/daemon_tickets/sample.h"
#include "tests/unit/daemon_tickets/scripted_server.h"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::tickets {
namespace {

using testing::HasSubstr;

std::string answer(const std::string& status, const std::string& more = {}, const std::string& body = {}) {
  return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

const TicketMessage kMessage{"FL-7", "FL-7/2", "updated", kStart, R"({"id":"FL-7","n":0.97})", "a note"};

class Webhook : public testing::Test {
 protected:
  std::unique_ptr<TicketConnector> make(const std::string& url,
                                        std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    WebhookSettings settings{"noc", url, "secret", ca_file_, deadline, 1000};
    auto made = make_webhook(io_, settings, [] { return kStart; });
    EXPECT_TRUE(made);
    return made ? std::move(*made) : nullptr;
  }
  DeliveryResult post(TicketConnector& connector) {
    std::optional<DeliveryResult> got;
    connector.update(kMessage, [&](DeliveryResult result) { got = std::move(result); });
    EXPECT_FALSE(got) << "never called back from inside the call";
    io_.restart();
    io_.run();
    EXPECT_TRUE(got);
    return got.value_or(DeliveryResult{});
  }
  // One call against a server with one step.
  DeliveryResult deliver(ServerStep step, std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    ScriptedServer server({std::move(step)});
    const auto connector = make(server.url(), deadline);
    return post(*connector);
  }

  boost::asio::io_context io_;
  std::string ca_file_;
};

TEST_F(Webhook, PostsTheEventWithItsKeyAndASignature) {
  ScriptedServer server({{.answer = answer("200 OK")}});
  const auto connector = make(server.url("/hook?x=1"));
  EXPECT_EQ(post(*connector).outcome, Delivery::done);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  const std::string& request = requests[0];
  EXPECT_TRUE(request.starts_with("POST /hook?x=1 HTTP/1.1\r\n")) << request;
  EXPECT_THAT(request, HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  EXPECT_THAT(request, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("Idempotency-Key: \"FL-7/2\"\r\n"));
  EXPECT_THAT(request, HasSubstr("X-Faultline-Event: updated\r\n"));
  const std::string body = request.substr(request.find("\r\n\r\n") + 4);
  EXPECT_EQ(
      body,
      R"({"@type":"FaultlineTicketEvent","event":"updated","operation":"update",)"
      R"("eventTime":"2026-03-14T12:00:00.000Z","key":"FL-7","idempotencyKey":"FL-7/2","note":"a note",)"
      R"("troubleTicket":{"id":"FL-7","n":0.97}})");
  EXPECT_THAT(request, HasSubstr("X-Faultline-Signature: " + sign("secret", kStart, body) + "\r\n"));
}

TEST(WebhookSignature, IsTheHmacOfTimeAndBody) {
  // printf '1773489600.{}' | openssl dgst -sha256 -hmac key
  EXPECT_EQ(sign("key", kStart, "{}"),
            "t=1773489600,v1=9ac08bfefc85df487fb71296087d962bd90edf0f99ed54d5bb3967d4e499278d");
}

TEST_F(Webhook, ClassifiesEveryStatus) {
  struct Case {
    std::string answer;
    Delivery outcome;
    std::optional<Duration> retry_after;
  };
  const Case cases[] = {
      {answer("200 OK"), Delivery::done, {}},
      {answer("202 Accepted", {}, "{}"), Delivery::done, {}},
      {"HTTP/1.1 204 No Content\r\n\r\n", Delivery::done, {}},
      {"HTTP/1.1 100 Continue\r\n\r\n" + answer("201 Created"), Delivery::done, {}},
      {answer("301 Moved", "Location: /x\r\n"), Delivery::retry_later, {}},
      {answer("400 Bad Request", {}, "no such field"), Delivery::rejected, {}},
      {answer("401 Unauthorized"), Delivery::retry_later, {}},
      {answer("404 Not Found"), Delivery::retry_later, {}},
      {answer("422 Unprocessable"), Delivery::rejected, {}},
      {answer("408 Request Timeout"), Delivery::retry_later, {}},
      {answer("429 Too Many", "Retry-After: 120\r\n"), Delivery::retry_later, std::chrono::seconds(120)},
      {answer("429 Too Many", "Retry-After: soon\r\n"), Delivery::retry_later, {}},
      {answer("503 Busy", "Retry-After: Sat, 14 Mar 2026 12:01:30 GMT\r\n"), Delivery::retry_later,
       std::chrono::seconds(90)},
      {answer("500 Oops"), Delivery::retry_later, {}},
  };
  for (const Case& c : cases) {
    const DeliveryResult got = deliver({.answer = c.answer});
    EXPECT_EQ(name(got.outcome), name(c.outcome)) << c.answer;
    EXPECT_EQ(got.retry_after, c.retry_after) << c.answer;
  }
}

TEST_F(Webhook, QuotesTheReasonOfARejectionOnOneLine) {
  const DeliveryResult got = deliver({.answer = answer("400 Bad Request", {}, "no\r\nsuch field\x01")});
  EXPECT_THAT(got.reason, HasSubstr("HTTP 400 from 127.0.0.1"));
  EXPECT_THAT(got.reason, HasSubstr(": no  such field "));
}

TEST_F(Webhook, CallsWhatIsUnclearUnknown) {
  const std::pair<const char*, ServerStep> cases[] = {
      {"garbage", {.answer = "\x16\x03\x01 what?\r\n\r\n"}},
      {"closed without a word", {.answer = ""}},
      {"half a header", {.answer = "HTTP/1.1 200 O"}},
      {"half-closed", {.close_half = true}},
      {"an endless header", {.answer = "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x')}},
      {"an interim answer without end",
       {.answer =
            [] {
              std::string all;
              for (int i = 0; i < 20; ++i) all += "HTTP/1.1 102 Processing\r\n\r\n";
              return all;
            }()}},
  };
  for (const auto& [what, step] : cases) EXPECT_EQ(name(deliver(step).outcome), "unknown") << what;
}

TEST_F(Webhook, GivesUpASilentServerAtTheDeadline) {
  const DeliveryResult got = deliver({.stay_silent = true}, std::chrono::milliseconds(300));
  EXPECT_EQ(got.outcome, Delivery::unknown);
  EXPECT_THAT(got.reason, HasSubstr("time-out"));
}

TEST_F(Webhook, TakesTheStatusWhateverBecomesOfTheBody) {
  const std::string cut = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf";
  EXPECT_EQ(deliver({.answer = cut}).outcome, Delivery::done);
  EXPECT_EQ(deliver({.answer = cut, .stay_silent = true}, std::chrono::milliseconds(300)).outcome,
            Delivery::done);
  EXPECT_EQ(deliver({.answer = answer("200 OK", {}, std::string(50'000, 'x'))}).outcome, Delivery::done);
  EXPECT_EQ(deliver({.answer = answer("400 No", {}, std::string(50'000, 'x'))}).outcome, Delivery::rejected);
}

TEST_F(Webhook, RetriesWhenNobodyListens) {
  std::string url;
  {
    const std::vector<ServerStep> no_steps;
    ScriptedServer gone(no_steps);
    url = gone.url();
  }
  const auto connector = make(url);
  EXPECT_EQ(post(*connector).outcome, Delivery::retry_later);
}

TEST_F(Webhook, SpeaksTlsAndChecksTheCertificate) {
  ScriptedServer server({{.answer = answer("200 OK")}}, ScriptedServer::Security::tls);
  ca_file_ = server.ca_file();
  const auto connector = make(server.url());
  const DeliveryResult got = post(*connector);
  EXPECT_EQ(got.outcome, Delivery::done) << got.reason;
  ASSERT_EQ(server.requests().size(), 1U);
}

TEST_F(Webhook, SendsNothingToAServerThatItDoesNotTrust) {
  ScriptedServer server({{.answer = answer("200 OK")}}, ScriptedServer::Security::tls);
  const auto connector = make(server.url());
  const DeliveryResult got = post(*connector);
  EXPECT_EQ(got.outcome, Delivery::retry_later) << "an operator may mend it, and nothing was sent";
  EXPECT_THAT(got.reason, HasSubstr("TLS handshake"));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Webhook, SelfCheckConnectsAndSaysNothing) {
  ScriptedServer server({{.answer = answer("200 OK")}});
  const auto connector = make(server.url());
  std::optional<Delivery> got;
  connector->self_check([&](const DeliveryResult& result) { got = result.outcome; });
  io_.run();
  EXPECT_EQ(got, Delivery::done);
  EXPECT_THAT(server.requests(), testing::Each(testing::IsEmpty()));
}

TEST_F(Webhook, CallsNobodyBackAfterStop) {
  const ServerStep silent{.stay_silent = true};
  ScriptedServer server(std::vector<ServerStep>{silent});
  const auto connector = make(server.url());
  bool called = false;
  connector->update(kMessage, [&](const DeliveryResult&) { called = true; });
  io_.run_one();
  connector->stop();
  io_.run();
  EXPECT_FALSE(called);
}

TEST_F(Webhook, SendsNothingAfterStop) {
  ScriptedServer server({{.answer = answer("200 OK")}});
  const auto connector = make(server.url());
  connector->update(kMessage, [](const DeliveryResult&) {});
  connector->stop();
  io_.run();
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Webhook, SaysThatItCannotBeSearched) {
  const auto connector = make("http://127.0.0.1:1/");
  EXPECT_FALSE(connector->can_search());
  Delivery got = Delivery::done;
  connector->find("FL-1", [&](const FindResult& found) { got = found.call.outcome; });
  EXPECT_EQ(got, Delivery::rejected);
}

TEST(WebhookUrl, IsReadStrictly) {
  const auto plain = parse_url("http://noc.example/hook?x=1");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->target, "/hook?x=1");
  EXPECT_EQ(plain->host_header(), "noc.example");
  const auto v6 = parse_url("https://[::1]:8443?x");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->host_header(), "[::1]:8443");
  EXPECT_EQ(v6->target, "/?x");
  for (const char* bad :
       {"", "noc.example", "ftp://x/", "http://", "http://:80/", "http://a:0/", "http://a:65536/",
        "http://a:b/", "http://a b/", "http://u:p@a/", "http://a/#x", "http://[::1/", "http://a/\r\nX: y"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

TEST(WebhookUrl, DoesNotRepeatAPasswordInItsError) {
  const auto bad = parse_url("http://ann:hunter2@noc.example/");
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, testing::Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace faultline::tickets
