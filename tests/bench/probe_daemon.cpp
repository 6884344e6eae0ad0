#include "tests/bench/probe_daemon.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>

namespace faultline::bench {
namespace {

constexpr Nanos kSecond = 1'000'000'000;
constexpr Nanos kStartPatience = 90 * kSecond;

class Directory {
 public:
  Directory() {
    std::string made = std::filesystem::temp_directory_path() / "probe_bench.XXXXXX";
    path_ = mkdtemp(made.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_setup(const std::filesystem::path& directory, const std::vector<std::string>& addresses,
                 const packet::PacketSettings& settings, bool with_stamp) {
  std::ofstream endpoints(directory / "endpoints.csv");
  endpoints << "name,technology,address,parents\n";
  std::ofstream nodes(directory / "nodes.csv");
  nodes << "name,kind,parents\ncore,core,\n";
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (i % 2500 == 0) nodes << fmt::format("agg-{},aggregation,transport:core\n", i / 2500);
    if (i % 50 == 0) nodes << fmt::format("site-{},site,transport:agg-{}\n", i / 50, i / 2500);
    endpoints << fmt::format("host-{},docsis,{},transport:site-{}\n", i, addresses[i], i / 50);
  }
  const auto us = [](Duration d) { return std::chrono::microseconds(d).count(); };
  const bool stamp = settings.protocol == packet::Protocol::stamp;
  std::ofstream(directory / "faultline.yaml")
      << fmt::format(
             "listen: 127.0.0.1:9464\nstore: {{path: faultline.db}}\n"
             "inventory: {{nodes: nodes.csv, endpoints: endpoints.csv}}\n"
             "metrics: {{families: [loss_ratio]}}\nhistory: {{enabled: false}}\n"
             "profiles:\n  all:\n    technologies: [docsis]\n    probes:\n"
             "      - {}: {{interval: {}us, packets: {}, spacing: {}us, timeout: {}us, late_horizon: "
             "{}us}}\n",
             stamp ? "stamp" : "icmp", us(settings.interval), settings.packets, us(settings.spacing),
             us(settings.timeout), us(settings.late_horizon))
      << (with_stamp ? "      - stamp: {interval: 30s, packets: 10, spacing: 100ms, timeout: 1s}\n" : "");
}

class Process {
 public:
  Process(const std::string& program, const std::filesystem::path& directory) {
    const std::string config = directory / "faultline.yaml", log = directory / "log";
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    const std::array<const char*, 5> arguments = {program.c_str(), "run", "--config", config.c_str(),
                                                  nullptr};
    posix_spawn(&pid_, program.c_str(), &actions, nullptr, const_cast<char* const*>(arguments.data()),
                environ);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

// The answer of a GET to the daemon; empty if it does not answer.
std::string get(const std::string& path) {
  const lab::Descriptor fd(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9464);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return {};
  const auto request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
  if (send(fd.get(), request.data(), request.size(), 0) < 0) return {};
  std::string answer;
  std::array<char, 65536> some;
  for (ssize_t n = 0; (n = recv(fd.get(), some.data(), some.size(), 0)) > 0;)
    answer.append(some.data(), static_cast<std::size_t>(n));
  return answer;
}

// Series without labels: "name value" at the start of a line.
double value(const std::string& metrics, const std::string& name) {
  const auto at = metrics.find("\n" + name + " ");
  return at == std::string::npos ? 0 : std::strtod(metrics.c_str() + at + name.size() + 2, nullptr);
}

double resident_mb(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  return 0;
}

}  // namespace

Result<DaemonResult> run_daemon(const std::string& program, const std::vector<std::string>& addresses,
                                const packet::PacketSettings& settings, double seconds, const ProbeLab& lab,
                                bool with_stamp) {
  const Directory directory;
  write_setup(directory.path(), addresses, settings, with_stamp);
  const Nanos started = steady_now();
  const Process process(program, directory.path());
  while (get("/-/healthy").empty()) {
    sleep_until(steady_now() + kSecond / 20);
    if (waitpid(process.pid(), nullptr, WNOHANG) != 0 || steady_now() - started > kStartPatience) {
      std::ifstream log(directory.path() / "log");
      return fail(std::string(std::istreambuf_iterator<char>(log), {}));
    }
  }
  DaemonResult result;
  result.start_s = static_cast<double>(steady_now() - started) / kSecond;
  sleep_until(steady_now() + std::chrono::nanoseconds(settings.interval).count() +
              (with_stamp ? 33 : 3) * kSecond);

  const auto before = get("/metrics");
  const auto arrived = lab.arrived(), answered = lab.answered();
  const Nanos begin = steady_now(), cpu = cpu_time(process.pid());
  result.rss_first_mb = resident_mb(process.pid());
  for (Nanos end = begin + static_cast<Nanos>(seconds * kSecond), now = begin; now < end;
       now = steady_now()) {
    sleep_until(std::min(end, now + 60 * kSecond));
    if (end - begin <= 60 * kSecond) continue;
    if (steady_now() - begin < 330 * kSecond) result.rss_settled_mb = resident_mb(process.pid());
    const auto metrics = get("/metrics");
    fmt::print(stderr, "{:.0f} s: resident {:.1f} MB, {:.0f} rounds, {:.0f} not measured\n",
               static_cast<double>(steady_now() - begin) / kSecond, resident_mb(process.pid()),
               value(metrics, "faultline_engine_rounds_total"),
               value(metrics, "faultline_engine_rounds_not_measured_total"));
  }
  result.cpu = cpu_time(process.pid()) - cpu;
  result.took = steady_now() - begin;
  const auto arrived_since = static_cast<double>(lab.arrived() - arrived);
  result.loss_true = 1 - static_cast<double>(lab.answered() - answered) / arrived_since;
  const auto after = get("/metrics");
  const auto grown = [&](const char* name) {
    return static_cast<std::uint64_t>(value(after, name) - value(before, name));
  };
  result.sent = grown("faultline_engine_packets_sent_total");
  result.received = grown("faultline_engine_packets_received_total");
  result.rounds = grown("faultline_engine_rounds_total");
  result.unmeasured = grown("faultline_engine_rounds_not_measured_total");
  result.queue_drops = grown("faultline_engine_queue_dropped_total");
  const auto sends = [&](const char* bucket) { return value(after, bucket) - value(before, bucket); };
  result.lag_below_2ms = sends("faultline_engine_send_lag_seconds_bucket{le=\"0.002\"}") /
                         std::max(sends("faultline_engine_send_lag_seconds_count"), 1.0);
  result.worst_lag_s = value(after, "faultline_engine_lag_seconds");
  result.rss_mb = resident_mb(process.pid());
  return result;
}

}  // namespace faultline::bench
