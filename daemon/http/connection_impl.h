// The conversation with one client, for any stream over a TCP socket. Included by connection_plain.cpp and
// connection_tls.cpp only. One request at a time: what a client sends ahead waits in a buffer of the header
// limit's size and then in its own socket.
#pragma once

#include "daemon/http/awaited.h"
#include "daemon/http/connection.h"
#include "daemon/http/deadline.h"
#include "daemon/http/request_head.h"
#include "daemon/http/response_head.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <string>

namespace faultline::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;
template <typename T>
using Task = asio::awaitable<T>;
inline constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

// How long, and how much, we go on reading from a client that was turned away, so that it gets to see why.
inline constexpr std::chrono::milliseconds kLingerTime{1000};
inline constexpr std::size_t kLingerBytes = 4 * 1024 * 1024;

// Answers a Respond that nobody called.
class RespondGuard {
 public:
  explicit RespondGuard(std::shared_ptr<Awaited<HttpResponse>> answer) : answer_(std::move(answer)) {}
  ~RespondGuard() { answer_->give(problem(500, "an internal error: no answer was given")); }
  RespondGuard(const RespondGuard&) = delete;
  RespondGuard& operator=(const RespondGuard&) = delete;
  void give(HttpResponse response) { answer_->give(std::move(response)); }

 private:
  std::shared_ptr<Awaited<HttpResponse>> answer_;
};

// `Transport` gives: Socket& socket(); a stream(); Task<bool> open(); Task<void> close_stream().
template <typename Transport>
class BasicConnection final : public Connection,
                              public std::enable_shared_from_this<BasicConnection<Transport>> {
 public:
  template <typename... Arguments>
  BasicConnection(std::shared_ptr<ServerState> state, Peer peer, Arguments&&... arguments)
      : state_(std::move(state)),
        peer_(std::move(peer)),
        transport_(std::forward<Arguments>(arguments)...),
        deadline_(transport_.socket()) {}

  void start(std::function<void()> ended) override {
    ended_ = std::move(ended);
    auto self = this->shared_from_this();
    asio::co_spawn(transport_.socket().get_executor(), run(self), [self](std::exception_ptr error) {
      if (error) self->report(error);
      self->deadline_.lift();
      ErrorCode ignored;
      self->transport_.socket().close(ignored);
      std::exchange(self->ended_, {})();
    });
  }
  void finish() override {
    if (is_idle_) abort();
  }
  void abort() override {
    ErrorCode ignored;
    transport_.socket().close(ignored);
  }

 private:
  using Parser = beast::http::request_parser<beast::http::string_body>;
  enum class Next : std::uint8_t { keep_alive, close, linger };

  static Task<void> run(std::shared_ptr<BasicConnection> self) {
    self->deadline_.set(self->state_->active->limits.header_time, self);
    const bool opened = co_await self->transport_.open();
    if (!opened) {
      self->state_->refused(Refusal::tls_handshake);
      co_return;
    }
    Next next = Next::keep_alive;
    while (next == Next::keep_alive && !self->state_->stopping) {
      next = co_await self->serve_one(self);
    }
    if (next == Next::linger) co_await self->linger(self);
    if (next == Next::close) {
      self->deadline_.set(kLingerTime, self);
      co_await self->transport_.close_stream();
    }
  }

  // One request and its answer.
  Task<Next> serve_one(std::shared_ptr<BasicConnection> self) {
    const Limits limits = state_->active->limits;
    is_idle_ = true;
    const bool has_data = co_await read_first_bytes(self, limits);
    is_idle_ = false;
    if (!has_data) co_return Next::linger;
    const auto began = std::chrono::steady_clock::now();
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser.body_limit(boost::none);
    deadline_.set(limits.header_time, self);
    const auto [error, size] =
        co_await beast::http::async_read_header(transport_.stream(), buffer_, parser, kToken);
    if (error) co_return co_await answer_bad_read(self, error, Method::get);
    HeadDecision decision = judge_head(*state_, peer_, raw_head(parser), began);
    const Method method = decision.request.method;
    const std::string route = decision.request.route;
    unsigned status = 0;
    Next next = Next::close;
    if (decision.refusal) {
      const bool drained = decision.is_end_known && (parser.is_done() || !has_body(parser));
      next = drained && parser.keep_alive() ? Next::keep_alive : Next::linger;
      status = decision.refusal->status;
      next = co_await write_answer(self, parser, method, *decision.refusal, next);
    } else {
      parser.body_limit(decision.body_limit);
      const ErrorCode body_error = co_await read_body(self, parser, limits);
      if (body_error) co_return co_await answer_bad_read(self, body_error, method);
      HttpResponse answer = co_await ask_handler(decision, parser, limits);
      status = answer.status;
      next = parser.keep_alive() ? Next::keep_alive : Next::close;
      next = co_await write_answer(self, parser, method, answer, next);
    }
    const auto duration =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    if (state_->events.request_done)
      state_->events.request_done(RequestDone{route, method, status, duration});
    co_return next;
  }

  // False: the client is silent or gone.
  Task<bool> read_first_bytes(std::shared_ptr<BasicConnection> self, Limits limits) {
    buffer_.max_size(limits.header_bytes + 1024);
    if (buffer_.size() > 0) co_return true;
    deadline_.set(limits.idle_time, self);
    const auto space = buffer_.prepare(1024);
    const auto [error, size] = co_await transport_.stream().async_read_some(space, kToken);
    buffer_.commit(size);
    co_return !error;
  }

  Task<ErrorCode> read_body(std::shared_ptr<BasicConnection> self, Parser& parser, Limits limits) {
    deadline_.set(limits.body_time, self);
    if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue") && has_body(parser)) {
      const auto go_on = asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25);
      const auto [error, size] = co_await asio::async_write(transport_.stream(), go_on, kToken);
      if (error) co_return error;
    }
    if (parser.is_done()) co_return ErrorCode{};
    const auto [error, size] = co_await beast::http::async_read(transport_.stream(), buffer_, parser, kToken);
    co_return error;
  }

  Task<HttpResponse> ask_handler(HeadDecision& decision, Parser& parser, Limits limits) {
    deadline_.lift();
    auto answer = std::make_shared<Awaited<HttpResponse>>(transport_.socket().get_executor());
    call_handler(decision, parser, answer);
    std::optional<HttpResponse> response = co_await Awaited<HttpResponse>::wait(answer, limits.answer_time);
    if (!response) response = problem(503, "no answer in time; try again later");
    co_return std::move(*response);
  }

  void call_handler(HeadDecision& decision, Parser& parser, std::shared_ptr<Awaited<HttpResponse>> answer) {
    auto guard = std::make_shared<RespondGuard>(std::move(answer));
    decision.request.body = std::move(parser.get().body());
    try {
      state_->router->dispatch(std::move(decision.match), std::move(decision.request),
                               [guard](HttpResponse response) { guard->give(std::move(response)); });
    } catch (...) {
      report(std::current_exception());
    }
  }

  Task<Next> write_answer(std::shared_ptr<BasicConnection> self, Parser& parser, Method method,
                          HttpResponse& response, Next next) {
    const bool is_http_1_1 = parser.get().version() >= 11;
    Framing framing = Framing::length;
    if (response.stream) framing = is_http_1_1 ? Framing::chunked : Framing::close;
    if (framing == Framing::close && next == Next::keep_alive) next = Next::close;
    if (state_->stopping && next == Next::keep_alive) next = Next::close;
    std::string head = response_head(response, framing, next == Next::keep_alive, std::time(nullptr));
    const bool with_body = method != Method::head;
    if (with_body && !response.stream) head += response.body;
    bool written = co_await write(self, head);
    if (written && with_body && response.stream)
      written = co_await write_stream(self, response.stream, framing == Framing::chunked);
    co_return written ? next : Next::linger;
  }

  Task<bool> write_stream(std::shared_ptr<BasicConnection> self, std::shared_ptr<BodySource> source,
                          bool chunked) {
    using Block = std::pair<std::string, bool>;
    const auto executor = transport_.socket().get_executor();
    for (bool last = false; !last;) {
      auto awaited = std::make_shared<Awaited<Block>>(executor);
      source->next([awaited, executor](std::string block, bool is_last) {
        asio::post(executor, [awaited, block = Block(std::move(block), is_last)]() mutable {
          awaited->give(std::move(block));
        });
      });
      deadline_.lift();
      std::optional<Block> block = co_await Awaited<Block>::wait(awaited, state_->active->limits.answer_time);
      if (!block) co_return false;  // the answer is cut off, and the client can tell
      last = block->second;
      std::string text = framed(std::move(block->first), chunked, last);
      const bool written = co_await write(self, text);
      if (!written) co_return false;
    }
    co_return true;
  }

  static std::string framed(std::string block, bool chunked, bool last) {
    if (!chunked) return block;
    std::string text;
    if (!block.empty()) {
      text.reserve(block.size() + 32);
      text = chunk_head(block.size());
      text += block;
      text += "\r\n";
    }
    if (last) text += kLastChunk;
    return text;
  }

  Task<bool> write(std::shared_ptr<BasicConnection> self, const std::string& text) {
    deadline_.set(state_->active->limits.write_time, self);
    const auto bytes = asio::buffer(text);
    const auto [error, size] = co_await asio::async_write(transport_.stream(), bytes, kToken);
    if (error && deadline_.expired()) state_->refused(Refusal::timed_out);
    deadline_.lift();
    co_return !error;
  }

  // Header or body could not be read: says why, as far as the client still listens.
  Task<Next> answer_bad_read(std::shared_ptr<BasicConnection> self, ErrorCode error, Method method) {
    std::optional<HttpResponse> response;
    if (deadline_.expired()) {
      state_->refused(Refusal::timed_out);
      response = problem(408, "the request did not come in time");
    } else if (error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow) {
      state_->refused(Refusal::too_large);
      response = problem(431, "the header is too large");
    } else if (error == beast::http::error::body_limit) {
      state_->refused(Refusal::too_large);
      response = problem(413, "the body is too large");
    } else if (error.category() == make_error_code(beast::http::error::bad_method).category() &&
               error != beast::http::error::end_of_stream && error != beast::http::error::partial_message) {
      state_->refused(Refusal::malformed);
      response = problem(400, "this is no HTTP/1.1 request: " + error.message());
    }
    if (response) {
      std::string text = response_head(*response, Framing::length, false, std::time(nullptr));
      if (method != Method::head) text += response->body;
      co_await write(self, text);
    }
    co_return Next::linger;
  }

  // Half-closes and reads what the client still sends, so that no reset destroys the answer on its way.
  Task<void> linger(std::shared_ptr<BasicConnection> self) {
    ErrorCode ignored;
    transport_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    deadline_.set(kLingerTime, self);
    std::array<char, 8192> waste;
    const auto space = asio::buffer(waste);
    for (std::size_t total = 0; total < kLingerBytes && !state_->stopping;) {
      const auto [error, size] = co_await transport_.socket().async_read_some(space, kToken);
      if (error) break;
      total += size;
    }
  }

  static bool has_body(const Parser& parser) {
    return parser.chunked() || parser.content_length().value_or(0) > 0;
  }

  static RawHead raw_head(const Parser& parser) {
    const auto& message = parser.get();
    RawHead head;
    head.method = message.method_string();
    head.target = message.target();
    head.is_http_1_1 = message.version() >= 11;
    if (parser.content_length()) head.content_length = *parser.content_length();
    for (const auto& field : message) {
      std::string name(field.name_string());
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      head.headers.emplace_back(std::move(name), std::string(field.value()));
    }
    return head;
  }

  void report(const std::exception_ptr& error) const {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& exception) {
      state_->trouble(exception.what());
    }
  }

  std::shared_ptr<ServerState> state_;
  Peer peer_;
  Transport transport_;
  Deadline deadline_;
  beast::flat_buffer buffer_;
  std::function<void()> ended_;
  bool is_idle_ = false;
};

}  // namespace faultline::http
