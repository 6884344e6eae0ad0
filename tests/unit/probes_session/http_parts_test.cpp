// The parts of the http probe that need no socket: its options read, and answers taken in piece by piece.
#include "probes/session/http_answer.h"
#include "probes/session/http_target.h"
#include "tests/unit/probes_session/measure.h"

#include <gmock/gmock.h>

#include <string>

namespace faultline::session {
namespace {

using State = HttpAnswer::State;
using testing::HasSubstr;

std::string shown(std::string_view url, std::string_view address = "192.0.2.1", std::uint16_t port = 0) {
  const auto target = parse_http_target(url, address, port);
  if (!target) return target.error().message;
  return (target->tls ? "tls " : "plain ") + target->host + " " + std::to_string(target->port) + " " +
         target->host_header() + " " + target->path;
}

TEST(HttpTarget, IsAUrlWithTheAddressPutIn) {
  EXPECT_EQ(shown("https://{address}/"), "tls 192.0.2.1 443 192.0.2.1 /");
  EXPECT_EQ(shown("http://{address}:8080/health?of={address}"),
            "plain 192.0.2.1 8080 192.0.2.1:8080 /health?of=192.0.2.1");
  EXPECT_EQ(shown("/health"), "tls 192.0.2.1 443 192.0.2.1 /health");
  EXPECT_EQ(shown("https://www.example.net"), "tls www.example.net 443 www.example.net /");
  EXPECT_EQ(shown("https://{address}:8443?x", "2001:db8::1"), "tls 2001:db8::1 8443 [2001:db8::1]:8443 /?x");
  EXPECT_EQ(shown("http://[::1]/"), "plain ::1 80 [::1] /");
  EXPECT_EQ(shown("http://{address}/", "a.test", 81), "plain a.test 81 a.test:81 /");
}

TEST(HttpTarget, SaysWhatIsWrongWithAUrl) {
  for (const auto& [url, what] : {std::pair{"ftp://a/", "neither http nor https"},
                                  {"", "neither http nor https"},
                                  {"https:///", "no host"},
                                  {"https://a b/", "a character"},
                                  {"https://a/\r\nX: y", "a character"},
                                  {"https://a/#x", "fragment"},
                                  {"https://u@a/", "user name"},
                                  {"https://[::1/", "not closed"},
                                  {"https://a:0/", "the port"},
                                  {"https://a:65536/", "the port"},
                                  {"https://a:x/", "the port"},
                                  {"https://[::1]x/", "the port"}})
    EXPECT_THAT(shown(url), HasSubstr(what)) << url;
  EXPECT_THAT(shown("https://{address}/", "a/b@c"), HasSubstr("https"))
      << "an address cannot reach into the rest";
}

TEST(StatusList, HoldsNumbersAndRanges) {
  const auto list = StatusList::parse("200,301-308,404").value();
  for (const unsigned good : {200U, 301U, 308U, 404U}) EXPECT_TRUE(list.contains(good)) << good;
  for (const unsigned bad : {199U, 201U, 300U, 309U, 0U}) EXPECT_FALSE(list.contains(bad)) << bad;
  for (const char* text :
       {"", ",", "200,", "2xx", "99", "600", "300-200", "200-", "-200", "200 ,201", "200--201"})
    EXPECT_FALSE(StatusList::parse(text)) << text;
}

TEST(HttpOptions, AreCheckedTogether) {
  EXPECT_THROW(make_probe("http", {{"url", "ftp://a/"}}), std::runtime_error);
  EXPECT_THROW(make_probe("http", {{"expected_status", "2xx"}}), std::runtime_error);
  EXPECT_THROW(make_probe("http", {{"host", "a\r\nb"}}), std::runtime_error);
  EXPECT_THROW(make_probe("http", {{"method", "HEAD"}, {"body", "x"}}), std::runtime_error);
  EXPECT_THROW(make_probe("http", {{"ca", "/nonexistent.pem"}}), std::runtime_error);
  EXPECT_THROW(make_probe("http", {{"ca", "ca.pem"}}), std::runtime_error);
  EXPECT_NO_THROW(make_probe("http", {}));
}

struct Taken {
  State state = State::unfinished;
  unsigned status = 0;
  std::string body = {};
  bool operator==(const Taken&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Taken& t) {
  return out << static_cast<int>(t.state) << " " << t.status << " \"" << t.body << '"';
}
Taken take(const std::string& bytes, bool then_end = false, std::size_t piece = 0, bool is_head = false,
           std::size_t most = 1000) {
  HttpAnswer answer(is_head, most);
  if (piece == 0) piece = bytes.size();
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    answer.take(std::string_view(bytes).substr(at, piece));
  if (then_end) answer.end();
  return {answer.state(), answer.status(), answer.body()};
}

const std::string kOk = "HTTP/1.1 200 OK\r\n";

TEST(HttpAnswer, IsWholeWhenItsLengthHasCome) {
  const std::string text = kOk + "Content-Length: 5\r\n\r\nhello";
  for (std::size_t piece = 1; piece <= text.size(); ++piece)
    EXPECT_EQ(take(text, false, piece), (Taken{State::whole, 200, "hello"})) << piece;
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(take(text.substr(0, size)).state, State::unfinished) << size;
    EXPECT_NE(take(text.substr(0, size), true).state, State::whole) << size;
  }
  EXPECT_EQ(take(text + "more").body, "hello");
}

TEST(HttpAnswer, MayComeInChunksOrEndWithTheConnection) {
  const std::string chunks =
      kOk + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t piece = 1; piece <= chunks.size(); ++piece)
    EXPECT_EQ(take(chunks, false, piece), (Taken{State::whole, 200, "hello"})) << piece;
  EXPECT_EQ(take(kOk + "\r\nhello"), (Taken{State::unfinished, 200, "hello"}));
  EXPECT_EQ(take(kOk + "\r\nhello", true), (Taken{State::whole, 200, "hello"}));
}

TEST(HttpAnswer, SomeHaveNoBody) {
  EXPECT_EQ(take("HTTP/1.1 204 No Content\r\n\r\n"), (Taken{State::whole, 204, ""}));
  EXPECT_EQ(take(kOk + "Content-Length: 5\r\n\r\n", false, 0, true), (Taken{State::whole, 200, ""}));
}

TEST(HttpAnswer, IsReadUpToTheLimitOnly) {
  const std::string head = kOk + "Content-Length: 99999999999999\r\n\r\n";
  EXPECT_EQ(take(head + std::string(50, 'x'), false, 0, false, 8), (Taken{State::whole, 200, "xxxxxxxx"}));
  EXPECT_EQ(take(head, false, 0, false, 8).state, State::unfinished)
      << "and no memory is taken for it before";
}

TEST(HttpAnswer, PassesOverInterimAnswers) {
  std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
  EXPECT_EQ(take(interim + interim + kOk + "Content-Length: 0\r\n\r\n", false, 7),
            (Taken{State::whole, 200, ""}));
  for (int i = 0; i < 3; ++i) interim += interim;
  EXPECT_EQ(take(interim + kOk + "\r\n").state, State::malformed) << "8 of them";
  EXPECT_EQ(take("HTTP/1.1 101 Switching Protocols\r\n\r\n").status, 101U);
}

TEST(HttpAnswer, WhatIsNoHttpIsMalformed) {
  for (const char* text :
       {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 999 Odd\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
    EXPECT_EQ(take(text).state, State::malformed) << text;
}

TEST(HttpAnswer, AHeaderWithoutEndIsNotReadForever) {
  std::string endless = kOk;
  while (endless.size() < 100'000) endless += "X-Junk: junk\r\n";
  EXPECT_EQ(take(endless, false, 1000).state, State::malformed);
  const std::string chunk = kOk + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'x');
  EXPECT_EQ(take(chunk, false, 1000).state, State::malformed);
}

}  // namespace
}  // namespace faultline::session
