// Conformance of the kinds that speak TCP, DNS and HTTP.
#include "tests/unit/probes_session/conformance.h"
#include "tests/unit/probes_session/datagram_peer.h"
#include "tests/unit/probes_session/dead_neighbour.h"
#include "tests/unit/probes_session/silent_port.h"
#include "tests/unit/probes_session/stream_server.h"

#include <optional>

namespace faultline::session {
namespace {

using namespace std::chrono_literals;
using enum Situation;
using Reason = OutcomeReason;

constexpr Duration kSoon = 200ms;  // of what never comes

std::optional<StreamReply> say_nothing(const std::string&) {
  return std::nullopt;
}
// At once, asked or not.
StreamScript greets(std::string bytes, bool then_close) {
  return [=, said = false](const std::string&) mutable -> std::optional<StreamReply> {
    if (std::exchange(said, true)) return std::nullopt;
    return StreamReply{bytes, then_close};
  };
}
// A whole request.
StreamScript answers(std::string bytes, bool then_close = false) {
  return [=](const std::string& received) -> std::optional<StreamReply> {
    if (!received.ends_with("\r\n\r\n")) return std::nullopt;
    return StreamReply{bytes, then_close};
  };
}

void tcp(Bench& bench, const StreamScript& script) {
  bench.settings = {{"port", bench.keep<StreamServer>(bench.io, script).port()}};
}

// Flags of an answer, and one record, "192.0.2.1".
std::string dns_answer(std::string question) {
  question[2] = '\x81';
  question[3] = '\x80';
  question[7] = '\1';
  return question + std::string("\xC0\x0C\0\1\0\1\0\0\0\x3C\0\4\xC0\0\2\1", 16);
}
void dns(Bench& bench, const DatagramPeer::Script& script) {
  bench.settings = {{"port", bench.keep<DatagramPeer>(bench.io, script).port()}};
}

const std::string kPage = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const std::string kNoHttp = "SSH-2.0-OpenSSH_9.2\r\n";

// Of so many bytes that it claims to have.
std::string page(std::size_t claimed, std::size_t given) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(claimed) + "\r\n\r\n" +
         std::string(given, 'x');
}

void http(Bench& bench, const StreamScript& script) {
  bench.settings = {{"url", "http://{address}/"},
                    {"port", bench.keep<StreamServer>(bench.io, script).port()}};
}

void prometheus_at(Bench& bench, const std::string& host, const std::string& port) {
  bench.settings = {{"rsrp_dbm", "rsrp"}, {"url", "http://" + host + ":" + port}};
}
void prometheus(Bench& bench, const StreamScript& script) {
  prometheus_at(bench, "127.0.0.1", bench.keep<StreamServer>(bench.io, script).port());
}
std::string prometheus_answer() {
  const std::string body = R"({"status":"success","data":{"resultType":"vector","result":[)"
                           R"({"metric":{"instance":"cell-0417"},"value":[1764421200.1,"-97.5"]}]}})";
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

KindCases tcp_cases() {
  constexpr auto mute = [](Bench& b) {
    b.settings = {{"port", b.keep<SilentPort>(b.io).port()}};
    b.time_limit = kSoon;
  };
  return {"tcp",
          {{ok, Outcome::ok, Reason::none, [](Bench& b) { tcp(b, say_nothing); }},
           {no_answer, Outcome::timed_out, Reason::none, mute},
           {refused, Outcome::refused, Reason::port_unreachable,
            [](Bench& b) {
              b.settings = {{"port", b.keep<ClosedPort>().port()}};
            }},
           {unreachable, Outcome::unreachable, Reason::host_unreachable,
            [](Bench& b) { aim_at_dead_neighbour(b); }},
           // Nothing is read: that there is a connection is all that is asked for.
           {garbage, Outcome::ok, Reason::none, [](Bench& b) { tcp(b, greets("\x01\xFF%$,,,", false)); }},
           {half_an_answer, Outcome::ok, Reason::none, [](Bench& b) { tcp(b, greets("", true)); }},
           {cancelled, Outcome::not_measured, Reason::cancelled, mute}}};
}

KindCases dns_cases() {
  constexpr auto mute = [](Bench& b) {
    dns(b, [](const std::string&) { return ""; });
    b.time_limit = kSoon;
  };
  return {"dns",
          {{ok, Outcome::ok, Reason::none, [](Bench& b) { dns(b, dns_answer); }},
           {no_answer, Outcome::timed_out, Reason::none, mute},
           {refused, Outcome::refused, Reason::port_unreachable,
            [](Bench& b) {
              b.settings = {{"port", b.keep<ClosedDatagramPort>(b.io).port()}};
            }},
           {unreachable, Outcome::unreachable, Reason::host_unreachable,
            [](Bench& b) { aim_at_dead_neighbour(b); }},
           {garbage, Outcome::malformed, Reason::none,
            [](Bench& b) {
              dns(b, [](const std::string&) { return "junk"; });
              b.time_limit = kSoon;
            }},
           {half_an_answer, Outcome::malformed, Reason::none,
            [](Bench& b) {
              dns(b, [](const std::string& question) {
                std::string half = dns_answer(question);
                half.resize(half.size() - 2);
                return half;
              });
              b.time_limit = kSoon;
            }},
           {cancelled, Outcome::not_measured, Reason::cancelled, mute}}};
}

KindCases http_cases() {
  constexpr auto mute = [](Bench& b) {
    http(b, say_nothing);
    b.time_limit = kSoon;
  };
  return {"http",
          {{ok, Outcome::ok, Reason::none, [](Bench& b) { http(b, answers(kPage)); }},
           {no_answer, Outcome::timed_out, Reason::none, mute},
           {refused, Outcome::refused, Reason::port_unreachable,
            [](Bench& b) {
              b.settings = {{"url", "http://{address}/"}, {"port", b.keep<ClosedPort>().port()}};
            }},
           {unreachable, Outcome::unreachable, Reason::host_unreachable,
            [](Bench& b) { aim_at_dead_neighbour(b); }},
           {garbage, Outcome::malformed, Reason::none, [](Bench& b) { http(b, answers(kNoHttp)); }},
           {half_an_answer, Outcome::refused, Reason::connection_closed,
            [](Bench& b) { http(b, answers(kPage.substr(0, kPage.size() - 2), true)); }},
           {cancelled, Outcome::not_measured, Reason::cancelled, mute}}};
}

// Whatever befalls the Prometheus says nothing about the endpoint.
KindCases prometheus_cases() {
  constexpr auto mute = [](Bench& b) {
    prometheus(b, say_nothing);
    b.time_limit = kSoon;
  };
  return {"prometheus",
          {{ok, Outcome::ok, Reason::none, [](Bench& b) { prometheus(b, answers(prometheus_answer())); }},
           {no_answer, Outcome::not_measured, Reason::source_silent, mute},
           {refused, Outcome::not_measured, Reason::port_unreachable,
            [](Bench& b) { prometheus_at(b, "127.0.0.1", b.keep<ClosedPort>().port()); }},
           {unreachable, Outcome::not_measured, Reason::host_unreachable,
            [](Bench& b) {
              if (aim_at_dead_neighbour(b)) prometheus_at(b, kDeadNeighbour, "9090");
            }},
           {garbage, Outcome::malformed, Reason::none,
            [](Bench& b) { prometheus(b, answers("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")); }},
           {half_an_answer, Outcome::not_measured, Reason::connection_closed,
            [](Bench& b) {
              const std::string whole = prometheus_answer();
              prometheus(b, answers(whole.substr(0, whole.size() - 2), true));
            }},
           {cancelled, Outcome::not_measured, Reason::cancelled, mute}}};
}

KindCases throughput_cases() {
  constexpr auto mute = [](Bench& b) {
    http(b, say_nothing);
    b.time_limit = kSoon;
  };
  return {"throughput",
          {{ok, Outcome::ok, Reason::none, [](Bench& b) { http(b, answers(page(400'000, 400'000))); }},
           {no_answer, Outcome::timed_out, Reason::none, mute},
           {refused, Outcome::refused, Reason::port_unreachable,
            [](Bench& b) {
              b.settings = {{"port", b.keep<ClosedPort>().port()}};
            }},
           {unreachable, Outcome::unreachable, Reason::host_unreachable,
            [](Bench& b) { aim_at_dead_neighbour(b); }},
           {garbage, Outcome::malformed, Reason::none, [](Bench& b) { http(b, answers(kNoHttp)); }},
           {half_an_answer, Outcome::refused, Reason::connection_closed,
            [](Bench& b) { http(b, answers(page(400'000, 300'000), true)); }},
           {cancelled, Outcome::not_measured, Reason::cancelled, mute}}};
}

}  // namespace faultline::session
