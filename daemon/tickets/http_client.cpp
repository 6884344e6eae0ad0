#include "daemon/tickets/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/core.h>

#include <optional>

namespace faultline::tickets {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint32_t kMaxHeaderBytes = 16 * 1024;
constexpr int kMaxInterimAnswers = 5;  // 1xx before the real one

using TlsStream = asio::ssl::stream<tcp::socket&>;

// Plain callbacks, a step each; `this` stays alive through the shared_ptr in every handler.
class Operation final : public HttpOperation, public std::enable_shared_from_this<Operation> {
 public:
  Operation(asio::io_context& io, HttpCall call, std::function<void(HttpOutcome)> callback)
      : call_(std::move(call)), callback_(std::move(callback)), resolver_(io), socket_(io), timer_(io) {}

  void start() {
    if (is_over()) return;
    timer_.expires_after(call_.deadline);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->end(self->phase_ + ": time-out");
    });
    phase_ = "resolving the name";
    resolver_.async_resolve(
        call_.url.host, std::to_string(call_.url.port),
        [self = shared_from_this()](error_code error, const tcp::resolver::results_type& found) {
          if (self->goes_on(error)) self->connect(found);
        });
  }

  void cancel() override {
    callback_ = nullptr;
    close();
  }

 private:
  void connect(const tcp::resolver::results_type& found) {
    phase_ = "connecting";
    asio::async_connect(socket_, found, [self = shared_from_this()](error_code error, const tcp::endpoint&) {
      if (!self->goes_on(error)) return;
      if (self->call_.url.tls)
        self->handshake();
      else
        self->connected();
    });
  }

  void handshake() {
    phase_ = "TLS handshake";
    error_code error;
    if (call_.ca_file.empty())
      tls_context_.set_default_verify_paths(error);
    else
      tls_context_.load_verify_file(call_.ca_file, error);
    if (error) return end(fmt::format("reading trusted certificates: {}", error.message()));
    tls_context_.set_verify_mode(asio::ssl::verify_peer, error);
    SSL_CTX_set_min_proto_version(tls_context_.native_handle(), TLS1_2_VERSION);
    tls_.emplace(socket_, tls_context_);
    tls_->set_verify_callback(asio::ssl::host_name_verification(call_.url.host), error);
    asio::ip::make_address(call_.url.host, error);
    if (error) SSL_set_tlsext_host_name(tls_->native_handle(), call_.url.host.c_str());  // not for addresses
    tls_->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](error_code failed) {
      if (self->goes_on(failed)) self->connected();
    });
  }

  void connected() {
    if (call_.connect_only) {
      outcome_.status = 200;
      return end({});
    }
    request_.method_string(call_.method);
    request_.target(call_.url.target);
    request_.version(11);
    request_.set(http::field::host, call_.url.host_header());
    request_.set(http::field::user_agent, "faultline");
    request_.set(http::field::connection, "close");
    for (const auto& [field, value] : call_.headers) request_.set(field, value);
    request_.body() = std::move(call_.body);
    request_.prepare_payload();
    phase_ = "sending";
    outcome_.was_sent = true;
    auto sent = [self = shared_from_this()](error_code error, std::size_t) {
      // A server may answer and close before it has read all: look for the answer in any case.
      self->send_error_ = error;
      if (error != asio::error::operation_aborted && !self->is_over()) self->read_header();
    };
    if (tls_)
      http::async_write(*tls_, request_, std::move(sent));
    else
      http::async_write(socket_, request_, std::move(sent));
  }

  void read_header() {
    phase_ = "waiting for the answer";
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    parser_->body_limit(call_.answer_limit);
    auto read = [self = shared_from_this()](error_code error, std::size_t) { self->got_header(error); };
    if (tls_)
      http::async_read_header(*tls_, buffer_, *parser_, std::move(read));
    else
      http::async_read_header(socket_, buffer_, *parser_, std::move(read));
  }

  void got_header(error_code error) {
    if (is_over()) return;
    // A content length over the limit is told here, but the status is known and counts.
    if (error && error != http::error::body_limit) return fail(send_error_ ? send_error_ : error);
    const unsigned status = parser_->get().result_int();
    if (status < 100 || status > 599) return fail(http::make_error_code(http::error::bad_status));
    if (status < 200) {
      if (++interim_ > kMaxInterimAnswers) return fail(http::make_error_code(http::error::bad_status));
      return read_header();
    }
    outcome_.status = status;
    outcome_.retry_after = std::string(parser_->get()[http::field::retry_after]);
    if (error || parser_->is_done()) return finish_body();
    phase_ = "reading the answer";
    auto read = [self = shared_from_this()](error_code, std::size_t) { self->finish_body(); };
    if (tls_)
      http::async_read(*tls_, buffer_, *parser_, std::move(read));
    else
      http::async_read(socket_, buffer_, *parser_, std::move(read));
  }

  // Whatever became of the body: the status is the answer.
  void finish_body() {
    outcome_.body = parser_->get().body();
    end({});
  }

  // Cancelled, or past its deadline. Closing does not stop a step that was done already and whose handler
  // only waits for its turn: without asking this, it would open the socket again and wait on it for ever.
  bool is_over() const { return !callback_; }
  bool goes_on(error_code error) {
    if (error) fail(error);
    return !error && !is_over();
  }
  void fail(error_code error) {
    if (error != asio::error::operation_aborted) end(fmt::format("{}: {}", phase_, error.message()));
  }

  // Calls back once; `trouble` empty = there is a status. A time-out in the answer's body leaves the status.
  void end(std::string trouble) {
    if (is_over()) return;
    if (outcome_.status == 0) outcome_.trouble = std::move(trouble);
    auto callback = std::exchange(callback_, nullptr);
    close();
    callback(std::move(outcome_));
  }

  void close() {
    error_code ignored;
    timer_.cancel(ignored);
    resolver_.cancel();
    socket_.close(ignored);
  }

  HttpCall call_;
  std::function<void(HttpOutcome)> callback_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  asio::ssl::context tls_context_{asio::ssl::context::tls_client};
  std::optional<TlsStream> tls_;
  boost::beast::flat_buffer buffer_{kMaxHeaderBytes * 2};
  http::request<http::string_body> request_;
  std::optional<http::response_parser<http::string_body>> parser_;
  HttpOutcome outcome_;
  error_code send_error_;
  std::string phase_;
  int interim_ = 0;
};

}  // namespace

std::shared_ptr<HttpOperation> start_http(asio::io_context& io, HttpCall call,
                                          std::function<void(HttpOutcome)> callback) {
  auto operation = std::make_shared<Operation>(io, std::move(call), std::move(callback));
  asio::post(io, [operation] { operation->start(); });
  return operation;
}

}  // namespace faultline::tickets
