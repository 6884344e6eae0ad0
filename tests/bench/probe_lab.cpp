#include "tests/bench/probe_lab.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>

namespace faultline::bench {
namespace {

constexpr std::uint32_t kFirstAddress = (10U << 24) + (16U << 16);
constexpr Nanos kSecond = 1'000'000'000;
constexpr std::uint32_t kSeenAtOnce_ns = 3'000;

lab::Address address_of(std::uint32_t host, bool v6) {
  lab::Address address;
  address.v6 = v6;
  if (v6) {
    address.bytes[0] = 0xfd;
    address.bytes[2] = 0xfa;
    address.bytes[3] = 0x17;
    lab::put32(address.bytes, 12, host + 1);
  } else {
    lab::put32(address.bytes, 0, kFirstAddress + host);
  }
  return address;
}

std::string thread_name(const std::filesystem::path& task) {
  std::string name;
  std::getline(std::ifstream(task / "comm"), name);
  return name;
}

void pin(pid_t task, int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  sched_setaffinity(task, sizeof cores, &cores);
}

}  // namespace

Nanos steady_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

void sleep_until(Nanos when) {
  const timespec until{when / kSecond, when % kSecond};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

Nanos cpu_time(pid_t pid) {
  Nanos sum = 0;
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    if (thread_name(task.path()) == "lab-network") continue;
    Nanos ran = 0;
    std::ifstream(task.path() / "schedstat") >> ran;
    sum += ran;
  }
  return sum;
}

Result<std::unique_ptr<ProbeLab>> ProbeLab::start(const HostPlan& plan) {
  std::unique_ptr<ProbeLab> made(new ProbeLab(plan));
  if (auto entered = lab::enter_network_namespace(); !entered) return tl::make_unexpected(entered.error());
  auto tun = lab::make_tun_network();
  if (!tun) return tl::make_unexpected(tun.error());
  made->tun_ = std::move(*tun);
  std::vector<lab::EmulatedHost> hosts(plan.hosts);
  for (std::uint32_t i = 0; i < plan.hosts; ++i) hosts[i] = {address_of(i, plan.v6), Technology::docsis};
  lab::EmulatorOptions options;
  options.packet_log_limit = plan.packets;
  made->emulator_ = std::make_unique<lab::Emulator>(options, hosts);
  for (std::uint32_t i = 0; i < plan.hosts; ++i) {
    lab::Condition condition;
    condition.loss = lab::share_of(plan.loss_ratio);
    condition.silent = made->is_dead(i);
    condition.odd.forge = lab::share_of(plan.forge_ratio);
    if (made->is_slow(i)) condition.delay_ns = 900'000'000;
    made->emulator_->set_condition(i, condition);
  }
  prctl(PR_SET_TIMERSLACK, 1000UL);
  pin(0, 0);
  setpriority(PRIO_PROCESS, 0, -10);
  made->network_ = std::make_unique<lab::Network>(made->tun_.get(), *made->emulator_);
  made->network_->start(false);
  for (bool pinned = false; !pinned; sched_yield())
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
      if (thread_name(task.path()) == "lab-network") {
        pin(std::stoi(task.path().filename()), 1);
        pinned = true;
      }
  return made;
}

std::string ProbeLab::address(std::uint32_t host) const {
  return lab::to_string(address_of(host, plan_.v6));
}

void ProbeLab::stop() {
  network_->stop();
  truth_.resize(plan_.hosts);
  for (const lab::PacketRecord& record : emulator_->log().records()) {
    auto& of_host = truth_[record.host];
    if (of_host.size() <= record.count) of_host.resize(record.count + 1);
    const auto held = static_cast<Nanos>(record.delay_ns) + record.lateness_ns;
    of_host[record.count] = {record.verdict == lab::Verdict::answered, record.unseen_ns <= kSeenAtOnce_ns,
                             static_cast<std::uint32_t>(std::max<Nanos>(held, 0) / 100)};
  }
}

ProbeLab::Truth ProbeLab::truth(std::uint32_t host, std::uint32_t n) const {
  return n < truth_[host].size() ? truth_[host][n] : Truth{};
}

std::uint64_t ProbeLab::dropped() const {
  return lab::tun_drops().value_or(0);
}

double Errors::quantile_us(double share) {
  if (all_.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(all_.size() - 1));
  std::nth_element(all_.begin(), all_.begin() + at, all_.end());
  return static_cast<double>(all_[static_cast<std::size_t>(at)]) / 1000;
}

}  // namespace faultline::bench
