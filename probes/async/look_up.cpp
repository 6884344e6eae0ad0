#include "probes/async/look_up.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace faultline {
namespace {

namespace asio = boost::asio;

// What a coroutine waits on: the timer ends early when there is an answer.
struct Waiting {
  explicit Waiting(const asio::any_io_executor& executor) : timer(executor) {}
  asio::steady_timer timer;
  std::optional<std::string> address;
};

// Owned by the event loop, and ended with it: before its executor is gone.
class LookUps : public asio::execution_context::service {
 public:
  using key_type = LookUps;
  static asio::execution_context::id id;

  explicit LookUps(asio::execution_context& loop) : asio::execution_context::service(loop) {}

  void set_options(ResolverOptions options) {
    options_ = std::move(options);
    resolver_.reset();
  }

  void ask(const std::string& name, const std::shared_ptr<Waiting>& waiting) {
    if (!resolver_) {
      auto started = Resolver::start(options_, [](const std::string&, const std::optional<std::string>&) {});
      if (!started) {  // no thread, no descriptor: as if the name had no address
        asio::post(waiting->timer.get_executor(), [waiting] { waiting->timer.cancel(); });
        return;
      }
      resolver_ = std::move(*started);
    }
    resolver_->look_up(name, [waiting](std::optional<std::string> address) {
      asio::post(waiting->timer.get_executor(), [waiting, address = std::move(address)] {
        waiting->address = address;
        waiting->timer.cancel();
      });
    });
  }

 private:
  void shutdown() override { resolver_.reset(); }

  ResolverOptions options_;
  std::unique_ptr<Resolver> resolver_;
};
asio::execution_context::id LookUps::id;

}  // namespace

asio::awaitable<std::optional<std::string>> look_up(std::string name, Duration time_limit) {
  if (is_literal_address(name)) co_return name;
  const auto executor = co_await asio::this_coro::executor;
  const auto waiting = std::make_shared<Waiting>(executor);
  waiting->timer.expires_after(time_limit);
  asio::use_service<LookUps>(asio::query(executor, asio::execution::context)).ask(name, waiting);
  const auto token = asio::as_tuple(asio::use_awaitable);
  co_await waiting->timer.async_wait(token);
  co_return waiting->address;
}

void set_look_up_options(asio::execution_context& loop, ResolverOptions options) {
  asio::use_service<LookUps>(loop).set_options(std::move(options));
}

}  // namespace faultline
