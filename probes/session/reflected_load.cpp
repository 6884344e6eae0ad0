#include "probes/session/reflected_load.h"

#include "probes/async/cancellation.h"
#include "probes/async/clock.h"
#include "probes/wire/stamp.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <random>
#include <span>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr Duration kTick = milliseconds(2);
constexpr Duration kGrace = milliseconds(500);  // for the last answers; longer ones come too late for anybody
constexpr std::size_t kUdpAndIpv4 = 28, kUdpAndIpv6 = 48;

bool is_try_again(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

// One packet out; false if the socket or the way to it is full, or something refused.
bool send_one(int fd, std::span<std::byte> packet, LoadCourse& course) {
  wire::StampRequest request;
  request.sequence = course.count.next_sequence();
  request.timestamp = wire::ntp_from_unix(
      std::chrono::duration_cast<std::chrono::nanoseconds>(wall_now().time_since_epoch()).count());
  wire::encode_stamp_request(wire::StampMode::unauthenticated, request, packet);
  if (::send(fd, packet.data(), packet.size(), MSG_DONTWAIT) < 0) {
    if (!is_try_again(errno)) course.attempt.error = error_code(errno, boost::system::system_category());
    return false;
  }
  course.count.sent();
  return true;
}

void receive_all(int fd, std::span<std::byte> buffer, LoadCourse& course) {
  for (;;) {
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && is_try_again(errno)) return;
    if (size < 0) {
      course.attempt.error = error_code(errno, boost::system::system_category());
      return;
    }
    const auto packet = buffer.first(static_cast<std::size_t>(size));
    if (const auto reply = wire::decode_stamp_reply(wire::StampMode::unauthenticated, packet))
      course.count.answered(reply->sequence, reply->sender_sequence);
    else
      course.is_malformed = true;
  }
}

std::vector<std::byte> packet_for(const LoadPlan& plan, bool is_ipv6) {
  const std::size_t headers = is_ipv6 ? kUdpAndIpv6 : kUdpAndIpv4;
  const std::size_t least = wire::kStampSize + wire::kTlvHeaderSize;
  std::vector<std::byte> packet(std::max(least, plan.packet_bytes - std::min(plan.packet_bytes, headers)));
  const auto padding = static_cast<std::uint16_t>(packet.size() - least);
  wire::encode_padding_tlv(padding, std::span(packet).subspan(wire::kStampSize));
  return packet;
}

// Sends what is due at every tick, then waits for what is still under way.
asio::awaitable<void> run_load(udp::socket& socket, const LoadPlan& plan, bool is_ipv6, Duration time_limit,
                               LoadCourse& course) {
  const auto executor = co_await asio::this_coro::executor;
  std::vector<std::byte> packet = packet_for(plan, is_ipv6);
  std::vector<std::byte> buffer(2048);
  const double per_second = plan.bps / 8 / static_cast<double>(plan.packet_bytes);
  const auto planned =
      static_cast<std::size_t>(std::max(1.0, std::floor(per_second * to_seconds(plan.duration))));
  const int fd = socket.native_handle();
  asio::steady_timer timer(executor);
  const Stopwatch watch;
  for (;;) {
    receive_all(fd, buffer, course);
    if (course.attempt.error) co_return;
    const Duration elapsed = watch.elapsed();
    const bool is_sending = course.count.sent_count() < planned && elapsed < plan.duration;
    if (is_sending) {
      const double due = 1 + per_second * to_seconds(elapsed);
      const std::size_t until = std::min(planned, static_cast<std::size_t>(due));
      while (course.count.sent_count() < until && send_one(fd, packet, course)) {
      }
      if (course.attempt.error) co_return;
      course.lasted = watch.elapsed();
    }
    const bool is_answered = !is_sending && course.count.received_count() == course.count.sent_count();
    const bool is_late = elapsed > course.lasted + kGrace && !is_sending;
    if (is_answered || is_late || elapsed >= time_limit) co_return;
    course.is_cancelled = co_await is_cancelled();
    if (course.is_cancelled) co_return;
    timer.expires_after(kTick);
    const auto token = asio::as_tuple(asio::use_awaitable);
    co_await timer.async_wait(token);
  }
}

}  // namespace

void LoadCount::answered(std::uint32_t reflector, std::uint32_t sender) {
  const std::uint32_t position = sender - first_;
  if (position >= back_.size() || back_[position]) return;  // not ours, or a duplicate
  back_[position] = true;
  lowest_ = received_ == 0 ? reflector : std::min(lowest_, reflector);
  highest_ = received_ == 0 ? reflector : std::max(highest_, reflector);
  ++received_;
  if (reflector != sender) is_counting_ = true;
}

std::optional<std::size_t> LoadCount::arrived_count() const {
  if (!is_counting_) return std::nullopt;
  // A session that the reflector knew before counts on: then the first ones are taken for arrived.
  const std::uint32_t from = lowest_ < back_.size() ? 0 : lowest_;
  return std::min<std::size_t>(back_.size(), highest_ - from + 1);
}

double rate_of(const LoadCourse& course, const LoadPlan& plan, std::size_t packets) {
  const std::size_t sent = course.count.sent_count();
  const double seconds = to_seconds(course.lasted);
  if (sent < 2 || seconds <= 0) return 0;
  const double sent_bps =
      8.0 * static_cast<double>(plan.packet_bytes) * static_cast<double>(sent - 1) / seconds;
  return sent_bps * static_cast<double>(packets) / static_cast<double>(sent);
}

asio::awaitable<LoadCourse> send_load(LoadPlan plan, Duration time_limit) {
  LoadCourse course;
  co_await asio::this_coro::throw_if_cancelled(false);  // an outcome, not an exception
  const auto executor = co_await asio::this_coro::executor;
  const Stopwatch total;
  const auto address = co_await find_address(plan.host, time_limit);
  course.is_cancelled = co_await is_cancelled();
  if (course.is_cancelled) co_return course;
  course.is_unresolved = !address;
  if (course.is_unresolved) co_return course;
  const udp::endpoint remote(*address, plan.port);
  udp::socket socket(executor);
  socket.open(remote.protocol(), course.attempt.error);
  if (!course.attempt.error) socket.connect(remote, course.attempt.error);
  course.attempt.at_once = static_cast<bool>(course.attempt.error);
  if (course.attempt.error) co_return course;
  course.count = LoadCount(std::random_device{}());
  const Duration left = total.left_of(time_limit);
  co_await run_load(socket, plan, address->is_v6(), left, course);
  co_return course;
}

}  // namespace faultline::session
