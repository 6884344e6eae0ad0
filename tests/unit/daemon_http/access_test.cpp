// Who may do what: the whole table of roles and routes, and everything else that is decided from a head.
#include "daemon/http/request_head.h"
#include "tests/unit/daemon_http/fake_backend.h"

#include <gmock/gmock.h>

#include <map>

namespace faultline::http {
namespace {

const RateLimit::Time kNow{};

struct Row {
  Method method;
  const char* route;
  const char* roles;  // that may: a = anyone, v = viewer, c = complaints, o = operator, A = admin,
                      // l = alarms
};
// The table. /metrics is daemon/metrics's and tested there.
const std::vector<Row> kTable = {
    {Method::get, "/-/healthy", "avcoAl"},
    {Method::get, "/-/ready", "avcoAl"},
    {Method::post, "/-/reload", "oA"},
    {Method::get, "/", "voA"},
    {Method::get, "/api/v1/endpoints", "voA"},
    {Method::get, "/api/v1/endpoints/{name}", "voA"},
    {Method::get, "/api/v1/degradations", "voA"},
    {Method::get, "/api/v1/incidents", "voA"},
    {Method::get, "/api/v1/incidents/{id}", "voA"},
    {Method::post, "/api/v1/complaints", "cA"},
    {Method::get, "/api/v1/complaints", "oA"},
    {Method::post, "/api/v1/alarms/alertmanager", "oAl"},
    {Method::get, "/tmf-api/alarmManagement/v4/alarm", "oAl"},
    {Method::post, "/tmf-api/alarmManagement/v4/alarm", "oAl"},
    {Method::get, "/tmf-api/alarmManagement/v4/alarm/{id}", "oAl"},
    {Method::patch, "/tmf-api/alarmManagement/v4/alarm/{id}", "oAl"},
    {Method::del, "/tmf-api/alarmManagement/v4/alarm/{id}", "oAl"},
    {Method::get, "/tmf-api/alarmManagement/v4/clearAlarms", "oAl"},
    {Method::post, "/tmf-api/alarmManagement/v4/clearAlarms", "oAl"},
    {Method::get, "/tmf-api/alarmManagement/v4/clearAlarms/{id}", "oAl"},
    {Method::get, "/api/v1/tickets", "voA"},
    {Method::get, "/api/v1/tickets/{id}", "voA"},
    {Method::get, "/tmf-api/troubleTicket/v5/troubleTicket", "voA"},
    {Method::get, "/tmf-api/troubleTicket/v5/troubleTicket/{id}", "voA"},
    {Method::patch, "/tmf-api/troubleTicket/v5/troubleTicket/{id}", "oA"},
    {Method::get, "/api/v1/maintenance", "voA"},
    {Method::post, "/api/v1/maintenance", "oA"},
    {Method::del, "/api/v1/maintenance/{id}", "oA"},
    {Method::get, "/api/v1/events", "voA"},
    {Method::get, "/api/v1/history", "voA"},
    {Method::get, "/api/v1/forecast", "voA"},
    {Method::get, "/api/v1/inventory-suspects", "voA"},
    {Method::get, "/api/v1/advice", "voA"},
    {Method::get, "/api/v1/usage", "voA"},
};

constexpr char kLetters[] = {'a', 'v', 'c', 'o', 'A', 'l'};

std::string hex(const Digest& digest) {
  std::string text;
  for (const unsigned char byte : digest) {
    text += "0123456789abcdef"[byte / 16];
    text += "0123456789abcdef"[byte % 16];
  }
  return text;
}

class AccessTest : public testing::Test {
 protected:
  AccessTest() {
    add_api_routes(router, backend);
    state.router = &router;
    state.events.refused = [this](Refusal refusal) { ++refused[refusal]; };
    with_tokens();
  }
  void with_tokens() {
    std::vector<Token> tokens;
    for (const Role role : {Role::viewer, Role::complaints, Role::operations, Role::admin, Role::alarms})
      tokens.push_back({std::string(name(role)), role, hex(sha256("secret-" + std::string(name(role))))});
    activate(tokens, 0);
  }
  void activate(const std::vector<Token>& tokens, std::size_t per_minute) {
    state.active = std::make_shared<Active>();
    state.active->tokens = TokenTable(tokens);
    state.active->rate = RateLimit(per_minute);
    state.active->hosts = {"monitor.example"};
  }
  HeadDecision judge(std::string_view method, std::string_view target, Headers headers, bool loopback = true,
                     RateLimit::Time now = kNow) {
    RawHead head;
    head.method = method;
    head.target = target;
    head.headers = std::move(headers);
    return judge_head(state, Peer{"192.0.2.9", loopback}, std::move(head), now);
  }
  // 0: let through.
  unsigned status(std::string_view method, std::string_view target, Headers headers, bool loopback = true) {
    const auto decision = judge(method, target, std::move(headers), loopback);
    return decision.refusal ? decision.refusal->status : 0;
  }

  FakeBackend backend;
  Router router;
  ServerState state;
  std::map<Refusal, int> refused;
};

TEST_F(AccessTest, RolesTimesRoutes) {
  for (const Row& row : kTable) {
    for (const char letter : kLetters) {
      const Role role = static_cast<Role>(std::find(kLetters, kLetters + 6, letter) - kLetters);
      Headers headers = {{"host", "localhost"}};
      if (role != Role::anyone)
        headers.emplace_back("authorization", "Bearer secret-" + std::string(name(role)));
      std::string target(row.route);
      if (const auto brace = target.find('{'); brace != std::string::npos)
        target = target.substr(0, brace) + "x";
      const bool may = std::string_view(row.roles).find(letter) != std::string_view::npos;
      const unsigned expected = may ? 0 : role == Role::anyone ? 401 : 403;
      EXPECT_EQ(status(name(row.method), target, headers), expected)
          << name(row.method) << ' ' << row.route << " as " << name(role);
    }
  }
}

TEST_F(AccessTest, TheTableHoldsEveryRoute) {
  EXPECT_EQ(router.routes().size(), kTable.size());
  for (const Route& route : router.routes())
    EXPECT_TRUE(
        std::any_of(kTable.begin(), kTable.end(),
                    [&](const Row& row) { return row.method == route.method && row.route == route.pattern; }))
        << name(route.method) << ' ' << route.pattern;
}

TEST_F(AccessTest, RefusesAWrongTokenEvenWhereNoneIsNeeded) {
  EXPECT_EQ(status("GET", "/-/healthy", {{"host", "localhost"}, {"authorization", "Bearer wrong"}}), 401U);
  EXPECT_EQ(status("GET", "/", {{"host", "localhost"}, {"authorization", "Negotiate secret-viewer"}}), 401U);
  EXPECT_EQ(status("GET", "/", {{"host", "localhost"}, {"authorization", "Bearer "}}), 401U);
  EXPECT_EQ(refused[Refusal::token], 3);
}

TEST_F(AccessTest, EverythingIsAllowedOnLoopbackWithoutTokens) {
  activate({}, 0);
  const auto decision = judge("POST", "/-/reload", {{"host", "127.0.0.1:9464"}});
  EXPECT_FALSE(decision.refusal);
  EXPECT_EQ(decision.request.principal.role, Role::admin);
  EXPECT_EQ(decision.request.principal.name, "local");
}

TEST_F(AccessTest, NothingIsAllowedBeyondLoopbackWithoutTokens) {
  activate({}, 0);
  EXPECT_EQ(status("GET", "/", {{"host", "monitor.example"}}, false), 401U);
}

TEST_F(AccessTest, RefusesForeignHostsOnLoopback) {
  activate({}, 0);
  EXPECT_EQ(status("GET", "/", {{"host", "attacker.example"}}), 421U);
  EXPECT_EQ(status("GET", "/", {{"host", "127.0.0.1.attacker.example"}}), 421U);
  EXPECT_EQ(status("GET", "/", {{"host", "[::1]:9464"}}), 0U);
  EXPECT_EQ(status("GET", "/", {{"host", "LocalHost:80"}}), 0U);
  EXPECT_EQ(status("GET", "/", {{"host", "Monitor.Example:443"}}), 0U);
  EXPECT_EQ(refused[Refusal::host], 2);
}

TEST_F(AccessTest, RefusesNoHostAndTwoHosts) {
  EXPECT_EQ(status("GET", "/", {}), 400U);
  EXPECT_EQ(status("GET", "/", {{"host", "localhost"}, {"host", "localhost"}}), 400U);
}

TEST_F(AccessTest, RefusesChangesFromAnotherOrigin) {
  activate({}, 0);
  EXPECT_EQ(status("POST", "/-/reload", {{"host", "localhost:9464"}, {"origin", "http://attacker.example"}}),
            403U);
  EXPECT_EQ(status("POST", "/-/reload", {{"host", "localhost:9464"}, {"origin", "null"}}), 403U);
  EXPECT_EQ(status("POST", "/-/reload", {{"host", "localhost:9464"}, {"origin", "http://localhost:9464"}}),
            0U);
  EXPECT_EQ(status("GET", "/", {{"host", "localhost:9464"}, {"origin", "http://attacker.example"}}), 0U);
  EXPECT_EQ(status("POST", "/-/reload",
                   {{"host", "localhost:9464"},
                    {"origin", "http://localhost:9464"},
                    {"origin", "http://attacker.example"}}),
            400U);
}

TEST_F(AccessTest, LimitsTheRateOfEachTokenByItself) {
  std::vector<Token> tokens = {{"a", Role::viewer, hex(sha256("a"))}, {"b", Role::viewer, hex(sha256("b"))}};
  activate(tokens, 60);  // 1 a second, 6 at once
  const Headers a = {{"host", "localhost"}, {"authorization", "Bearer a"}};
  const Headers b = {{"host", "localhost"}, {"authorization", "Bearer b"}};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(status("GET", "/", a), 0U);
  const auto refusal = judge("GET", "/", a).refusal;
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 429U);
  EXPECT_THAT(refusal->headers, testing::Contains(testing::Pair("Retry-After", "1")));
  EXPECT_EQ(status("GET", "/", b), 0U);
  EXPECT_FALSE(judge("GET", "/", a, true, kNow + std::chrono::seconds(1)).refusal);
}

TEST_F(AccessTest, RefusesALargeBodyBeforeItComes) {
  RawHead head;
  head.method = "POST";
  head.target = "/api/v1/complaints";
  head.headers = {{"host", "localhost"}, {"authorization", "Bearer secret-complaints"}};
  head.content_length = 1024 * 1024;
  EXPECT_FALSE(judge_head(state, Peer{"192.0.2.9", true}, head, kNow).refusal);
  head.content_length = 1024 * 1024 + 1;
  EXPECT_EQ(judge_head(state, Peer{"192.0.2.9", true}, head, kNow).refusal->status, 413U);
}

TEST_F(AccessTest, NamesUnknownMethodsAndBadTargets) {
  const Headers admin = {{"host", "localhost"}, {"authorization", "Bearer secret-admin"}};
  EXPECT_EQ(status("BREW", "/", admin), 501U);
  EXPECT_EQ(status("GET", "http://localhost/", admin), 400U);
  EXPECT_EQ(status("GET", "/../etc/passwd", admin), 400U);
  EXPECT_EQ(status("GET", "/nothing", admin), 404U);
  EXPECT_EQ(status("DELETE", "/", admin), 405U);
}

TEST_F(AccessTest, HandlersNeverSeeTheToken) {
  const auto decision = judge(
      "GET", "/", {{"host", "localhost"}, {"authorization", "Bearer secret-viewer"}, {"cookie", "a=b"}});
  ASSERT_FALSE(decision.refusal);
  EXPECT_THAT(decision.request.headers, testing::ElementsAre(testing::Pair("host", "localhost")));
  EXPECT_EQ(decision.request.principal.name, "viewer");
}

}  // namespace
}  // namespace faultline::http
