#include "tests/lab/network.h"

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace faultline::lab {
namespace {

// Longer than it takes to wake up, so that a due answer is always met awake.
constexpr std::uint64_t kSpinNs = 200'000;
constexpr int kReadsBeforeSending = 8;

std::uint64_t clock_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
}

}  // namespace

std::uint64_t monotonic_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}
std::uint64_t wall_ns() {
  return clock_ns(CLOCK_REALTIME);
}

Network::Network(int tun, Emulator& emulator)
    : tun_(tun), wake_(eventfd(0, EFD_CLOEXEC)), emulator_(emulator) {
  if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Network::~Network() {
  stop();
  close(wake_);
}

void Network::start(bool realtime) {
  thread_ = std::thread([this, realtime] { run(realtime); });
}

void Network::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  const std::uint64_t one = 1;
  (void)!write(wake_, &one, sizeof one);
  thread_.join();
}

void Network::run(bool realtime) {
  prctl(PR_SET_NAME, "lab-network");
  prctl(PR_SET_TIMERSLACK, 1UL);
  setpriority(PRIO_PROCESS, 0, -15);  // this thread only; without the right to it, as it is
  sched_param first{};
  first.sched_priority = 1;
  if (realtime && std::thread::hardware_concurrency() > 1) sched_setscheduler(0, SCHED_FIFO, &first);
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (!step()) sleep_until_needed();
  }
  cpu_ns_ = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

bool Network::step() {
  const bool more = read_some();
  send_due();
  return more;
}

// True if there may be more to read.
bool Network::read_some() {
  std::array<std::uint8_t, 2048> packet;
  for (int i = 0; i < kReadsBeforeSending; ++i) {
    const ssize_t size = read(tun_, packet.data(), packet.size());
    const std::uint64_t now = monotonic_ns();
    if (size <= 0) {
      seen_empty_ns_ = now;
      return false;
    }
    const std::uint64_t unseen = seen_empty_ns_ == 0 ? 0 : now - seen_empty_ns_;  // 0: the very first
    emulator_.receive({packet.data(), static_cast<std::size_t>(size)}, now, wall_ns(),
                      static_cast<std::uint32_t>(std::min<std::uint64_t>(unseen, UINT32_MAX)));
    if (emulator_.next_due() <= now) return true;
  }
  return true;
}

void Network::send_due() {
  for (;;) {
    const ConstBytes packet = emulator_.take_due(monotonic_ns());
    if (packet.empty()) return;
    if (write(tun_, packet.data(), packet.size()) < 0) ++write_failures_;
  }
}

void Network::sleep_until_needed() {
  const std::uint64_t due = emulator_.next_due();
  const std::uint64_t now = monotonic_ns();
  if (due <= now + kSpinNs) return;
  const std::uint64_t pause = due == Emulator::kNever ? 0 : due - now - kSpinNs;
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(pause / 1'000'000'000);
  timeout.tv_nsec = static_cast<long>(pause % 1'000'000'000);
  std::array<pollfd, 2> fds = {pollfd{tun_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  ppoll(fds.data(), fds.size(), due == Emulator::kNever ? nullptr : &timeout, nullptr);
  seen_empty_ns_ = monotonic_ns();  // but for the packet that has woken us
}

}  // namespace faultline::lab
