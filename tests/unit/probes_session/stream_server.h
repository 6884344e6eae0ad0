// A TCP server on a free port of loopback, on the test's own event loop, plain or with TLS: it says what its
// script tells it to, at every connection and whenever something was read.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace faultline {

struct StreamReply {
  std::string bytes;
  bool then_close = false;
};
// `received`: all that came on this connection so far, nothing at its beginning. No reply: it reads on.
using StreamScript = std::function<std::optional<StreamReply>(const std::string& received)>;

struct TestCertificate {
  std::string pem;  // its own authority
  std::string key_pem;
};
// Of 127.0.0.1 and localhost, self-signed; it ends so many days from now (negative: it has ended).
TestCertificate make_test_certificate(int ends_in_days);

class StreamServer {
 public:
  StreamServer(boost::asio::io_context& io, StreamScript script,
               const TestCertificate* certificate = nullptr);
  ~StreamServer();
  StreamServer(const StreamServer&) = delete;
  StreamServer& operator=(const StreamServer&) = delete;

  std::string port() const;
  std::size_t connections() const;
  // Of the last connection; empty without TLS or if the client sent none.
  const std::string& server_name() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// A port of loopback that nobody listens on as long as this lives.
class ClosedPort {
 public:
  ClosedPort();
  ~ClosedPort();
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  std::string port() const;

 private:
  int tcp_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace faultline
