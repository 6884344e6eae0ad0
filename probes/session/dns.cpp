#include "probes/session/dns.h"

#include "probes/async/cancellation.h"
#include "probes/async/deadline.h"
#include "probes/session/exchange_watch.h"
#include "probes/session/reach.h"
#include "probes/wire/bytes.h"
#include "probes/wire/dns.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

constexpr std::array kOptions = {
    OptionSpec{"interval", OptionType::duration, "60s", 1, 86'400, "", "time between two measurements"},
    OptionSpec{"timeout", OptionType::duration, "5s", 0.01, 60, "",
               "how long the answer is waited for; the question is sent once"},
    OptionSpec{"name", OptionType::text, "example.com", 0, 0, "",
               "the name that is asked for; . is the root"},
    OptionSpec{"type", OptionType::choice, "A", 0, 0, "A AAAA NS MX TXT SOA PTR CNAME",
               "which of its records; a good answer holds at least one"},
    OptionSpec{"expect", OptionType::text, "", 0, 0, "",
               "what one of the records must be (of TXT and SOA: contain); empty = anything"},
    OptionSpec{"rcode", OptionType::choice, "noerror", 0, 0,
               "noerror nxdomain servfail refused formerr notimp", "the response code of a good answer"},
    OptionSpec{"transport", OptionType::choice, "auto", 0, 0, "auto udp tcp",
               "auto asks by UDP, and again by TCP if the answer is truncated"},
    OptionSpec{"recursion", OptionType::flag, "true", 0, 0, "",
               "whether the server may ask others; false for an authoritative one"},
    OptionSpec{"port", OptionType::integer, "53", 1, 65'535, "", "UDP and TCP port of the server"},
};
constexpr std::array kMetrics = {Metric::dns_ms};

// Nobody who does not see the question can guess it.
std::uint16_t unguessable_id() {
  std::uint16_t id = 0;
  if (getentropy(&id, sizeof id) != 0) throw std::runtime_error("getentropy");  // the kernel has none: a bug
  return id;
}

// What came of a question.
struct Exchange {
  Attempt attempt;          // its error: no answer came
  bool is_strange = false;  // something came that is no answer to this question, or cannot be read
  bool is_answered = false;
  wire::DnsAnswer answer;
};

class DnsProbe : public SessionProbe {
 public:
  explicit DnsProbe(const ProbeOptions& options)
      : question_{options.text("name"), *wire::dns_type_from_name(options.text("type"))},
        expect_(options.text("expect")),
        transport_(options.text("transport")),
        wants_recursion_(options.flag("recursion")),
        port_(static_cast<std::uint16_t>(options.integer("port"))) {
    const auto& names = wire::kDnsRcodeNames;
    rcode_ = static_cast<std::uint8_t>(std::find(names.begin(), names.end(), options.text("rcode")) -
                                       names.begin());
    error_code error;
    const auto address = asio::ip::make_address(expect_, error);
    if (!error) expect_ = address.to_string();  // in the spelling of the codec
  }

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
    Exchange exchange;
    float took_ms = kNoValue;
    bool expired = false;
    if (!cancelled) {
      udp::socket datagrams(executor);
      tcp::socket stream(executor);
      const Deadline deadline(executor, total.left_of(time_limit), [&datagrams, &stream] {
        error_code ignored;
        datagrams.close(ignored);
        stream.close(ignored);
      });
      const Stopwatch asking;
      const udp::endpoint by_udp(*address, port_);
      const tcp::endpoint by_tcp(*address, port_);
      const ExchangeWatch watch = exchange_watch(target);
      if (transport_ != "tcp") exchange = co_await ask_by_udp(datagrams, by_udp, watch);
      cancelled = co_await is_cancelled();
      const bool wants_more = transport_ == "auto" && exchange.is_answered && exchange.answer.truncated;
      if (!cancelled && (transport_ == "tcp" || wants_more))
        exchange = co_await ask_by_tcp(stream, by_tcp, watch);
      took_ms = asking.elapsed_ms();
      if (watch && exchange.attempt.error) watch("<", told_by(exchange.attempt));
      expired = deadline.expired();
      cancelled = co_await is_cancelled();
    }
    if (cancelled) {
      round.reason = OutcomeReason::cancelled;
    } else if (exchange.is_answered) {
      round.add(Metric::dns_ms, took_ms);
      give(round, judge(exchange.answer));
    } else if (exchange.is_strange) {
      round.outcome = Outcome::malformed;
    } else if (expired) {
      round.outcome = Outcome::timed_out;
    } else {
      give(round, verdict_of(exchange.attempt));
    }
    co_return round;
  }

 private:
  // Waits for the answer to this question; whatever else comes, by mistake or by forgery, is passed over.
  asio::awaitable<Exchange> ask_by_udp(udp::socket& socket, udp::endpoint remote,
                                       const ExchangeWatch& watch) {
    Exchange exchange;
    error_code& error = exchange.attempt.error;
    exchange.attempt.at_once = true;
    socket.open(remote.protocol(), error);
    if (!error) socket.non_blocking(true, error);
    if (error) co_return exchange;
    ask_for_errors(socket.native_handle(), remote.address());
    socket.connect(remote, error);  // the kernel takes answers from there only; it chooses a random port
    if (error) co_return exchange;
    const std::uint16_t id = unguessable_id();
    const auto query = wire::encode_dns_query(id, question_, wants_recursion_);
    if (watch) watch(">", asked(id, "UDP", remote.address()));
    const auto out = asio::buffer(query);
    socket.send(out, 0, error);
    if (error) co_return exchange;
    exchange.attempt.at_once = false;
    std::array<std::byte, kMostDatagram> bytes{};
    const auto in = asio::buffer(bytes);
    while (!exchange.is_answered) {
      // A cancellation that came between two waits would not end the second.
      if (const bool cancelled = co_await is_cancelled(); cancelled) break;
      const auto [receive_error, count] = co_await socket.async_receive(in, kToken);
      error = receive_error;
      if (error) break;
      take(std::span<const std::byte>(bytes).first(count), id, watch, exchange);
    }
    co_return exchange;
  }

  asio::awaitable<Exchange> ask_by_tcp(tcp::socket& socket, tcp::endpoint remote,
                                       const ExchangeWatch& watch) {
    Exchange exchange;
    const std::uint16_t id = unguessable_id();
    if (watch) watch(">", asked(id, "TCP", remote.address()));
    exchange.attempt = co_await connect_tcp(socket, remote);
    error_code& error = exchange.attempt.error;
    if (error) co_return exchange;
    const auto query = wire::encode_dns_query(id, question_, wants_recursion_);
    std::vector<std::byte> framed(2);
    wire::write_be<std::uint16_t>(framed, 0, static_cast<std::uint16_t>(query.size()));
    framed.insert(framed.end(), query.begin(), query.end());
    const auto out = asio::buffer(framed);
    if (const bool cancelled = co_await is_cancelled(); cancelled) co_return exchange;
    const auto [write_error, written] = co_await asio::async_write(socket, out, kToken);
    error = write_error;
    if (error) co_return exchange;
    std::array<std::byte, 2> length{};
    const auto head = asio::buffer(length);
    if (const bool cancelled = co_await is_cancelled(); cancelled) co_return exchange;
    const auto [head_error, head_count] = co_await asio::async_read(socket, head, kToken);
    error = closed_or(head_error);
    if (error) co_return exchange;
    std::vector<std::byte> message(wire::read_be<std::uint16_t>(length, 0));
    const auto in = asio::buffer(message);
    if (const bool cancelled = co_await is_cancelled(); cancelled) co_return exchange;
    const auto [read_error, read_count] = co_await asio::async_read(socket, in, kToken);
    error = closed_or(read_error);
    if (!error) take(message, id, watch, exchange);
    co_return exchange;
  }

  // The end of a stream is a connection that was closed too early.
  static error_code closed_or(const error_code& error) {
    if (error == asio::error::eof) return error_code(ECONNRESET, boost::system::system_category());
    return error;
  }

  std::string asked(std::uint16_t id, std::string_view protocol, const asio::ip::address& server) const {
    return fmt::format("{}, by {} to {}", wire::text_of(question_, id, wants_recursion_), protocol,
                       shown(server, port_));
  }

  void take(std::span<const std::byte> message, std::uint16_t id, const ExchangeWatch& watch,
            Exchange& exchange) const {
    wire::DnsDecoded decoded = wire::decode_dns_answer(message, id, question_);
    if (watch)
      for (const std::string& text : wire::texts_of(decoded, id, message.size())) watch("<", text);
    exchange.is_answered = decoded.verdict == wire::DnsVerdict::answer;
    exchange.is_strange = exchange.is_strange || !exchange.is_answered;
    exchange.answer = std::move(decoded.answer);
  }

  Verdict judge(const wire::DnsAnswer& answer) const {
    if (answer.rcode != rcode_) return {Outcome::refused, OutcomeReason::error_answer};
    const bool is_good =
        rcode_ != 0 || std::any_of(answer.records.begin(), answer.records.end(), [&](const auto& record) {
          return record.type == question_.type && (expect_.empty() || wire::holds(record, expect_));
        });
    if (!is_good) return {Outcome::refused, OutcomeReason::unexpected_answer};
    return {Outcome::ok, OutcomeReason::none};
  }

  static constexpr std::size_t kMostDatagram = 4096;  // more than was offered, for servers that do not care

  wire::DnsQuestion question_;
  std::string expect_;
  std::string transport_;
  bool wants_recursion_;
  std::uint16_t port_;
  std::uint8_t rcode_ = 0;
};

}  // namespace

std::span<const OptionSpec> dns_options() {
  return kOptions;
}
std::span<const Metric> dns_metrics() {
  return kMetrics;
}
Result<void> check_dns_options(const ProbeOptions& options) {
  const std::string& name = options.text("name");
  if (!wire::is_dns_name(name))
    return fail(
        fmt::format("name: \"{}\" is no name (expected labels of 1 to 63 letters, digits or - with full "
                    "stops between them, such as www.example.com)",
                    name));
  if (!options.text("expect").empty() && options.text("rcode") != "noerror")
    return fail(
        fmt::format("expect: an answer with rcode {} holds nothing; leave it out", options.text("rcode")));
  return {};
}
std::unique_ptr<SessionProbe> make_dns_probe(const ProbeOptions& options) {
  return std::make_unique<DnsProbe>(options);
}

}  // namespace faultline::session
