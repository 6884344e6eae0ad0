// The webhook connector: every ticket event is a POST of JSON to one URL. Body: payload() of message.h.
// Headers:
//   Content-Type: application/json
//   Idempotency-Key: "FL-17/4"             the same event again carries the same key: drop what was seen
//   X-Faultline-Event: opened              and X-Faultline-Ticket: FL-17
//   X-Faultline-Signature: t=1790000000,v1=HEX   with a secret: HMAC-SHA-256, keyed with it, over
//                                          the decimal seconds t, a full stop, and the body's bytes
// A receiver checks the signature in constant time and refuses a t that is more than some minutes off.
//
// Answers: 2xx done; 400, 409, 410, 413, 415 and 422 rejected: that update will never be taken; any other
// status retry later (Retry-After in seconds or as a date is obeyed), also what a person must mend, like a
// wrong secret (401, 403), a wrong URL (404) or a redirect (not followed). No connection: retry later. A
// time-out or a broken connection after something was sent, or an answer that is not HTTP: unknown, and
// repeated with the same key. A webhook cannot be searched.
#pragma once

#include "daemon/tickets/connector.h"
#include "daemon/tickets/http_client.h"
#include "rules/model/result.h"
#include "rules/model/time.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace faultline::tickets {

struct WebhookSettings {
  std::string name;
  std::string url;
  std::string secret;   // empty: requests are not signed
  std::string ca_file;  // PEM of trusted authorities; empty = the system's
  std::chrono::milliseconds deadline{10'000};
  std::size_t answer_limit = 16 * 1024;
};

// Fails if the URL is not one. `io` must outlive the connector; `clock` gives the time of the signature.
Result<std::unique_ptr<TicketConnector>> make_webhook(boost::asio::io_context& io, WebhookSettings settings,
                                                      std::function<Timestamp()> clock);

// The pure parts.
std::string sign(std::string_view secret, Timestamp at, std::string_view body);  // the header's value
DeliveryResult classify(const HttpOutcome& outcome, std::string_view host, Timestamp now);
// "120", or an HTTP date (RFC 9110 §5.6.7, IMF-fixdate); nothing for anything else. Never negative.
std::optional<Duration> parse_retry_after(std::string_view text, Timestamp now);

}  // namespace faultline::tickets
