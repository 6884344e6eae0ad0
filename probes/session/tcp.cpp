#include "probes/session/tcp.h"

#include "probes/async/cancellation.h"
#include "probes/async/deadline.h"
#include "probes/session/exchange_watch.h"
#include "probes/session/reach.h"

#include <boost/asio/this_coro.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::array kOptions = {
    OptionSpec{"interval", OptionType::duration, "60s", 1, 86'400, "", "time between two measurements"},
    OptionSpec{"timeout", OptionType::duration, "5s", 0.01, 60, "",
               "how long a connection may take, the name included"},
    OptionSpec{"port", OptionType::integer, "443", 1, 65'535, "", "TCP port that is connected to"},
};
constexpr std::array kMetrics = {Metric::connect_ms};

class TcpProbe : public SessionProbe {
 public:
  explicit TcpProbe(const ProbeOptions& options)
      : port_(static_cast<std::uint16_t>(options.integer("port"))) {}

  asio::awaitable<Round> run(SessionTarget target, Duration time_limit) override {
    Round round;
    round.endpoint = target.endpoint;
    co_await asio::this_coro::throw_if_cancelled(false);  // an outcome, not an exception
    const auto executor = co_await asio::this_coro::executor;
    const Stopwatch total;
    const auto address = co_await find_address(target.address, time_limit);
    bool cancelled = co_await is_cancelled();
    if (!cancelled && !address) {
      round.reason = OutcomeReason::name_unresolved;
      co_return round;
    }
    Attempt attempt;
    float took_ms = kNoValue;
    bool expired = false;
    if (!cancelled) {
      tcp::socket socket(executor);
      const Deadline deadline(executor, total.left_of(time_limit), [&socket] {
        boost::system::error_code ignored;
        socket.close(ignored);
      });
      const Stopwatch connecting;
      const tcp::endpoint remote(*address, port_);
      const ExchangeWatch watch = exchange_watch(target);
      if (watch) watch(">", "connect to " + shown(*address, port_));
      attempt = co_await connect_tcp(socket, remote);
      took_ms = connecting.elapsed_ms();
      expired = deadline.expired();
      if (watch) watch("<", told_by(attempt));
      cancelled = co_await is_cancelled();
    }
    if (cancelled) {
      round.reason = OutcomeReason::cancelled;
    } else if (expired) {
      round.outcome = Outcome::timed_out;
    } else if (attempt.error) {
      give(round, verdict_of(attempt));
    } else {
      round.outcome = Outcome::ok;
      round.add(Metric::connect_ms, took_ms);
    }
    co_return round;
  }

 private:
  std::uint16_t port_;
};

}  // namespace

std::span<const OptionSpec> tcp_options() {
  return kOptions;
}
std::span<const Metric> tcp_metrics() {
  return kMetrics;
}
std::unique_ptr<SessionProbe> make_tcp_probe(const ProbeOptions& options) {
  return std::make_unique<TcpProbe>(options);
}

}  // namespace faultline::session
