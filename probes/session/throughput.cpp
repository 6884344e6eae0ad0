#include "probes/session/throughput.h"

#include "probes/async/cancellation.h"
#include "probes/async/clock.h"
#include "probes/session/exchange_watch.h"
#include "probes/session/http_exchange.h"
#include "probes/session/http_listener.h"
#include "probes/session/line_book.h"
#include "probes/session/reflected_load.h"
#include "probes/session/transfer_meter.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;

constexpr std::array kOptions = {
    OptionSpec{"interval", OptionType::duration, "6h", 60, 604'800, "", "time between two measurements"},
    OptionSpec{"timeout", OptionType::duration, "60s", 1, 600, "",
               "how long all of it may take, the wait for another test on the same node included"},
    OptionSpec{"method", OptionType::choice, "http", 0, 0, "http stamp",
               "http: transfers from and to a web server; stamp: packets to a STAMP reflector and back"},
    OptionSpec{"url", OptionType::text, "http://{address}/", 0, 0, "",
               "what is downloaded; {address} is the endpoint's and must be in it; empty = no download"},
    OptionSpec{"upload_url", OptionType::text, "", 0, 0, "",
               "where bytes are posted to; {address} must be in it; empty = no upload"},
    OptionSpec{"port", OptionType::integer, "0", 0, 65'535, "",
               "TCP port, 0 = the URL's; of method stamp the UDP port, 0 = 862"},
    OptionSpec{"verify", OptionType::flag, "true", 0, 0, "",
               "whether a certificate that is untrusted, ended or of another name is a failure"},
    OptionSpec{"ca", OptionType::text, "", 0, 0, "",
               "absolute path of a PEM file with the authorities that are trusted; empty = the system's"},
    OptionSpec{"duration", OptionType::duration, "5s", 0.1, 60, "",
               "a transfer ends after so long, whatever is left of it"},
    OptionSpec{"max_bytes", OptionType::integer, "10000000", 10'000, 10'000'000'000, "",
               "of one transfer; of method stamp both directions together"},
    OptionSpec{"max_bps", OptionType::integer, "0", 0, 100'000'000'000, "",
               "bits a second that are not exceeded; 0 = as fast as it goes, which method stamp cannot"},
    OptionSpec{"packet_bytes", OptionType::integer, "1400", 92, 9000, "",
               "of method stamp: of an IP packet with its headers"},
    OptionSpec{"daily_cap", OptionType::integer, "100000000", 10'000, 1'000'000'000'000, "",
               "bytes of test traffic an endpoint and UTC day; a test that would exceed it is left out"},
    OptionSpec{"line_in_use_bps", OptionType::integer, "1000000", 0, 1'000'000'000'000, "",
               "traffic on the line, as another probe reads it, from which no test is made; 0 = any"},
    OptionSpec{"line_in_use_ratio", OptionType::number, "0.1", 0, 1, "",
               "utilisation of the line, as another probe reads it, from which no test is made; 0 = any"},
    OptionSpec{"line_use_age", OptionType::duration, "5m", 1, 86'400, "",
               "older readings of traffic and utilisation do not count"},
    OptionSpec{"only_known_use", OptionType::flag, "false", 0, 0, "",
               "whether a line of whose traffic nothing is known is left out"},
    OptionSpec{"at_once", OptionType::integer, "4", 1, 1000, "",
               "tests of this daemon at one time, which share its own uplink"},
};
constexpr std::array kMetrics = {Metric::throughput_bps, Metric::throughput_up_bps};
constexpr std::uint16_t kStampPort = 862;
constexpr Duration kToBegin = std::chrono::seconds(10);  // name, connection, TLS and the first byte

// Watches over a transfer: counts it, holds it below the rate, ends it in time.
class Pacer : public HttpFlow {
 public:
  Pacer(Duration duration, double max_bps) : duration_(duration), max_bps_(max_bps) {}

  Duration pause_after(std::uint64_t bytes) override {
    meter.add(watch_.elapsed(), bytes);
    if (meter.lasted() >= duration_) return Duration(-1);
    if (max_bps_ <= 0) return {};
    const double due_s = 8.0 * static_cast<double>(meter.bytes()) / max_bps_;
    const auto due = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(due_s));
    return std::max(Duration{}, due - meter.lasted());
  }
  // The time was up while it waited for more.
  void give_up() { meter.stall(watch_.elapsed()); }

  TransferMeter meter;

 private:
  Stopwatch watch_;
  Duration duration_;
  double max_bps_;
};

// A test that has begun, and ends with this.
class Permit {
 public:
  Permit(std::shared_ptr<LineBook> book, LineTest test) : book_(std::move(book)), test_(std::move(test)) {}
  ~Permit() {
    if (book_) book_->end(test_, spent, wall_now());
  }
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  std::uint64_t spent = 0;

 private:
  std::shared_ptr<LineBook> book_;
  LineTest test_;
};

class ThroughputProbe : public SessionProbe {
 public:
  explicit ThroughputProbe(const ProbeOptions& options)
      : is_stamp_(options.text("method") == "stamp"),
        url_(options.text("url")),
        upload_url_(options.text("upload_url")),
        port_(static_cast<std::uint16_t>(options.integer("port"))),
        verify_(options.flag("verify")),
        tls_(is_stamp_ ? nullptr : tls_for(url_.empty() ? upload_url_ : url_, options.text("ca"))),
        upload_tls_(is_stamp_ || upload_url_.empty() ? nullptr : tls_for(upload_url_, options.text("ca"))),
        duration_(options.duration("duration")),
        max_bytes_(static_cast<std::uint64_t>(options.integer("max_bytes"))),
        max_bps_(static_cast<double>(options.integer("max_bps"))),
        packet_bytes_(static_cast<std::size_t>(options.integer("packet_bytes"))) {
    limits_.at_once = static_cast<std::size_t>(options.integer("at_once"));
    limits_.daily_bytes = static_cast<std::uint64_t>(options.integer("daily_cap"));
    limits_.busy_bps = static_cast<double>(options.integer("line_in_use_bps"));
    limits_.busy_ratio = options.number("line_in_use_ratio");
    limits_.use_age = options.duration("line_use_age");
    limits_.only_known_use = options.flag("only_known_use");
  }

  asio::awaitable<Round> run(SessionTarget target, Duration time_limit) override {
    Round round;
    round.endpoint = target.endpoint;
    co_await asio::this_coro::throw_if_cancelled(false);  // an outcome, not an exception
    const Stopwatch total;
    const std::uint64_t transfers = is_stamp_ || url_.empty() || upload_url_.empty() ? 1 : 2;
    LineTest test{target.endpoint, target.nodes, transfers * max_bytes_};
    round.reason = co_await ask(target.lines, test, time_limit);
    if (round.reason != OutcomeReason::none) co_return round;
    Permit permit(target.lines, std::move(test));
    const Duration left = total.left_of(time_limit);
    if (is_stamp_) {
      co_await reflect(target, left, round, permit);
      co_return round;
    }
    if (!url_.empty()) co_await transfer(target, false, left, round, permit);
    const bool is_well = url_.empty() || round.outcome == Outcome::ok;
    const Duration rest = total.left_of(time_limit);
    if (is_well && !upload_url_.empty()) co_await transfer(target, true, rest, round, permit);
    co_return round;
  }

 private:
  // Waits while another test runs through the same node, as long as there would be time for this one.
  asio::awaitable<OutcomeReason> ask(std::shared_ptr<LineBook> book, const LineTest& test,
                                     Duration time_limit) {
    if (!book) co_return OutcomeReason::none;
    const auto executor = co_await asio::this_coro::executor;
    const Stopwatch watch;
    const Duration patience = time_limit - std::min(time_limit, 2 * (duration_ + kToBegin));
    for (;;) {
      const OutcomeReason reason = book->begin(test, limits_, wall_now());
      const Duration left = watch.left_of(patience);
      if (reason != OutcomeReason::node_in_test || left == Duration{}) co_return reason;
      const auto timer = std::make_shared<asio::steady_timer>(executor, left);
      wake_when_one_ends(*book, timer);
      const auto token = asio::as_tuple(asio::use_awaitable);
      co_await timer->async_wait(token);
      if (const bool cancelled = co_await is_cancelled(); cancelled) co_return OutcomeReason::cancelled;
    }
  }
  static void wake_when_one_ends(LineBook& book, const std::shared_ptr<asio::steady_timer>& timer) {
    book.when_one_ends([waiting = std::weak_ptr(timer)] {
      if (const auto it = waiting.lock()) it->cancel();
    });
  }

  asio::awaitable<void> transfer(const SessionTarget& target, bool is_upload, Duration time_limit,
                                 Round& round, Permit& permit) {
    const auto to = parse_http_target(is_upload ? upload_url_ : url_, target.address, port_);
    if (!to) {  // an address that fits into no URL
      round.outcome = Outcome::not_measured;
      round.reason = OutcomeReason::name_unresolved;
      co_return;
    }
    // Of what an upload is answered only the status is of interest.
    HttpAnswer answer(false, is_upload ? 1 : max_bytes_, HttpAnswer::Body::counted);
    Pacer pacer(duration_, max_bps_);
    HttpRequest request;
    request.to = *to;
    request.method = is_upload ? "POST" : "GET";
    request.verify = verify_;
    request.tls = is_upload ? upload_tls_ : tls_;
    request.body_bytes = is_upload ? max_bytes_ : 0;
    request.flow = &pacer;
    // One that stalls must not keep the node from others.
    const Duration limit = std::min(time_limit, duration_ + kToBegin);
    HttpListener listener(exchange_watch(target));
    request.listener = &listener;
    const HttpCourse course = co_await exchange(std::move(request), answer, limit);
    listener.ended();
    if (course.is_expired) pacer.give_up();
    permit.spent += is_upload ? pacer.meter.bytes() : answer.body_size();
    judge(course, answer, pacer.meter, is_upload, round);
  }

  static void judge(const HttpCourse& course, const HttpAnswer& answer, const TransferMeter& meter,
                    bool is_upload, Round& round) {
    const bool is_refused = answer.status() != 0 && (answer.status() < 200 || answer.status() > 299);
    const bool is_over = course.is_enough || course.is_expired || answer.state() == HttpAnswer::State::whole;
    const auto rate = meter.rate_bps();
    if (course.is_cancelled) {
      round.outcome = Outcome::not_measured;
      round.reason = OutcomeReason::cancelled;
    } else if (is_refused) {
      give(round, {Outcome::refused, OutcomeReason::error_answer});
    } else if (rate && is_over) {  // also one that the time ended: that slow it is
      give(round, {Outcome::ok, OutcomeReason::none});
      round.add(is_upload ? Metric::throughput_up_bps : Metric::throughput_bps, static_cast<float>(*rate));
    } else if (answer.state() == HttpAnswer::State::whole) {  // too short to be measured
      give(round, {Outcome::not_measured, OutcomeReason::unexpected_answer});
    } else {
      give(round, verdict_of(course, answer));
    }
  }

  asio::awaitable<void> reflect(const SessionTarget& target, Duration time_limit, Round& round,
                                Permit& permit) {
    LoadPlan plan;
    plan.host = target.address;
    plan.port = port_ == 0 ? kStampPort : port_;
    plan.bps = max_bps_;
    plan.packet_bytes = packet_bytes_;
    const double affordable_s = 8.0 * static_cast<double>(max_bytes_) / 2 / max_bps_;
    plan.duration = std::min(
        duration_, std::chrono::duration_cast<Duration>(std::chrono::duration<double>(affordable_s)));
    const LoadCourse course = co_await send_load(plan, time_limit);
    const LoadCount& count = course.count;
    if (const ExchangeWatch watch = exchange_watch(target)) tell(watch, plan, course);
    permit.spent += (count.sent_count() + count.received_count()) * packet_bytes_;
    if (course.is_cancelled) {
      round.reason = OutcomeReason::cancelled;
    } else if (course.is_unresolved) {
      round.reason = OutcomeReason::name_unresolved;
    } else if (course.attempt.error) {
      give(round, verdict_of(course.attempt));
    } else if (count.received_count() == 0) {
      round.outcome = course.is_malformed ? Outcome::malformed : Outcome::timed_out;
    } else {
      conclude(course, plan, round);
    }
    co_return;
  }

  static void tell(const ExchangeWatch& watch, const LoadPlan& plan, const LoadCourse& course) {
    watch(">",
          fmt::format("{} STAMP packets of {} bytes to {} port {} within {:.3f} s", course.count.sent_count(),
                      plan.packet_bytes, plan.host, plan.port, to_seconds(course.lasted)));
    if (course.is_unresolved) return watch("<", "the name has no address");
    if (course.attempt.error) return watch("<", told_by(course.attempt));
    const auto arrived = course.count.arrived_count();
    watch("<", fmt::format("{} of them came back; the reflector counted {}", course.count.received_count(),
                           arrived ? std::to_string(*arrived) : "none of its own"));
    if (course.is_malformed) watch("<", "and something that is no STAMP packet");
  }

  // What comes back has gone both ways: the downstream is at least as good. A reflector that counts for
  // itself tells what arrived there.
  static void conclude(const LoadCourse& course, const LoadPlan& plan, Round& round) {
    round.outcome = Outcome::ok;
    const std::size_t received = course.count.received_count();
    const auto arrived = course.count.arrived_count();
    const std::size_t sent = course.count.sent_count();
    const double share_back =
        static_cast<double>(received) / static_cast<double>(std::max<std::size_t>(1, arrived.value_or(sent)));
    round.add(Metric::throughput_bps, static_cast<float>(rate_of(course, plan, sent) * share_back));
    if (arrived) round.add(Metric::throughput_up_bps, static_cast<float>(rate_of(course, plan, *arrived)));
  }

  bool is_stamp_;
  std::string url_, upload_url_;
  std::uint16_t port_;
  bool verify_;
  std::shared_ptr<asio::ssl::context> tls_, upload_tls_;
  Duration duration_;
  std::uint64_t max_bytes_;
  double max_bps_;
  std::size_t packet_bytes_;
  TestLimits limits_;
};

Result<void> check_url(const ProbeOptions& options, std::string_view option) {
  const std::string& url = options.text(option);
  if (url.empty()) return {};
  const auto port = static_cast<std::uint16_t>(options.integer("port"));
  if (const auto target = parse_http_target(url, "192.0.2.1", port); !target)
    return fail(fmt::format("{}: {}", option, target.error().message));
  if (!url.starts_with('/') && url.find("{address}") == std::string::npos)
    return fail(fmt::format(
        "{}: \"{}\" holds no {{address}}; every endpoint would measure the same server's line", option, url));
  return {};
}

}  // namespace

std::span<const OptionSpec> throughput_options() {
  return kOptions;
}
std::span<const Metric> throughput_metrics() {
  return kMetrics;
}
Result<void> check_throughput_options(const ProbeOptions& options) {
  if (options.text("method") == "stamp") {
    if (options.integer("max_bps") == 0) return fail("max_bps: method stamp needs a rate (try 5000000)");
    return {};
  }
  for (const std::string_view option : {"url", "upload_url"})
    if (auto good = check_url(options, option); !good) return good;
  if (options.text("url").empty() && options.text("upload_url").empty())
    return fail("url: neither a download nor an upload is asked for");
  const std::int64_t transfers = options.text("url").empty() || options.text("upload_url").empty() ? 1 : 2;
  if (options.integer("daily_cap") < transfers * options.integer("max_bytes"))
    return fail(
        fmt::format("daily_cap: less than one test's bytes, {}", transfers * options.integer("max_bytes")));
  return check_authorities(options.text("ca"));
}
std::unique_ptr<SessionProbe> make_throughput_probe(const ProbeOptions& options) {
  return std::make_unique<ThroughputProbe>(options);
}

}  // namespace faultline::session
