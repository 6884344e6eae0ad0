// The server on real sockets: framing, limits, time-outs, clients that misbehave, and stopping.
#include "daemon/http/server.h"

#include "daemon/http/token_table.h"
#include "tests/unit/daemon_http/test_server.h"

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <sys/socket.h>

namespace faultline::http {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Blocks of 1 kB each, made at once.
class Blocks : public BodySource {
 public:
  explicit Blocks(int count) : left_(count) {}
  void next(Done done) override {
    const char letter = static_cast<char>('a' + left_ % 26);
    --left_;
    done(std::string(1000, letter), left_ == 0);
  }

 private:
  int left_;
};

class Never : public BodySource {
 public:
  void next(Done done) override { kept_ = std::move(done); }

 private:
  Done kept_;
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    router.add(Method::get, "/hello", Role::anyone,
               [](const HttpRequest&, const Respond& respond) { respond(json_response(R"("hello")")); });
    router.add(Method::get, "/secret", Role::viewer, [](const HttpRequest& request, const Respond& respond) {
      respond(json_response("\"" + request.principal.name + "\""));
    });
    router.add(
        Method::post, "/echo", Role::anyone,
        [](const HttpRequest& request, const Respond& respond) { respond(json_response(request.body)); },
        10'000);
    router.add(Method::get, "/throws", Role::anyone,
               [](const HttpRequest&, const Respond&) { throw std::runtime_error("a bug in a handler"); });
    router.add(Method::get, "/drops", Role::anyone, [](const HttpRequest&, const Respond&) {});
    router.add(Method::get, "/later", Role::anyone,
               [this](const HttpRequest&, const Respond& respond) { kept_ = respond; });
    router.add(Method::get, "/stream/{blocks}", Role::anyone,
               [](const HttpRequest& request, const Respond& respond) {
                 HttpResponse response;
                 response.stream = std::make_shared<Blocks>(std::stoi(request.parameters.at("blocks")));
                 respond(std::move(response));
               });
    router.add(Method::get, "/stuck", Role::anyone, [](const HttpRequest&, const Respond& respond) {
      HttpResponse response;
      response.stream = std::make_shared<Never>();
      respond(std::move(response));
    });
    config.limits.idle_time = config.limits.header_time = config.limits.body_time = milliseconds(20'000);
  }
  std::string ask(TestServer& server, std::string_view request) {
    RawClient client(server.port());
    client.send(request);
    client.shut_down_sending();
    return client.read_all();
  }

  Router router;
  ServerConfig config;
  Respond kept_;
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  TestServer server(router, config);
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(get_request("/hello"));
    const std::string answer = client.read_answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Connection: keep-alive\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n\"hello\""));
  }
}

TEST_F(ServerTest, ClosesWhenAsked) {
  TestServer server(router, config);
  RawClient client(server.port());
  client.send(get_request("/hello", "Connection: close\r\n"));
  EXPECT_THAT(client.read_all(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(server.wait_connections(0));
}

TEST_F(ServerTest, AnswersAClientThatHasHalfClosed) {
  TestServer server(router, config);
  EXPECT_THAT(ask(server, get_request("/hello")), EndsWith("\"hello\""));
  EXPECT_TRUE(server.wait_connections(0));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  TestServer server(router, config);
  RawClient client(server.port());
  std::string all;
  for (int i = 0; i < 200; ++i) {
    const std::string body = std::to_string(i);
    all += "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  client.send(all);
  for (int i = 0; i < 200; ++i) EXPECT_THAT(client.read_answer(), EndsWith("\r\n\r\n" + std::to_string(i)));
}

TEST_F(ServerTest, HeadHasTheLengthButNoBody) {
  TestServer server(router, config);
  const std::string answer = ask(server, "HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(ServerTest, TakesChunkedBodies) {
  TestServer server(router, config);
  const std::string head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_THAT(ask(server, head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), EndsWith("\r\n\r\nabcde"));
}

TEST_F(ServerTest, LetsTheClientGoOnWhereItAsks) {
  TestServer server(router, config);
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_THAT(client.read_answer(), EndsWith("\r\n\r\nabc"));
}

TEST_F(ServerTest, RefusesTooLargeABodyAndTheClientSeesWhy) {
  TestServer server(router, config);
  const std::string big(3'000'000, 'x');
  EXPECT_THAT(ask(server, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n" + big),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(
      ask(server,
          "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2dc6c0\r\n" + big),
      StartsWith("HTTP/1.1 413 "));
  EXPECT_EQ(server.refused(Refusal::too_large), 2);
}

TEST_F(ServerTest, RefusesTooLargeAHeader) {
  TestServer server(router, config);
  EXPECT_THAT(ask(server, get_request("/hello", "X: " + std::string(20'000, 'x') + "\r\n")),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(server.refused(Refusal::too_large), 1);
}

class MalformedRequest : public ServerTest, public testing::WithParamInterface<std::string> {};

TEST_P(MalformedRequest, IsRefusedAndClosed) {
  TestServer server(router, config);
  const std::string answer = ask(server, GetParam());
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer.substr(1), Not(HasSubstr("HTTP/1.1 200")));
  EXPECT_EQ(server.refused(Refusal::malformed), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, MalformedRequest,
    testing::Values(
        "\x16\x03\x01\x02\x01\x01 this is TLS\r\n\r\n", "GET /hello\r\n\r\n",
        "GET /hello HTTP/9.9\r\nHost: localhost\r\n\r\n", "GET /hello HTTP/1.1\r\nno colon\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
        // Nobody knows where such a body ends: a proxy in front may see one request where we would see two.
        "POST /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n"
        "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity\r\n\r\n"
        "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"
        "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, "
        "chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        "POST /echo HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"));

TEST_F(ServerTest, TellsASlowClientSo) {
  config.limits.header_time = milliseconds(50);
  TestServer server(router, config);
  RawClient client(server.port());
  client.send("GET /hello HT");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(server.refused(Refusal::timed_out), 1);
}

TEST_F(ServerTest, DoesNotWaitForASlowBody) {
  config.limits.body_time = milliseconds(50);
  TestServer server(router, config);
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTest, AByteNowAndThenDoesNotHoldAConnection) {
  config.limits.header_time = milliseconds(300);
  TestServer server(router, config);
  RawClient client(server.port());
  std::thread drip([&] {  // ends when the server has closed
    for (const char c : std::string(10'000, 'x')) {
      if (::send(client.descriptor(), &c, 1, MSG_NOSIGNAL) != 1) break;
      std::this_thread::sleep_for(milliseconds(5));
    }
  });
  EXPECT_TRUE(server.wait_refused(Refusal::timed_out, 1) || server.wait_refused(Refusal::malformed, 1));
  EXPECT_TRUE(server.wait_connections(0));
  drip.join();
}

TEST_F(ServerTest, ClosesIdleConnectionsSilently) {
  config.limits.idle_time = milliseconds(50);
  TestServer server(router, config);
  RawClient client(server.port());
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(server.wait_connections(0));
}

TEST_F(ServerTest, GivesUpOnAClientThatDoesNotRead) {
  config.limits.write_time = milliseconds(100);
  TestServer server(router, config);
  RawClient client(server.port());
  const int small = 4096;
  setsockopt(client.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  client.send(get_request("/stream/100000"));
  EXPECT_TRUE(server.wait_refused(Refusal::timed_out, 1));
  EXPECT_TRUE(server.wait_connections(0));
}

TEST_F(ServerTest, TurnsAwayMoreConnectionsThanTheLimit) {
  config.limits.connections = 2;
  TestServer server(router, config);
  RawClient first(server.port());
  RawClient second(server.port());
  ASSERT_TRUE(server.wait_connections(2));
  RawClient third(server.port());
  EXPECT_THAT(third.read_all(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(server.refused(Refusal::too_many_connections), 1);
  first.send(get_request("/hello", "Connection: close\r\n"));
  EXPECT_THAT(first.read_all(), StartsWith("HTTP/1.1 200 "));
  ASSERT_TRUE(server.wait_connections(1));
  RawClient fourth(server.port());
  fourth.send(get_request("/hello"));
  EXPECT_THAT(fourth.read_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, TurnsAwayTooManyConnectionsOfOnePeer) {
  config.limits.connections_per_peer = 1;
  TestServer server(router, config);
  RawClient first(server.port());
  ASSERT_TRUE(server.wait_connections(1));
  RawClient second(server.port());
  EXPECT_THAT(second.read_all(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(server.refused(Refusal::too_many_of_peer), 1);
}

TEST_F(ServerTest, RefusesAForeignHost) {
  TestServer server(router, config);
  EXPECT_THAT(ask(server, "GET /hello HTTP/1.1\r\nHost: attacker.example\r\n\r\n"),
              StartsWith("HTTP/1.1 421 "));
}

TEST_F(ServerTest, LetsInByToken) {
  config.tokens = {{"noc", Role::viewer, "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"}};
  TestServer server(router, config);
  EXPECT_THAT(ask(server, get_request("/secret")), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(ask(server, get_request("/secret", "Authorization: Bearer wrong\r\n")),
              StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(ask(server, get_request("/secret", "Authorization: Bearer secret\r\n")), EndsWith("\"noc\""));
  EXPECT_THAT(ask(server, get_request("/hello")), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, AReloadSwapsTokensAndABadOneChangesNothing) {
  config.tokens = {{"noc", Role::viewer, "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"}};
  TestServer server(router, config);
  const std::string request = get_request("/secret", "Authorization: Bearer secret\r\n");
  ServerConfig changed = config;
  changed.tokens[0].sha256 = "no digest";
  server.on_loop([&](Server& s) { EXPECT_FALSE(s.reload(changed)); });
  EXPECT_THAT(ask(server, request), StartsWith("HTTP/1.1 200 "));
  changed.tokens[0].sha256 = std::string(64, '0');
  server.on_loop([&](Server& s) { EXPECT_TRUE(s.reload(changed)); });
  EXPECT_THAT(ask(server, request), StartsWith("HTTP/1.1 401 "));
}

TEST_F(ServerTest, StreamsInChunks) {
  TestServer server(router, config);
  const std::string answer = ask(server, get_request("/stream/3"));
  EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\n3e8\r\nddd"));
  EXPECT_THAT(answer, EndsWith("b\r\n0\r\n\r\n"));
}

TEST_F(ServerTest, StreamsUntilTheEndForHttp10) {
  TestServer server(router, config);
  const std::string answer = ask(server, "GET /stream/2 HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 2000U);
}

TEST_F(ServerTest, CutsOffAStreamThatStopsComing) {
  config.limits.answer_time = milliseconds(50);
  TestServer server(router, config);
  const std::string answer = ask(server, get_request("/stuck"));
  EXPECT_THAT(answer, Not(EndsWith("0\r\n\r\n")));
}

TEST_F(ServerTest, AnswersForAHandlerThatFails) {
  TestServer server(router, config);
  EXPECT_THAT(ask(server, get_request("/throws")), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(server.trouble(), testing::ElementsAre("a bug in a handler"));
  EXPECT_THAT(ask(server, get_request("/drops")), StartsWith("HTTP/1.1 500 "));
}

TEST_F(ServerTest, GivesUpOnAHandlerThatDoesNotAnswer) {
  config.limits.answer_time = milliseconds(50);
  TestServer server(router, config);
  EXPECT_THAT(ask(server, get_request("/later")), StartsWith("HTTP/1.1 503 "));
  server.on_loop([this](Server&) { kept_(json_response("too late")); });  // harms nobody
  EXPECT_THAT(ask(server, get_request("/hello")), StartsWith("HTTP/1.1 200 "));
  server.on_loop([this](Server&) { kept_ = {}; });
}

TEST_F(ServerTest, AnAnswerMayComeAfterTheClientHasGone) {
  TestServer server(router, config);
  {
    RawClient client(server.port());
    client.send(get_request("/later"));
    for (bool arrived = false; !arrived;) server.on_loop([&](Server&) { arrived = bool(kept_); });
  }
  server.on_loop([this](Server&) { std::exchange(kept_, {})(json_response("1")); });
  EXPECT_TRUE(server.wait_connections(0));
}

TEST_F(ServerTest, CountsWhatItAnswered) {
  TestServer server(router, config);
  ask(server, get_request("/hello"));
  ask(server, get_request("/nothing"));
  ASSERT_TRUE(server.wait_connections(0));
  const auto done = server.done();
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[0].status, 200U);
  EXPECT_EQ(done[1].status, 404U);
}

TEST_F(ServerTest, StopsAfterTheAnswersThatAreUnderWay) {
  TestServer server(router, config);
  RawClient idle(server.port());
  RawClient busy(server.port());
  busy.send(get_request("/later"));
  for (bool arrived = false; !arrived;) server.on_loop([&](Server&) { arrived = bool(kept_); });
  std::atomic<bool> stopped = false;
  server.on_loop([&](Server& s) { s.stop(std::chrono::seconds(20), [&] { stopped = true; }); });
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_FALSE(stopped);
  server.on_loop([this](Server&) { std::exchange(kept_, {})(json_response("\"at last\"")); });
  EXPECT_THAT(busy.read_all(), EndsWith("\"at last\""));
  EXPECT_TRUE(server.wait_connections(0));
  EXPECT_TRUE(stopped);
}

TEST_F(ServerTest, StopsAtTheEndOfTheGraceAtTheLatest) {
  TestServer server(router, config);
  RawClient busy(server.port());
  busy.send(get_request("/later"));
  for (bool arrived = false; !arrived;) server.on_loop([&](Server&) { arrived = bool(kept_); });
  server.on_loop([&](Server& s) { s.stop(milliseconds(10), [] {}); });
  EXPECT_EQ(busy.read_all(), "");
  server.on_loop([this](Server&) { kept_ = {}; });
}

TEST_F(ServerTest, NamesTheAddressInUse) {
  TestServer server(router, config);
  boost::asio::io_context io;
  ServerConfig same;
  same.listen = {{"127.0.0.1", server.port()}};
  const auto second = Server::start(io, router, same);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message,
              StartsWith("listen: 127.0.0.1:" + std::to_string(server.port()) + ": Address already in use"));
}

TEST_F(ServerTest, RefusesToListenBeyondLoopbackUnprotected) {
  boost::asio::io_context io;
  ServerConfig open;
  open.listen = {{"0.0.0.0", 0}};
  EXPECT_FALSE(Server::start(io, router, open));
}

}  // namespace
}  // namespace faultline::http
