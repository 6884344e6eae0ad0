#include "tests/lab/stage.h"

#include "tests/lab/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <utility>

namespace faultline::lab {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kPatienceNs = 10 * kSecond;  // between SIGTERM and SIGKILL

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, number);
  return set;
}

}  // namespace

Result<StageInput> read_stage_input(const RunArguments& arguments) {
  StageInput input;
  auto inventory = read_inventory(arguments.inventory).and_then([](InventoryRows rows) {
    return make_lab_inventory(std::move(rows));
  });
  if (!inventory) return tl::make_unexpected(inventory.error());
  input.inventory = *std::move(inventory);
  if (!arguments.scenario.empty()) {
    const std::string name = arguments.scenario.string();
    auto scenario = read_file(arguments.scenario).and_then([&](const std::string& text) {
      return parse_scenario(text, name);
    });
    if (!scenario) return tl::make_unexpected(scenario.error());
    if (auto ok = check_targets(*scenario, *input.inventory.topology, name); !ok)
      return tl::make_unexpected(ok.error());
    input.scenario = *std::move(scenario);
  }
  if (input.scenario.has_complaints() && arguments.api.empty())
    return fail(fmt::format("{}: has complaints, which need --api URL", arguments.scenario.string()));
  if (!arguments.api.empty()) {
    auto url = parse_api_url(arguments.api);
    if (!url) return tl::make_unexpected(url.error());
    input.api = *std::move(url);
  }
  const auto secret = [](const std::filesystem::path& path, std::string& into) -> Result<void> {
    if (path.empty()) return {};
    auto text = read_secret(path);
    if (!text) return tl::make_unexpected(text.error());
    into = *std::move(text);
    return {};
  };
  const auto secrets = secret(arguments.stamp_key_file, input.stamp_key).and_then([&] {
    return secret(arguments.token_file, input.token);
  });
  if (!secrets) return tl::make_unexpected(secrets.error());
  return input;
}

Stage::Stage(StageInput input, const RunArguments& arguments)
    : input_(std::move(input)), arguments_(arguments) {}

Stage::~Stage() = default;

Result<std::unique_ptr<Stage>> Stage::make(StageInput input, const RunArguments& arguments) {
  std::unique_ptr<Stage> stage(new Stage(std::move(input), arguments));  // NOLINT(modernize-make-unique)
  if (auto ok = stage->set_up(); !ok) return tl::make_unexpected(ok.error());
  return stage;
}

Result<void> Stage::set_up() {
  std::vector<Descriptor> sockets;
  for (const std::string& address : arguments_.listen) {
    auto socket = listen_on(address);  // outside, before the namespace is left
    if (!socket) return tl::make_unexpected(socket.error());
    sockets.push_back(*std::move(socket));
  }
  if (auto ok = enter_network_namespace(); !ok) return ok;
  auto tun = make_tun_network();
  if (!tun) return tl::make_unexpected(tun.error());
  tun_ = *std::move(tun);
  const sigset_t signals = handled_signals();
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  if (!arguments_.command.empty()) {
    auto child = Child::prepare(arguments_.command, sockets);
    if (!child) return tl::make_unexpected(child.error());
    child_ = *std::move(child);
  }
  const auto modems = arguments_.modems.empty() ? arguments_.inventory / "modems" : arguments_.modems;
  auto bank = ModemBank::open(input_.inventory, arguments_.seed, modems);
  if (!bank) return tl::make_unexpected(bank.error());
  modems_ = *std::move(bank);

  EmulatorOptions options;
  options.seed = arguments_.seed;
  options.stamp_key = input_.stamp_key;
  options.stateful_stamp = !arguments_.stateless_stamp;
  options.router_v4 = *parse_address(kReferencesV4[0]);
  options.router_v6 = *parse_address(kReferencesV6[0]);
  options.packet_log_limit = arguments_.packet_log.empty() ? 0 : arguments_.packet_log_limit;
  olts_ = std::make_unique<OltBank>(input_.inventory, arguments_.seed);
  options.snmp = [this](std::uint32_t host, ConstBytes question, std::uint64_t now_ns) {
    return olts_->answer(host, question, now_ns);
  };
  emulator_ = std::make_unique<Emulator>(std::move(options), input_.inventory.hosts);
  network_ = std::make_unique<Network>(tun_.get(), *emulator_);
  if (input_.api) client_ = std::make_unique<ApiClient>(*input_.api, input_.token);
  return {};
}

void Stage::make_director() {
  Director::Outlets outlets;
  outlets.set_condition = [this](std::uint32_t host, const Condition& c) {
    emulator_->set_condition(host, c);
  };
  outlets.set_signal = [this](EndpointIndex e, const SignalShift& s) { modems_->set_signal(e, s); };
  outlets.set_light = [this](EndpointIndex e, const LightShift& s) {
    olts_->set_light(e, s, monotonic_ns());
  };
  if (client_)
    outlets.send = [this](const ComplaintReport& r) { client_->post_complaint(r.id, complaint_json(r)); };
  if (!arguments_.quiet) outlets.say = [](const std::string& line) { fmt::print(stderr, "lab: {}\n", line); };
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  director_ =
      std::make_unique<Director>(input_.inventory, input_.scenario, arguments_.seed, now, std::move(outlets));
}

void Stage::start() {
  network_->start(arguments_.realtime);
  modems_->start();
  if (client_) client_->start();
  started_ns_ = monotonic_ns();
  make_director();
  if (child_) child_->let_go();
}

std::uint64_t Stage::next_wake_ns() const {
  std::uint64_t wake = started_ns_ + 3600 * kSecond * 24 * 365;
  if (const auto next = director_->next())
    wake = std::min(wake, started_ns_ + static_cast<std::uint64_t>(next->count()) * 1000);
  if (arguments_.duration_s > 0 && !ended_by_lab_)
    wake = std::min(wake, started_ns_ + static_cast<std::uint64_t>(arguments_.duration_s * 1e9));
  if (kill_at_ns_ != 0) wake = std::min(wake, kill_at_ns_);
  return wake;
}

// Sleeps until then or until a signal; hands signals on to the child. True if it was told to end.
bool Stage::wait_for_signal(std::uint64_t until_ns) {
  const sigset_t signals = handled_signals();
  const std::uint64_t now = monotonic_ns();
  const std::uint64_t pause = until_ns > now ? until_ns - now : 0;
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(pause / kSecond);
  timeout.tv_nsec = static_cast<long>(pause % kSecond);
  siginfo_t info{};
  const int number = sigtimedwait(&signals, &info, &timeout);
  if (number < 0 || number == SIGCHLD) return false;
  // What the terminal sends, it has sent to the child as well.
  if (child_ && info.si_code != SI_KERNEL) child_->signal(number);
  return number != SIGHUP;
}

void Stage::ask_to_end() {
  ended_by_lab_ = true;
  if (!child_) return;
  child_->signal(SIGTERM);
  kill_at_ns_ = monotonic_ns() + kPatienceNs;
}

int Stage::play() {
  start();
  int status = 0;
  bool told_to_end = false;
  while (!(child_ && child_->has_ended(status)) && !(!child_ && (told_to_end || ended_by_lab_))) {
    told_to_end |= wait_for_signal(next_wake_ns());
    const std::uint64_t now = monotonic_ns();
    director_->advance(Duration((now - started_ns_) / 1000));
    if (director_->over() && !scenario_truth_written_ && !arguments_.scenario.empty()) write_truth({});
    const bool time_is_up = arguments_.duration_s > 0 &&
                            now >= started_ns_ + static_cast<std::uint64_t>(arguments_.duration_s * 1e9);
    if (!ended_by_lab_ && (time_is_up || (arguments_.until_scenario_end && director_->over()))) ask_to_end();
    if (kill_at_ns_ != 0 && now >= kill_at_ns_) {
      child_->signal(SIGKILL);
      kill_at_ns_ = now + kPatienceNs;
    }
  }
  finish();
  return ended_by_lab_ && status == 128 + SIGTERM ? 0 : status;
}

NetworkSummary Stage::summarise() const {
  NetworkSummary n;
  n.counters = emulator_->counters();
  const Histogram& lateness = emulator_->lateness();
  n.lateness_p50_us = lateness.quantile_us(0.5);
  n.lateness_p99_us = lateness.quantile_us(0.99);
  if (lateness.count() != 0)
    n.excluded_ratio = static_cast<double>(lateness.above_100us()) / static_cast<double>(lateness.count());
  n.cpu_seconds = static_cast<double>(network_->cpu_ns()) / 1e9;
  n.queue_drops = tun_drops().value_or(0);
  n.write_failures = network_->write_failures();
  n.complete = true;
  return n;
}

void Stage::finish() {
  network_->stop();
  if (client_) client_->stop();
  const NetworkSummary n = summarise();
  write_truth(n);
  if (!arguments_.packet_log.empty()) {
    std::ofstream file(arguments_.packet_log);
    emulator_->log().write_csv(file, input_.inventory.host_names, input_.inventory.addresses());
    file.close();
    if (!file) fmt::print(stderr, "lab: {} cannot be written\n", arguments_.packet_log.string());
    if (emulator_->log().left_out() != 0)
      fmt::print(stderr, "lab: the packet log left out {} packets\n", emulator_->log().left_out());
  }
  if (arguments_.quiet) return;
  const EmulatorCounters& c = n.counters;
  fmt::print(
      stderr,
      "lab: {} packets: {} answered, {} lost, {} silenced, {} refused; {} to unknown addresses, {} "
      "malformed, "
      "{} dropped by the device's queue\n"
      "lab: lateness p50 {:.1f} us, p99 {:.1f} us; excluded (over 100 us late) {:.3f} %; {:.2f} s of CPU\n",
      c.received, c.answered, c.lost, c.silent, c.refused, c.unknown_address, c.malformed, n.queue_drops,
      n.lateness_p50_us, n.lateness_p99_us, 100 * n.excluded_ratio, n.cpu_seconds);
}

void Stage::write_truth(const NetworkSummary& network) {
  scenario_truth_written_ = true;
  if (arguments_.truth.empty()) return;
  const auto deliveries = client_ ? client_->deliveries() : std::map<std::string, Delivery>{};
  if (auto ok = write_file(arguments_.truth,
                           truth_json(*director_, input_.inventory, arguments_.seed, deliveries, network));
      !ok)
    fmt::print(stderr, "lab: {}\n", ok.error().message);
}

}  // namespace faultline::lab
