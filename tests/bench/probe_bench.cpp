// One run of one prober at one rate against the virtual network, and what it cost and was worth: prints a
// line of JSON. probes.py runs it for each row of the table.
#include "probes/packet/engine.h"
#include "tests/bench/probe_bare.h"
#include "tests/bench/probe_daemon.h"
#include "tests/bench/probe_lab.h"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace faultline::bench {
namespace {

constexpr Nanos kSecond = 1'000'000'000;
constexpr int kSkipped = 77;

struct Arguments {
  std::string mode;
  HostPlan plan;
  std::string protocol = "icmp";
  double rate = 50'000;
  double seconds = 5;
  unsigned packets = 5;  // a round
  unsigned shards = 1;
  bool with_stamp = false;           // the daemon also sends 10 STAMP packets every 30 s
  bool reload = false;               // the engine gets a list with 1 % other hosts in the middle
  std::string program;               // the daemon
  std::vector<std::string> command;  // of a peer
};

struct Figures {
  double cpu_us = 0;  // a packet
  double rate = 0;    // that was reached
  std::uint64_t sent = 0, false_loss = 0, false_answers = 0, false_duplicates = 0, unmeasured = 0, rounds = 0;
  std::string more;  // of JSON
};

void print(const Arguments& arguments, const ProbeLab& lab, const Figures& f, Errors& errors) {
  fmt::print(
      R"({{"mode":"{}","protocol":"{}","rate":{},"reached":{:.0f},"hosts":{},"cpu_us":{:.3f},"sent":{},)"
      R"("false_loss":{},"false_answers":{},"false_duplicates":{},"rounds":{},"unmeasured":{},"tun_dropped":{},)"
      R"("error_samples":{},"error_p50_us":{:.2f},"error_p99_us":{:.2f},"error_p999_us":{:.2f}{}}})"
      "\n",
      arguments.mode, arguments.protocol, arguments.rate, f.rate, arguments.plan.hosts, f.cpu_us, f.sent,
      f.false_loss, f.false_answers, f.false_duplicates, f.rounds, f.unmeasured, lab.dropped(),
      errors.count(), errors.quantile_us(0.5), errors.quantile_us(0.99), errors.quantile_us(0.999), f.more);
}

int bare(const Arguments& arguments, ProbeLab& lab) {
  const auto hosts = arguments.plan.hosts;
  const BareResult result =
      run_bare(lab, hosts, arguments.protocol == "stamp", arguments.rate, arguments.seconds);
  lab.stop();
  Errors errors;
  Figures f;
  f.sent = result.sent;
  f.cpu_us = static_cast<double>(result.cpu) / 1000 / static_cast<double>(result.sent);
  f.rate = static_cast<double>(result.sent) * kSecond / static_cast<double>(result.took);
  for (std::size_t i = 0; i < result.sent; ++i) {
    const auto truth =
        lab.truth(static_cast<std::uint32_t>(i % hosts), static_cast<std::uint32_t>(i / hosts));
    const auto rtt = result.rtt_us10[i];
    if (truth.answered && rtt < 0) ++f.false_loss;
    if (!truth.answered && rtt >= 0) ++f.false_answers;
    if (truth.answered && truth.exact && rtt >= 0)
      errors.add((rtt - static_cast<Nanos>(truth.held_us10)) * 100);
  }
  print(arguments, lab, f, errors);
  return 0;
}

packet::PacketSettings settings_for(const Arguments& arguments) {
  packet::PacketSettings settings;
  const bool stamp = arguments.protocol == "stamp";
  settings.protocol = stamp ? packet::Protocol::stamp : packet::Protocol::icmp;
  settings.port = stamp ? 862 : 0;
  settings.packets = static_cast<std::uint16_t>(arguments.packets);
  const double interval = arguments.plan.hosts * arguments.packets / arguments.rate;
  settings.interval = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(interval));
  settings.spacing =
      std::min<Duration>(settings.interval / (2 * arguments.packets), std::chrono::milliseconds(200));
  settings.timeout = std::min<Duration>(settings.interval / 3, std::chrono::seconds(1));
  settings.late_horizon = settings.interval;
  return settings;
}

// Of a round: what it says against what the network did to its packets.
void compare(const ProbeLab& lab, const Round& round, std::uint32_t first, Figures& f, Errors& errors,
             Nanos timeout) {
  std::vector<std::pair<std::uint32_t, bool>> held;  // and whether that is exact
  for (std::uint32_t i = 0; i < round.packets.sent; ++i) {
    const auto truth = lab.truth(round.endpoint.value, first + i);
    if (truth.answered && truth.held_us10 * Nanos{100} < timeout)
      held.emplace_back(truth.held_us10, truth.exact);
  }
  f.false_duplicates += round.packets.duplicates;  // this network makes none
  const auto received = std::uint32_t{round.packets.received} + round.packets.late;
  if (received < held.size()) f.false_loss += held.size() - received;
  if (received > held.size()) f.false_answers += received - held.size();
  if (received != held.size() || held.empty()) return;
  std::sort(held.begin(), held.end());
  // One packet that stood in the device's queue for an unknown time may be the round's slowest.
  if (!std::all_of(held.begin(), held.end(), [](const auto& one) { return one.second; })) return;
  const auto compare_one = [&](float ms, std::size_t at) {
    errors.add(static_cast<Nanos>(std::llround(static_cast<double>(ms) * 1e6 - held[at].first * 100.0)));
  };
  compare_one(round.rtt.minimum_ms, 0);
  if (held.size() % 2 == 1) compare_one(round.rtt.median_ms, held.size() / 2);
  compare_one(round.rtt.maximum_ms, held.size() - 1);
}

int engine(const Arguments& arguments, ProbeLab& lab) {
  const auto settings = settings_for(arguments);
  std::mutex mutex;
  std::vector<Round> rounds;
  rounds.reserve(
      static_cast<std::size_t>(arguments.rate * (arguments.seconds + 2) / arguments.packets * 1.1));
  packet::EngineOptions options;
  options.shards = arguments.shards;
  auto started = packet::Engine::start(options, [&](std::span<const Round> some) {
    const std::lock_guard lock(mutex);
    rounds.insert(rounds.end(), some.begin(), some.end());
  });
  if (!started) {
    fmt::print(stderr, "{}\n", started.error().message);
    return 1;
  }
  auto& engine = **started;
  std::vector<packet::PacketTarget> targets;
  for (std::uint32_t i = 0; i < arguments.plan.hosts; ++i)
    targets.push_back({{i}, 0, packet::parse_address(lab.address(i))});
  if (auto set = engine.set_targets(std::array{settings}, targets); !set) {
    fmt::print(stderr, "{}\n", set.error().message);
    return 1;
  }
  // Until the rate is the full one: all have begun, and the schedule's first answers are there.
  sleep_until(steady_now() + std::chrono::nanoseconds(settings.interval).count() + kSecond);
  const auto before = engine.stats();
  const Nanos begin = steady_now(), cpu = cpu_time(getpid());
  sleep_until(begin + static_cast<Nanos>(arguments.seconds * kSecond / 2));
  if (arguments.reload) {
    // Every hundredth host loses its address: the others must not feel it.
    for (std::uint32_t i = 0; i + 1 < arguments.plan.hosts; i += 100) targets[i].address.reset();
    if (auto set = engine.set_targets(std::array{settings}, targets); !set) return 1;
  }
  sleep_until(begin + static_cast<Nanos>(arguments.seconds * kSecond));
  const Nanos spent = cpu_time(getpid()) - cpu, took = steady_now() - begin;
  const auto after = engine.stats();
  engine.stop();
  lab.stop();

  Figures f;
  Errors errors;
  f.sent = after.sent - before.sent;
  f.cpu_us = static_cast<double>(spent) / 1000 / static_cast<double>(f.sent);
  f.rate = static_cast<double>(f.sent) * kSecond / static_cast<double>(took);
  std::vector<std::uint32_t> next(arguments.plan.hosts);
  for (const Round& round : rounds) {
    const auto first = next[round.endpoint.value];
    next[round.endpoint.value] += round.packets.sent;
    ++f.rounds;
    if (arguments.reload && round.endpoint.value % 100 == 0) continue;  // not those that were changed
    if (round.outcome == Outcome::not_measured) {
      ++f.unmeasured;
      continue;
    }
    if (lab.is_slow(round.endpoint.value) || lab.is_dead(round.endpoint.value)) continue;
    compare(lab, round, first, f, errors, std::chrono::nanoseconds(settings.timeout).count());
  }
  std::uint64_t lags = 0, below_2ms = 0;
  for (std::size_t i = 0; i < after.lag_counts.size(); ++i) {
    lags += after.lag_counts[i] - before.lag_counts[i];
    if (i < after.kLagBounds_us.size() && after.kLagBounds_us[i] <= 2000)
      below_2ms += after.lag_counts[i] - before.lag_counts[i];
  }
  f.more =
      fmt::format(R"(,"lag_below_2ms":{:.5f},"bytes_per_target":{:.0f},"queue_drops":{},"stalls":{})",
                  static_cast<double>(below_2ms) / static_cast<double>(std::max<std::uint64_t>(lags, 1)),
                  static_cast<double>(after.bytes) / arguments.plan.hosts, after.queue_drops, after.stalls);
  print(arguments, lab, f, errors);
  return 0;
}

int daemon(const Arguments& arguments, ProbeLab& lab) {
  const auto settings = settings_for(arguments);
  std::vector<std::string> addresses;
  for (std::uint32_t i = 0; i < arguments.plan.hosts; ++i) addresses.push_back(lab.address(i));
  auto result =
      run_daemon(arguments.program, addresses, settings, arguments.seconds, lab, arguments.with_stamp);
  lab.stop();
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().message);
    return 1;
  }
  Figures f;
  Errors none;
  f.sent = result->sent;
  f.cpu_us = static_cast<double>(result->cpu) / 1000 / static_cast<double>(f.sent);
  f.rate = static_cast<double>(f.sent) * kSecond / static_cast<double>(result->took);
  f.rounds = result->rounds;
  f.unmeasured = result->unmeasured;
  f.more = fmt::format(
      R"(,"rss_mb":{:.0f},"rss_first_mb":{:.0f},"rss_settled_mb":{:.1f},"lag_below_2ms":{:.5f},"worst_lag_s":{:.4f},"start_s":{:.1f},"queue_drops":{},"loss_said":{:.5f},"loss_true":{:.5f})",
      result->rss_mb, result->rss_first_mb, result->rss_settled_mb, result->lag_below_2ms,
      result->worst_lag_s, result->start_s, result->queue_drops,
      1 - static_cast<double>(result->received) / static_cast<double>(result->sent), result->loss_true);
  print(arguments, lab, f, none);
  return 0;
}

// Another prober: its command gets a file with the addresses as its last argument. CPU time is that of the
// command and all that it has waited for; packets are those that reached the network.
int peer(const Arguments& arguments, ProbeLab& lab) {
  const auto file = fmt::format("/tmp/probe_bench.{}", getpid());
  {
    std::ofstream list(file);
    for (std::uint32_t i = 0; i < arguments.plan.hosts; ++i) list << lab.address(i) << '\n';
  }
  std::vector<char*> words;
  for (const auto& word : arguments.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(const_cast<char*>(file.c_str()));
  words.push_back(nullptr);
  pid_t pid = -1;
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
  const int failed = posix_spawnp(&pid, words[0], &quiet, nullptr, words.data(), environ);
  rusage used{};
  if (failed == 0) wait4(pid, nullptr, 0, &used);
  std::filesystem::remove(file);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  Figures f;
  Errors none;
  f.sent = lab.arrived();
  f.cpu_us = (seconds(used.ru_utime) + seconds(used.ru_stime)) * 1e6 /
             static_cast<double>(std::max<std::uint64_t>(f.sent, 1));
  print(arguments, lab, f, none);
  return failed;
}

}  // namespace
}  // namespace faultline::bench

int main(int argc, char** argv) {
  using namespace faultline::bench;
  Arguments arguments;
  CLI::App app{"Measures one prober at one rate"};
  app.add_option("mode", arguments.mode, "bare, engine, daemon or peer")
      ->required()
      ->check(CLI::IsMember({"bare", "engine", "daemon", "peer"}));
  app.add_option("--rate", arguments.rate, "packets a second")->capture_default_str();
  app.add_option("--seconds", arguments.seconds)->capture_default_str();
  app.add_option("--hosts", arguments.plan.hosts)->capture_default_str();
  app.add_option("--packets", arguments.packets, "a round")->capture_default_str();
  app.add_option("--shards", arguments.shards)->capture_default_str();
  app.add_option("--dead", arguments.plan.dead, "every so-many-th host answers nothing");
  app.add_option("--slow", arguments.plan.slow, "so many hosts answer 900 ms later");
  app.add_option("--loss", arguments.plan.loss_ratio)->capture_default_str();
  app.add_option("--forge", arguments.plan.forge_ratio, "share of the answers that a forged one comes before")
      ->capture_default_str();
  app.add_option("--protocol", arguments.protocol)
      ->check(CLI::IsMember({"icmp", "stamp"}))
      ->capture_default_str();
  app.add_option("--program", arguments.program, "the daemon's program, for its mode");
  app.add_flag("--with-stamp", arguments.with_stamp, "the daemon sends 10 STAMP packets every 30 s besides");
  app.add_flag("--v6", arguments.plan.v6, "over IPv6 (engine)");
  app.add_option("--reload", arguments.reload, "the engine gets a list with 1 % changed");
  app.add_option("command", arguments.command, "of a peer, after --");
  CLI11_PARSE(app, argc, argv);
  const double interval = arguments.plan.hosts * arguments.packets / arguments.rate;
  arguments.plan.packets = static_cast<std::size_t>(arguments.rate * (arguments.seconds + interval + 4));
  if (arguments.mode == "daemon") arguments.plan.packets = 0;
  auto lab = ProbeLab::start(arguments.plan);
  if (!lab) {
    fmt::print(stderr, "skipped: {}\n", lab.error().message);
    return kSkipped;
  }
  return arguments.mode == "bare"     ? bare(arguments, **lab)
         : arguments.mode == "engine" ? engine(arguments, **lab)
         : arguments.mode == "peer"   ? peer(arguments, **lab)
                                      : daemon(arguments, **lab);
}
