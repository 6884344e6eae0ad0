#include "probes/session/http_answer.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <optional>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t kMostHeaderBytes = 32 * 1024;
constexpr std::size_t kMostUnreadBytes = 2 * kMostHeaderBytes;  // of a header or chunk header that never ends
constexpr int kMostInterimAnswers = 5;

// A body of which no more is kept than is wanted, whatever length the header claims.
struct BoundedBody {
  struct value_type {
    std::string text;
    std::size_t most = 0;
    std::size_t count = 0;  // of `most`
    bool is_kept = true;
  };
  class reader {
   public:
    template <bool is_request, typename Fields>
    reader(http::header<is_request, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, error_code& error) { error = {}; }
    template <typename Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      std::size_t count = 0;
      for (auto i = asio::buffer_sequence_begin(buffers); i != asio::buffer_sequence_end(buffers); ++i) {
        const asio::const_buffer piece = *i;
        const std::size_t wanted = std::min(piece.size(), body_.most - body_.count);
        if (body_.is_kept) body_.text.append(static_cast<const char*>(piece.data()), wanted);
        body_.count += wanted;
        count += piece.size();
      }
      return count;
    }
    void finish(error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};
using Parser = http::response_parser<BoundedBody>;

}  // namespace

struct HttpAnswer::Impl {
  bool is_head;
  std::size_t most_body;
  bool is_kept;
  std::optional<Parser> parser = {};
  std::string unread = {};
  State state = State::unfinished;
  int interim = 0;

  void begin() {
    parser.emplace();
    parser->eager(true);
    parser->header_limit(kMostHeaderBytes);
    parser->body_limit(boost::none);
    parser->skip(is_head);
    parser->get().body().most = most_body;
    parser->get().body().is_kept = is_kept;
  }

  unsigned status() const { return parser->is_header_done() ? parser->get().result_int() : 0; }

  void read_on() {
    while (state == State::unfinished && !unread.empty()) {
      error_code error;
      const std::size_t used = parser->put(asio::const_buffer(unread.data(), unread.size()), error);
      unread.erase(0, used);
      if (error && error != http::error::need_more) {
        state = State::malformed;
        return;
      }
      judge();
      if (error || used == 0) break;
    }
    if (state == State::unfinished && unread.size() > kMostUnreadBytes) state = State::malformed;
  }

  void judge() {
    if (!parser->is_header_done()) return;
    const unsigned code = status();
    if (code < 100 || code > 599) {
      state = State::malformed;
    } else if (code < 200 && code != 101) {
      if (!parser->is_done()) return;
      if (++interim > kMostInterimAnswers)
        state = State::malformed;
      else
        begin();
    } else if (parser->is_done() || (!is_head && parser->get().body().count == most_body)) {
      state = State::whole;
    }
  }
};

HttpAnswer::HttpAnswer(bool is_head, std::size_t most_body, Body what)
    : impl_(new Impl{is_head, most_body, what == Body::kept}) {
  impl_->begin();
}
HttpAnswer::~HttpAnswer() = default;

HttpAnswer::State HttpAnswer::take(std::string_view bytes) {
  if (impl_->state != State::unfinished) return impl_->state;
  impl_->unread.append(bytes);
  impl_->read_on();
  return impl_->state;
}

HttpAnswer::State HttpAnswer::end() {
  if (impl_->state != State::unfinished || !impl_->parser->got_some()) return impl_->state;
  error_code error;
  impl_->parser->put_eof(error);
  if (!error) impl_->judge();
  return impl_->state;
}

HttpAnswer::State HttpAnswer::state() const {
  return impl_->state;
}
unsigned HttpAnswer::status() const {
  return impl_->status();
}
const std::string& HttpAnswer::body() const {
  return impl_->parser->get().body().text;
}

std::size_t HttpAnswer::body_size() const {
  return impl_->parser->get().body().count;
}

}  // namespace faultline::session
