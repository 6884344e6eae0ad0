// One HTTP exchange from the name to the whole answer, plain or by TLS, with the time of each phase: what the
// probes that speak HTTP (http, prometheus, throughput) have in common. Says what happened, not what it
// means. No redirect is followed, no connection is kept.
#pragma once

#include "probes/session/http_answer.h"
#include "probes/session/http_target.h"
#include "probes/session/reach.h"
#include "rules/model/result.h"
#include "rules/model/round.h"
#include "rules/model/time.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace faultline::session {

// Who watches over a long body under way, received or sent, and may slow it or end it.
class HttpFlow {
 public:
  virtual ~HttpFlow() = default;
  // So many bytes have come, or were acknowledged by the other side. How long to wait before more is moved;
  // negative: it is enough.
  virtual Duration pause_after(std::uint64_t bytes) = 0;
};

class HttpListener;  // session/http_listener.h

struct HttpRequest {
  HttpTarget to;            // where it goes
  std::string host;         // name for the Host header, TLS and the certificate; empty: that of `to`
  std::string method;       // "GET"
  std::string header = {};  // further lines, each with its CR LF
  bool verify = true;       // a certificate that is not what it must be ends the exchange before the request
  std::shared_ptr<boost::asio::ssl::context> tls = {};  // needed if `to` is by TLS
  std::uint64_t body_bytes = 0;                         // of noise that are sent as the request's body
  HttpFlow* flow = nullptr;                             // of that body if there is one, else of the answer's
  HttpListener* listener = nullptr;                     // null: nobody looks on
};

// What is known of one exchange, as far as it went.
struct HttpCourse {
  Attempt attempt;  // of the latest step; its error ended the exchange
  float resolve_ms = kNoValue, connect_ms = kNoValue, tls_ms = kNoValue, first_byte_ms = kNoValue;
  float total_ms = kNoValue;
  float certificate_days = kNoValue;
  bool is_unresolved = false;    // the host has no address
  bool is_tls_broken = false;    // the handshake failed
  bool is_peer_refused = false;  // the certificate is not what it must be
  bool is_enough = false;        // the flow ended it
  bool is_expired = false;       // the time was up
  bool is_cancelled = false;
};

// The answer belongs to the caller and is filled as it comes.
boost::asio::awaitable<HttpCourse> exchange(HttpRequest request, HttpAnswer& answer, Duration time_limit);
// Of an exchange that was not cancelled and whose answer is not whole.
Verdict verdict_of(const HttpCourse& course, const HttpAnswer& answer);

// What an exchange with this URL needs: nothing for plain HTTP, since to read the system's authorities takes
// long. Without the file `ca`, which may have gone since it was checked, nobody is trusted.
std::shared_ptr<boost::asio::ssl::context> tls_for(const std::string& url, const std::string& ca);
// Of the option `ca`: empty, or the absolute path of a file with certificates.
Result<void> check_authorities(const std::string& ca);

}  // namespace faultline::session
