#include "probes/packet/worker.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace faultline::packet {
namespace {

constexpr std::size_t kCommandsATick = 2000;
constexpr Nanos kSynchronisedEvery = 1'000'000'000;
constexpr Nanos kSecond = 1'000'000'000;
constexpr unsigned long kTimerSlack_ns = 1000;

Now read_now() {
  const auto reading = read_clocks();
  return {.steady = reading.steady, .wall = reading.wall};
}

}  // namespace

Worker::Worker(unsigned number, const EngineOptions& options, RoundSink sink, wire::SipKey key)
    : shard_(options, std::move(sink), key, read_now()),
      first_slot_(shard_.first_slot()),
      wake_descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_descriptor_ < 0) throw std::runtime_error("eventfd failed");
  thread_ = std::thread([this, number] { run(number); });
}

Worker::~Worker() {
  stop();
  close(wake_descriptor_);
}

void Worker::post(std::vector<Command> commands) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(commands));
  }
  wake();
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  if (thread_.joinable()) thread_.join();
}

EngineStats Worker::stats() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

void Worker::wake() {
  const std::uint64_t one = 1;
  // A full counter means that a wake-up is due anyway.
  while (write(wake_descriptor_, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void Worker::run(unsigned number) {
  pthread_setname_np(pthread_self(), fmt::format("packet-{}", number).c_str());
  prctl(PR_SET_TIMERSLACK, kTimerSlack_ns);
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    const bool more = take_commands();
    shard_.tick(now());
    publish();
    const auto next = shard_.next_tick();
    wait_until(more ? std::min(next, steady_now() + Wheel::kGrid) : next);
  }
}

Now Worker::now() {
  const auto now = read_now();
  if (now.steady - synchronised_asked_at_ > kSynchronisedEvery) {
    clock_synchronised_ = clock_is_synchronised();
    synchronised_asked_at_ = now.steady;
  }
  return now;
}

// Says whether some are left for the next tick.
bool Worker::take_commands() {
  std::size_t done = 0;
  for (;;) {
    if (pending_done_ == pending_.size()) {
      const std::lock_guard lock(mutex_);
      pending_.clear();
      pending_done_ = 0;
      if (posted_.empty()) return false;
      pending_ = std::move(posted_.front());
      posted_.erase(posted_.begin());
      continue;
    }
    if (done++ == kCommandsATick) return true;
    carry_out(pending_[pending_done_++]);
  }
}

void Worker::carry_out(Command& command) {
  if (auto* add = std::get_if<AddTarget>(&command))
    shard_.add(add->slot, add->target, steady_now());
  else if (auto* remove = std::get_if<RemoveTarget>(&command))
    shard_.remove(remove->slot);
  else if (auto* change = std::get_if<ChangeAddress>(&command))
    shard_.set_address(change->slot, change->address);
  else if (auto* burst = std::get_if<StartBurst>(&command))
    shard_.burst(burst->slot, burst->plan);
  else
    std::get<Setup>(command)(shard_);
}

void Worker::publish() {
  const std::lock_guard lock(mutex_);
  published_ = shard_.stats();
}

void Worker::wait_until(Nanos when) {
  const auto left = std::max<Nanos>(0, when - steady_now());
  const timespec time{.tv_sec = left / kSecond, .tv_nsec = left % kSecond};
  pollfd woken{.fd = wake_descriptor_, .events = POLLIN, .revents = 0};
  if (ppoll(&woken, 1, &time, nullptr) <= 0) return;
  std::uint64_t count = 0;
  if (read(wake_descriptor_, &count, sizeof count) < 0 && errno != EAGAIN && errno != EINTR)
    throw std::runtime_error("eventfd failed");
}

}  // namespace faultline::packet
