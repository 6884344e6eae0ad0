// The HTTP/1.1 server: sockets, TLS, time-outs, limits and tokens, on the main loop's io_context. What is
// served is the router's business. Beast and OpenSSL stay behind this header. Everything is called on the
// main loop's thread.
#pragma once

#include "daemon/http/router.h"
#include "rules/model/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace faultline::http {

struct ListenAddress {
  std::string address = "127.0.0.1";  // a literal, IPv4 or IPv6 without brackets
  std::uint16_t port = 9464;          // 0: any free one

  bool is_loopback() const;  // 127.0.0.0/8 or ::1
};

struct Token {
  std::string name;  // of who holds it, for the audit log
  Role role = Role::viewer;
  std::string sha256;  // of the token, 64 hexadecimal digits
};

struct Tls {
  std::string certificate;  // PEM file, with its chain
  std::string key;          // PEM file
};

struct Limits {
  std::size_t connections = 512;           // in all
  std::size_t connections_per_peer = 64;   // from one address
  std::size_t header_bytes = 16 * 1024;    // request line and header fields
  std::size_t requests_per_minute = 6000;  // per token, or per address without one; a tenth of it at once
  std::chrono::milliseconds header_time{10'000};  // from a request's first byte to the end of its header
  std::chrono::milliseconds body_time{30'000};    // to the end of its body
  std::chrono::milliseconds idle_time{75'000};    // between requests, and before the first
  std::chrono::milliseconds answer_time{30'000};  // for a handler to answer; then 503
  std::chrono::milliseconds write_time{30'000};   // for the client to take one block (at most 1 MB)
};

struct ServerConfig {
  std::vector<ListenAddress> listen;  // none: inherited sockets only
  std::vector<int> inherited;         // listening sockets of systemd, as inherited_listeners() gave them
  std::optional<Tls> tls;
  std::vector<Token> tokens;
  std::vector<std::string> allowed_hosts;  // Host names taken on loopback besides localhost and literals
  Limits limits;
};

// All that is wrong with it, one message each: a bad digest, a name given twice, listening beyond loopback
// without TLS or without tokens. Reads no file. Empty: good.
std::vector<Error> check(const ServerConfig& config);

// Listening sockets passed by systemd: LISTEN_PID, LISTEN_FDS as in sd_listen_fds(3), here as text (null: not
// set). None if they are meant for another process.
Result<std::vector<int>> inherited_listeners(const char* listen_pid, const char* listen_fds, long own_pid);

// One finished request, for counters: never the path itself, which a client chooses.
struct RequestDone {
  std::string_view route;  // the pattern; "" if no route matched
  Method method = Method::get;
  unsigned status = 0;
  std::chrono::microseconds duration{};
};
// What was turned away before it became a request.
enum class Refusal : std::uint8_t {
  too_many_connections,
  too_many_of_peer,
  tls_handshake,
  malformed,
  timed_out,
  too_large,
  rate,
  token,
  host
};
std::string_view name(Refusal refusal);

struct ServerEvents {  // any may be empty
  std::function<void(const RequestDone&)> request_done;
  std::function<void(Refusal)> refused;
  // A line for the log: a handler's exception, an accept failure.
  std::function<void(std::string_view)> trouble;
};

class Server {
 public:
  // Binds and listens; answers from the next run of `io` on. Fails if the config is bad (all of check()'s
  // messages), an address cannot be bound ("127.0.0.1:9464: address already in use …"), or TLS files are bad.
  // `router` and `io` must outlive the server.
  static Result<std::unique_ptr<Server>> start(boost::asio::io_context& io, const Router& router,
                                               ServerConfig config, ServerEvents events = {});
  virtual ~Server() = default;

  // Addresses bound, with their real ports, in the order of the configuration, inherited ones last.
  virtual std::vector<ListenAddress> bound() const = 0;
  virtual std::size_t connections() const = 0;
  // New tokens, limits, hosts and TLS files for connections that come from now on; a bad config changes
  // nothing. Addresses stay what they are.
  Result<void> reload(ServerConfig config);
  // The same in two steps, for a reload of several parts of which none may change before all have agreed:
  // reads and checks everything now, and gives back what makes it valid. To be called while the server lives.
  virtual Result<std::function<void()>> prepare(ServerConfig config) = 0;
  // Stops accepting, lets requests that are being answered finish, closes the rest; calls `done` when no
  // connection is left, at the latest after `grace`.
  virtual void stop(std::chrono::milliseconds grace, std::function<void()> done) = 0;
};

}  // namespace faultline::http
