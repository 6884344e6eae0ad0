// The server's small parts: rate limit, tokens, head of an answer, check of a configuration, inherited
// sockets.
#include "daemon/http/host_check.h"
#include "daemon/http/rate_limit.h"
#include "daemon/http/response_head.h"
#include "daemon/http/token_table.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

namespace faultline::http {
namespace {

using std::chrono::milliseconds;

TEST(RateLimit, TellsHowLongToWait) {
  RateLimit limit(600);  // 10 a second, 60 at once
  const RateLimit::Time t0{};
  for (int i = 0; i < 60; ++i) EXPECT_EQ(limit.take("a", t0), milliseconds(0));
  EXPECT_EQ(limit.take("a", t0), milliseconds(100));
  EXPECT_EQ(limit.take("a", t0 + milliseconds(100)), milliseconds(0));
  EXPECT_GT(limit.take("a", t0 + milliseconds(100)), milliseconds(0));
}

TEST(RateLimit, StaysBounded) {
  RateLimit limit(600);
  const RateLimit::Time t0{};
  for (std::size_t i = 0; i < 3 * RateLimit::kMostBuckets; ++i) limit.take(std::to_string(i), t0);
  EXPECT_EQ(limit.buckets(), RateLimit::kMostBuckets);
  EXPECT_GT(limit.take("one more", t0), milliseconds(0));
  EXPECT_EQ(limit.take("one more", t0 + std::chrono::minutes(1)), milliseconds(0));
  EXPECT_EQ(limit.buckets(), 1U);
}

TEST(RateLimit, ZeroMeansNoLimit) {
  RateLimit limit(0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limit.take("a", {}), milliseconds(0));
  EXPECT_EQ(limit.buckets(), 0U);
}

TEST(TokenTable, FindsByDigest) {
  // printf %s secret | sha256sum
  const TokenTable table(
      {{"crm", Role::complaints, "2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B"}});
  ASSERT_TRUE(table.find("secret"));
  EXPECT_EQ(table.find("secret")->name, "crm");
  EXPECT_FALSE(table.find("secret "));
  EXPECT_FALSE(table.find(""));
}

TEST(TokenTable, ReadsBearerHeaders) {
  EXPECT_EQ(TokenTable::bearer("Bearer abc"), "abc");
  EXPECT_EQ(TokenTable::bearer("bEARER abc"), "abc");
  EXPECT_FALSE(TokenTable::bearer("Basic abc"));
  EXPECT_FALSE(TokenTable::bearer("Bearer "));
  EXPECT_FALSE(TokenTable::bearer(""));
}

TEST(HostName, DropsThePort) {
  EXPECT_EQ(host_name("Example.COM:80"), "example.com");
  EXPECT_EQ(host_name("[::1]:80"), "::1");
  EXPECT_EQ(host_name("[::1"), "");
  EXPECT_EQ(host_name("a:b"), "");
  EXPECT_EQ(host_name("localhost:80@evil"), "");
}

TEST(ResponseHead, IsExact) {
  HttpResponse response;
  response.body = "{}";
  response.headers = {{"X-Total-Count", "7"}};
  EXPECT_EQ(response_head(response, Framing::length, true, 784111777),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: faultline\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: keep-alive\r\n"
            "X-Content-Type-Options: nosniff\r\nX-Total-Count: 7\r\nCache-Control: no-store\r\n\r\n");
}

TEST(ResponseHead, CannotBeSplitByAHeader) {
  HttpResponse response;
  response.headers = {{"Location", "/x\r\nSet-Cookie: a=b"}};
  const std::string head = response_head(response, Framing::length, false, 0);
  EXPECT_THAT(head, testing::HasSubstr("Location: /xSet-Cookie: a=b\r\n"));
}

ServerConfig beyond_loopback() {
  ServerConfig config;
  config.listen = {{"0.0.0.0", 443}};
  config.tls = Tls{"a.pem", "b.pem"};
  config.tokens = {{"crm", Role::complaints, std::string(64, 'a')}};
  return config;
}

std::vector<std::string> messages(const ServerConfig& config) {
  std::vector<std::string> texts;
  for (const Error& error : check(config)) texts.push_back(error.message);
  return texts;
}

TEST(ServerConfig, IsGoodOnLoopbackWithoutAnything) {
  ServerConfig config;
  config.listen = {{"127.0.0.1", 9464}, {"::1", 9464}, {"127.8.8.8", 1}};
  EXPECT_THAT(messages(config), testing::IsEmpty());
}

TEST(ServerConfig, NeedsTlsAndTokensBeyondLoopback) {
  EXPECT_THAT(messages(beyond_loopback()), testing::IsEmpty());
  ServerConfig config = beyond_loopback();
  config.tls.reset();
  EXPECT_THAT(messages(config),
              testing::ElementsAre(
                  "listen: 0.0.0.0:443: listening beyond loopback needs TLS (api.tls: certificate and key)"));
  config = beyond_loopback();
  config.tokens.clear();
  EXPECT_THAT(messages(config),
              testing::ElementsAre(
                  "listen: 0.0.0.0:443: listening beyond loopback needs bearer tokens (api.tokens)"));
}

TEST(ServerConfig, ReportsAllMistakesAtOnce) {
  ServerConfig config = beyond_loopback();
  config.tokens = {
      {"a", Role::viewer, "12"}, {"a", Role::anyone, std::string(64, '0')}, {"", Role::viewer, ""}};
  config.tls->key.clear();
  EXPECT_EQ(messages(config).size(), 6U);
}

TEST(InheritedListeners, AreTakenOnlyIfMeantForUs) {
  EXPECT_TRUE(inherited_listeners(nullptr, nullptr, 42)->empty());
  EXPECT_TRUE(inherited_listeners("41", "1", 42)->empty());
  EXPECT_FALSE(inherited_listeners("x", "1", 42));
  EXPECT_FALSE(inherited_listeners("42", "-1", 42));
  EXPECT_FALSE(inherited_listeners("42", "1000", 42));
}

}  // namespace
}  // namespace faultline::http
