// What the probes of services cost: 2,000 TCP and 1,000 HTTP probes a second by the scheduler, as the daemon
// runs them, on one core; and the memory of a probe that waits. The other side is a thread of this program
// that listens on all of 127.0.0.0/8, so that no address runs out of ports.
#include "probes/registry.h"
#include "probes/session/scheduler.h"
#include "tests/bench/measure.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace faultline;
using bench::figure, bench::Wanted;
namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr std::size_t kAddresses = 200;

struct Peer : std::enable_shared_from_this<Peer> {
  Peer(tcp::socket s, bool f) : socket(std::move(s)), answers(f) {}
  void read() {
    socket.async_read_some(asio::buffer(bytes),
                           [self = shared_from_this()](boost::system::error_code error, std::size_t count) {
                             if (error) return;
                             const std::string_view text(self->bytes.data(), count);
                             if (self->answers && text.ends_with("\r\n\r\n")) self->answer();
                             self->read();
                           });
  }
  void answer() {
    static const std::string kAnswer =
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\nhello, world";
    asio::async_write(socket, asio::buffer(kAnswer),
                      [self = shared_from_this()](boost::system::error_code, std::size_t) {});
  }
  tcp::socket socket;
  bool answers;
  std::array<char, 1024> bytes{};
};

class Server {
 public:
  explicit Server(bool answers) : acceptor_(io_, tcp::endpoint(tcp::v4(), 0)), answers_(answers) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Server() {
    io_.stop();
    thread_.join();
  }
  std::int64_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (error) return;
      std::make_shared<Peer>(std::move(socket), answers_)->read();
      accept();
    });
  }
  asio::io_context io_;
  tcp::acceptor acceptor_;
  bool answers_;
  std::thread thread_;
};

std::vector<session::ScheduledTarget> targets(std::string_view kind_name, const ProbeOptions& options,
                                              std::uint32_t count, Duration interval, Duration time_limit) {
  const ProbeKind& kind = *find_probe_kind(kind_name);
  const std::shared_ptr<SessionProbe> probe = kind.make(options);
  std::vector<session::ScheduledTarget> list;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string address = fmt::format("127.{}.{}.1", 1 + i % kAddresses / 100, 1 + i % 100);
    list.push_back({{EndpointIndex{i}, fmt::format("e{}", i), address, ""},
                    index_of(kind),
                    probe,
                    interval,
                    time_limit});
  }
  return list;
}

struct Run {
  double good_per_second = 0;
  double core_share = 0;
  std::size_t bad = 0;
};

// Each target once a second for so long, after a second to begin.
Run run(std::string_view kind, const ProbeOptions& options, std::uint32_t count,
        std::chrono::seconds length) {
  asio::io_context io{1};
  std::size_t good = 0, bad = 0;
  session::Scheduler scheduler(io.get_executor(),
                               [&](const Round& round) { ++(round.outcome == Outcome::ok ? good : bad); });
  scheduler.set_targets(targets(kind, options, count, 1s, 5s));
  io.run_for(1s);
  good = bad = 0;
  const bench::Spent spent = bench::spent_on([&] { io.run_for(length); });
  const Run result{static_cast<double>(good) / spent.wall_s, spent.cpu_s / spent.wall_s, bad};
  bool stopped = false;
  scheduler.stop([&] { stopped = true; });
  while (!stopped) io.run_one();
  return result;
}

ProbeOptions options_of(std::string_view kind, std::int64_t port) {
  ProbeOptions options = ProbeOptions::defaults(find_probe_kind(kind)->options);
  options.set("port", port);
  if (kind == "http") options.set("url", std::string("http://{address}/"));
  return options;
}

bool measure_rate(const char* kind, std::uint32_t count) {
  const Server server(true);
  const Run result = run(kind, options_of(kind, server.port()), count, 5s);
  // A hundredth of slack: the five seconds cut some rounds at both ends.
  const bool rate = figure(fmt::format("{}_probes_per_second", kind), result.good_per_second, "1/s",
                           Wanted::at_least, 0.99 * count);
  const bool share =
      figure(fmt::format("{}_probes_core_share", kind), result.core_share, "cores", Wanted::at_most, 1);
  const bool bad = figure(fmt::format("{}_probes_failed", kind), static_cast<double>(result.bad), "rounds",
                          Wanted::at_most, 0);
  return rate && share && bad;
}

// Probes whose server says nothing, all at once.
bool measure_memory() {
  constexpr std::uint32_t kCount = 1000;
  const Server server(false);
  asio::io_context io{1};
  session::Scheduler scheduler(io.get_executor(), [](const Round&) {});
  scheduler.set_targets(targets("http", options_of("http", server.port()), kCount, 1h, 60s));
  io.run_for(100ms);
  const double before = bench::resident_bytes();
  const ProbeKindIndex kind = index_of(*find_probe_kind("http"));
  for (std::uint32_t i = 0; i < kCount; ++i) scheduler.run_now(EndpointIndex{i}, kind);
  io.run_for(2s);
  const double bytes = (bench::resident_bytes() - before) / kCount;
  bool stopped = false;
  scheduler.stop([&] { stopped = true; });
  while (!stopped) io.run_one();
  // With the silent server's 2 KiB.
  return figure("http_probe_waiting_bytes", bytes, "B", Wanted::at_most, 32'768);
}

}  // namespace

int main() {
  bench::raise_file_limit();
  const bool tcp_good = measure_rate("tcp", 2000);
  const bool http_good = measure_rate("http", 1000);
  const bool memory_good = measure_memory();
  return tcp_good && http_good && memory_good ? 0 : 1;
}
