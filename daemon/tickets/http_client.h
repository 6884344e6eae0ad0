// One HTTP/1.1 request to another system, over TCP or TLS, with a deadline for the whole of it and a limit on
// the answer. A connection per call, no redirects, no proxy. Beast, Asio and OpenSSL stay in the .cpp. Main
// loop only; names are resolved on Asio's resolver thread.
#pragma once

#include "rules/model/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace faultline::tickets {

struct Url {
  bool tls = false;
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string target;  // path and query, at least "/"

  std::string host_header() const;
};
// "https://noc.example:8443/hook?x=1". http or https; no user, password or fragment; no control characters.
Result<Url> parse_url(std::string_view text);

struct HttpCall {
  Url url;
  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers;  // beyond Host, User-Agent, Content-Length
  std::string body;
  bool connect_only = false;  // TCP and TLS, then close: is anybody there?
  std::chrono::milliseconds deadline{10'000};
  std::size_t answer_limit = 16 * 1024;  // bytes of the answer's body that are read, and of its header
  std::string ca_file;                   // PEM; empty = the system's
};

struct HttpOutcome {
  bool was_sent = false;    // at least a part of the request may have reached the other side
  unsigned status = 0;      // 0: no answer with a status
  std::string retry_after;  // header, as received
  std::string body;         // as much as was read
  std::string trouble;      // why there is no status; empty if there is one
};

// Under way until the callback; cancel() ends it without one..
class HttpOperation {
 public:
  virtual ~HttpOperation() = default;
  virtual void cancel() = 0;
};

// Calls back exactly once, later, never from inside this function.
std::shared_ptr<HttpOperation> start_http(boost::asio::io_context& io, HttpCall call,
                                          std::function<void(HttpOutcome)> callback);

}  // namespace faultline::tickets
