#include "probes/session/path.h"

#include "probes/async/cancellation.h"
#include "probes/async/deadline.h"
#include "probes/session/path_report.h"
#include "probes/session/path_socket.h"
#include "probes/session/reach.h"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::array kOptions = {
    OptionSpec{"interval", OptionType::duration, "6h", 60, 604'800, "",
               "time between two looks at the usual way; a degradation that begins asks at once"},
    OptionSpec{"timeout", OptionType::duration, "20s", 1, 120, "", "how long one trace may take"},
    OptionSpec{"method", OptionType::choice, "auto", 0, 0, "auto icmp udp",
               "what is sent; auto: ICMP echo where the kernel lets this group use ping sockets, else UDP"},
    OptionSpec{"hops", OptionType::integer, "30", 1, 60, "", "how far it looks"},
    OptionSpec{"packets", OptionType::integer, "5", 1, 16, "", "packets for each hop"},
    OptionSpec{"patience", OptionType::duration, "1s", 0.05, 10, "", "how long an answer may take"},
    OptionSpec{"at_once", OptionType::integer, "4", 1, 100, "",
               "traces under way at the same time, of all endpoints with these options; others are left out"},
};

constexpr std::size_t kWindow = 6;      // hops that are asked together while the length is not known
constexpr std::size_t kMostSilent = 5;  // behind so many silent hops nothing more is looked for
constexpr Duration kSpacing = std::chrono::milliseconds(20);  // routers limit how many errors they send

// One trace: what was sent when, and what came back.
class Trace {
 public:
  Trace(PathSocket& socket, std::size_t most_hops, std::size_t packets)
      : socket_(socket), packets_(packets), path_(most_hops), sent_at_(most_hops * packets) {}

  // The n-th packet for a hop (from 0).
  bool send(std::size_t hop, std::size_t n) {
    const auto index = static_cast<std::uint16_t>(hop * packets_ + n);
    if (!socket_.send(index, static_cast<int>(hop) + 1)) return false;
    sent_at_[index] = Clock::now();
    ++path_[hop].sent;
    ++open_;
    return true;
  }

  void take_answers() {
    while (const auto answer = socket_.read()) take(*answer);
  }

  bool is_waiting() const { return open_ > 0; }
  // Hops that are worth asking: up to the first that is the endpoint or refuses.
  std::size_t length() const { return end_; }
  // So many hops before this one have not answered in a row.
  std::size_t silent_before(std::size_t hop) const {
    std::size_t silent = 0;
    while (silent < hop && path_[hop - silent - 1].rtt_ms.empty()) ++silent;
    return silent;
  }

  // Without what was never asked and the silence behind the last that answers, of which one hop is shown.
  Path result() const {
    Path path(path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(std::min(end_, path_.size())));
    while (!path.empty() && path.back().sent == 0) path.pop_back();
    while (path.size() > 1 && path.back().rtt_ms.empty() && path[path.size() - 2].rtt_ms.empty())
      path.pop_back();
    // A router that refuses is met twice: by the packet that died there, and by the one that should go on.
    if (path.size() > 1 && !path.back().refusal.empty() &&
        path.back().address == path[path.size() - 2].address) {
      path[path.size() - 2].refusal = path.back().refusal;
      path.pop_back();
    }
    return path;
  }

 private:
  void take(const PathAnswer& answer) {
    const std::size_t hop = answer.index / packets_;
    if (answer.index >= sent_at_.size() || !sent_at_[answer.index]) return;  // a second answer, or too late
    PathHop& one = path_[hop];
    const auto took = Clock::now() - *sent_at_[answer.index];
    sent_at_[answer.index].reset();
    --open_;
    one.rtt_ms.push_back(static_cast<float>(to_milliseconds(std::chrono::duration_cast<Duration>(took))));
    one.address = answer.address;
    one.is_endpoint = one.is_endpoint || answer.is_endpoint;
    one.refusal = answer.refusal;
    if (one.is_endpoint || !one.refusal.empty()) end_ = std::min(end_, hop + 1);
  }

  PathSocket& socket_;
  std::size_t packets_;
  Path path_;
  std::vector<std::optional<Clock::time_point>> sent_at_;  // of each packet that waits for an answer
  std::size_t open_ = 0;
  std::size_t end_ = SIZE_MAX;
};

class PathProbe : public SessionProbe {
 public:
  explicit PathProbe(const ProbeOptions& options)
      : method_(options.text("method")),
        hops_(static_cast<std::size_t>(options.integer("hops"))),
        packets_(static_cast<std::size_t>(options.integer("packets"))),
        patience_(options.duration("patience")),
        at_once_(options.integer("at_once")) {}

  asio::awaitable<Round> run(SessionTarget target, Duration time_limit) override {
    Round round;
    round.endpoint = target.endpoint;
    co_await asio::this_coro::throw_if_cancelled(false);  // an outcome, not an exception
    if (under_way_ >= at_once_) {
      round.reason = OutcomeReason::engine_late;
      co_return round;
    }
    ++under_way_;
    const Stopwatch total;
    const auto address = co_await find_address(target.address, time_limit);
    const auto executor = co_await asio::this_coro::executor;
    bool cancelled = co_await is_cancelled();
    if (!cancelled && !address) round.reason = OutcomeReason::name_unresolved;
    PathMethod method = PathMethod::udp;
    auto socket = address ? open(executor, *address, method) : Opened(fail("no address"));
    if (address && !socket) round.reason = OutcomeReason::send_failed;
    if (socket && !cancelled) {
      Trace trace(*socket, hops_, packets_);
      const Deadline deadline(executor, total.left_of(time_limit), [&socket] { socket->close(); });
      co_await walk(trace, *socket);
      tell(target, trace.result(), method, round);
    }
    --under_way_;
    cancelled = co_await is_cancelled();
    if (cancelled) {
      round.outcome = Outcome::not_measured;
      round.reason = OutcomeReason::cancelled;
    }
    co_return round;
  }

 private:
  using Opened = Result<PathSocket>;

  Opened open(const asio::any_io_executor& executor, const asio::ip::address& to, PathMethod& method) const {
    method = PathMethod::icmp;
    Opened socket = fail("not tried");
    if (method_ != "udp") socket = PathSocket::open(executor, to, method);
    if (socket || method_ == "icmp") return socket;
    method = PathMethod::udp;
    return PathSocket::open(executor, to, method);
  }

  // Reads what comes, each answer as soon as it is there, for so long; `until_all`: or until nothing is
  // waited for.
  static asio::awaitable<void> gather(Trace& trace, PathSocket& socket, Duration time, bool until_all) {
    const auto executor = co_await asio::this_coro::executor;
    const Deadline deadline(executor, time, [&socket] { socket.cancel(); });
    for (;;) {
      trace.take_answers();
      const bool is_over = deadline.expired() || !socket.is_open();
      if (is_over || (until_all && !trace.is_waiting())) co_return;
      if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
      co_await socket.wait();
    }
  }

  // One packet for each hop until the length is known, then the others.
  asio::awaitable<void> walk(Trace& trace, PathSocket& socket) const {
    std::size_t asked = 0;
    while (asked < std::min(hops_, trace.length())) {
      if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
      if (!trace.send(asked, 0)) break;
      ++asked;
      co_await gather(trace, socket, kSpacing, false);
      if (asked % kWindow != 0) continue;
      co_await gather(trace, socket, patience_, true);
      if (trace.silent_before(asked) >= kMostSilent) break;
    }
    co_await gather(trace, socket, patience_, true);
    for (std::size_t n = 1; n < packets_; ++n)
      for (std::size_t hop = 0; hop < std::min(asked, trace.result().size()); ++hop) {
        if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
        if (!trace.send(hop, n)) co_return;
        co_await gather(trace, socket, kSpacing, false);
      }
    co_await gather(trace, socket, patience_, true);
  }

  void tell(const SessionTarget& target, const Path& path, PathMethod method, Round& round) {
    const bool has_answer =
        std::any_of(path.begin(), path.end(), [](const PathHop& hop) { return !hop.rtt_ms.empty(); });
    if (path.empty()) {  // the own kernel let nothing out
      round.reason = OutcomeReason::no_route;
      return;
    }
    round.outcome = has_answer ? Outcome::ok : Outcome::lost;
    std::string& usual = usual_ways_[target.name];
    if (has_answer) note_fact(target, "path", path_known(path, usual));
    note_finding(target, "path",
                 fmt::format("{} ({}: {})", path_verdict(path, usual),
                             method == PathMethod::icmp ? "ICMP echo" : "UDP", path_text(path)));
    if (length_of(path) > 0) usual = path_known(path, usual);
  }

  std::string method_;
  std::size_t hops_, packets_;
  Duration patience_;
  std::int64_t at_once_;
  std::int64_t under_way_ = 0;
  // By the endpoint's name, as the last trace that arrived found it: about 200 B each, kept as long as the
  // profile.
  std::map<std::string, std::string, std::less<>> usual_ways_;
};

}  // namespace

std::span<const OptionSpec> path_options() {
  return kOptions;
}
std::unique_ptr<SessionProbe> make_path_probe(const ProbeOptions& options) {
  return std::make_unique<PathProbe>(options);
}

}  // namespace faultline::session
