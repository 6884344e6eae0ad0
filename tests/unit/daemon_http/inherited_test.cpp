// Serving on a listening socket that was passed in, as systemd does it.
#include "tests/unit/daemon_http/test_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace faultline::http {
namespace {

int listening_socket(in_addr_t address) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(address);
  EXPECT_EQ(bind(descriptor, reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
  EXPECT_EQ(listen(descriptor, 8), 0);
  return descriptor;
}

TEST(InheritedSocket, IsServed) {
  Router router;
  router.add(Method::get, "/hello", Role::anyone,
             [](const HttpRequest&, const Respond& respond) { respond(json_response("1")); });
  ServerConfig config;
  config.inherited = {listening_socket(INADDR_LOOPBACK)};
  TestServer server(router, config);
  RawClient client(server.port());
  client.send(get_request("/hello"));
  EXPECT_THAT(client.read_answer(), testing::StartsWith("HTTP/1.1 200 "));
}

TEST(InheritedSocket, BeyondLoopbackNeedsTlsAndTokens) {
  ServerConfig config;
  config.inherited = {listening_socket(INADDR_ANY)};
  EXPECT_EQ(check(config).size(), 2U);
  close(config.inherited.front());
}

TEST(InheritedSocket, MustListen) {
  ServerConfig config;
  config.inherited = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ASSERT_EQ(check(config).size(), 1U);
  EXPECT_THAT(check(config).front().message, testing::HasSubstr("expected a listening TCP socket"));
  close(config.inherited.front());
}

}  // namespace
}  // namespace faultline::http
