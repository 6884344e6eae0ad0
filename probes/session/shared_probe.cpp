#include "probes/session/shared_probe.h"

#include "probes/async/cancellation.h"
#include "probes/session/reach.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace faultline::session {

namespace asio = boost::asio;
using Clock = SharedAnswer::Clock;

asio::awaitable<Round> SharedProbe::run(SessionTarget target, Duration time_limit) {
  Round round;
  round.endpoint = target.endpoint;
  co_await asio::this_coro::throw_if_cancelled(false);  // an outcome, not an exception
  const Stopwatch total;
  // What comes while this one waits will do, however long ago that is when its turn comes.
  const std::uint64_t before = answer_.number();
  while (answer_.number() == before && !answer_.serves(target.endpoint, Clock::now())) {
    const Duration left = total.left_of(time_limit);
    const bool cancelled = co_await is_cancelled();
    if (cancelled || left <= Duration{0}) {
      round.reason = cancelled ? OutcomeReason::cancelled : OutcomeReason::source_silent;
      co_return round;
    }
    if (is_asking_)
      co_await wait(left);
    else
      co_await ask(target, left);
  }
  answer_.use(target.endpoint);
  conclude(target, round);
  co_return round;
}

// Until somebody else's question is answered or given up.
asio::awaitable<void> SharedProbe::wait(Duration time_limit) {
  const auto executor = co_await asio::this_coro::executor;
  const auto timer = std::make_shared<asio::steady_timer>(executor, time_limit);
  waiting_.push_back(timer);
  const auto token = asio::as_tuple(asio::use_awaitable);
  co_await timer->async_wait(token);
}

asio::awaitable<void> SharedProbe::ask(const SessionTarget& asker, Duration time_limit) {
  is_asking_ = true;
  const bool is_renewed = co_await renew(asker, time_limit);
  is_asking_ = false;
  if (is_renewed) answer_.renew(Clock::now());
  for (const auto& timer : std::exchange(waiting_, {})) timer->cancel();
}

}  // namespace faultline::session
