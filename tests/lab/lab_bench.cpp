// How fast and how exact the lab is, in a namespace of its own: answers a second of CPU at full load, and
// lateness at 50,000 packets a second. Prints a "figure" line each; needs root or user namespaces.
#include "tests/lab/emulator.h"
#include "tests/lab/netns.h"
#include "tests/lab/network.h"

#include <fmt/format.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <vector>

namespace {

using namespace faultline::lab;

constexpr std::uint32_t kHosts = 1'000'000;
constexpr std::size_t kBatch = 64;
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr int kSkipped = 77;  // as ctest's SKIP_RETURN_CODE

std::vector<EmulatedHost> make_hosts() {
  std::vector<EmulatedHost> hosts(kHosts);
  for (std::uint32_t i = 0; i < kHosts; ++i) put32(hosts[i].address.bytes, 0, (10U << 24) + (16U << 16) + i);
  for (EmulatedHost& host : hosts) host.technology = faultline::Technology::docsis;
  return hosts;
}

// Sends echo requests round the addresses, a batch a call. Nothing is received: a filter drops the answers.
class Sender {
 public:
  Sender() : socket_(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) {
    const icmp_filter none = {~0U};
    setsockopt(socket_.get(), SOL_RAW, ICMP_FILTER, &none, sizeof none);
    const int buffer = 64 << 20;  // so that the device's queue is the limit
    setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    for (std::size_t i = 0; i < kBatch; ++i) {
      std::array<std::uint8_t, 56>& packet = packets_[i];
      packet[0] = ICMP_ECHO;
      put16(packet, 2, checksum(sum16(packet)));
      targets_[i].sin_family = AF_INET;
      vectors_[i] = {packet.data(), packet.size()};
      messages_[i].msg_hdr.msg_name = &targets_[i];
      messages_[i].msg_hdr.msg_namelen = sizeof targets_[i];
      messages_[i].msg_hdr.msg_iov = &vectors_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  bool works() const { return socket_.get() >= 0; }
  void send(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      targets_[i].sin_addr.s_addr = htonl((10U << 24) + (16U << 16) + next_++ % kHosts);
    sendmmsg(socket_.get(), messages_.data(), static_cast<unsigned>(count), 0);
  }

 private:
  Descriptor socket_;
  std::uint32_t next_ = 0;
  std::array<std::array<std::uint8_t, 56>, kBatch> packets_{};
  std::array<sockaddr_in, kBatch> targets_{};
  std::array<iovec, kBatch> vectors_{};
  std::array<mmsghdr, kBatch> messages_{};
};

void sleep_until(std::uint64_t ns) {
  timespec until{static_cast<time_t>(ns / kSecond), static_cast<long>(ns % kSecond)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

std::uint64_t thread_cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * kSecond + static_cast<std::uint64_t>(t.tv_nsec);
}

// Fills the device's queue and lets the network empty it, in turn on this thread, so that neither waits for
// the other. Returns the CPU time of the network's part alone.
std::uint64_t flood(Sender& sender, Network& network, std::uint64_t seconds) {
  std::uint64_t cpu = 0;
  for (const std::uint64_t end = monotonic_ns() + seconds * kSecond; monotonic_ns() < end;) {
    for (int i = 0; i < 32; ++i) sender.send(kBatch);
    const std::uint64_t before = thread_cpu_ns();
    while (network.step()) {
    }
    cpu += thread_cpu_ns() - before;
  }
  return cpu;
}

// 25 packets every half a millisecond.
void pace(Sender& sender, std::uint64_t seconds) {
  constexpr std::uint64_t kTick = 500'000;
  std::uint64_t at = monotonic_ns();
  for (std::uint64_t tick = 0; tick < seconds * kSecond / kTick; ++tick) {
    sender.send(25);
    sleep_until(at += kTick);
  }
}

void figure(const char* name, double value, const char* unit, const char* target, bool hit) {
  fmt::print("figure {} {:.1f} {} target {} {}\n", name, value, unit, target, hit ? "hit" : "missed");
  std::fflush(stdout);
}

}  // namespace

int main() {
  if (auto ok = enter_network_namespace(); !ok) {
    fmt::print("skipped: {}\n", ok.error().message);
    return kSkipped;
  }
  auto tun = make_tun_network();
  Sender sender;
  if (!tun || !sender.works()) {
    fmt::print("skipped: {}\n", tun ? "no raw socket" : tun.error().message);
    return kSkipped;
  }
  const std::vector<EmulatedHost> hosts = make_hosts();
  bool all_hit = true;
  {
    Emulator emulator({}, hosts);
    Network network(tun->get(), emulator);
    const std::uint64_t cpu = flood(sender, network, 4);
    const double rate = static_cast<double>(emulator.counters().answered) / (static_cast<double>(cpu) / 1e9);
    figure("lab_answers_per_second", rate, "1/s", ">= 300000", rate >= 300'000);
    fmt::print("note per second of the network's CPU, {} addresses\n", kHosts);
    all_hit &= rate >= 300'000;
  }
  {
    Emulator emulator({}, hosts);
    Network network(tun->get(), emulator);
    setpriority(PRIO_PROCESS, 0, -10);
    network.start(true);  // so that other work on the machine is not taken for the lab's
    pace(sender, 5);
    network.stop();
    const Histogram& late = emulator.lateness();
    figure("lab_lateness_p50", late.quantile_us(0.5), "us", "<= 5", late.quantile_us(0.5) <= 5);
    fmt::print("note p99 {:.1f} us, over 100 us {:.3f} %, {} answers at 50000/s\n", late.quantile_us(0.99),
               100.0 * static_cast<double>(late.above_100us()) / static_cast<double>(late.count() + 1),
               late.count());
    all_hit &= late.quantile_us(0.5) <= 5;
  }
  return all_hit ? 0 : 1;
}
