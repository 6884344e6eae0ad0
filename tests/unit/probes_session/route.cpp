#include "tests/unit/probes_session/route.h"

#include "tests/lab/address.h"
#include "tests/lab/packet.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <utility>

namespace faultline::session {

Route::Route(const lab::Descriptor& tun, std::size_t hops, std::map<std::size_t, RouteHop> special,
             HostAnswer host)
    : tun_(tun.get()), hops_(hops), special_(std::move(special)), host_(host), thread_([this] { work(); }) {}

Route::~Route() {
  stops_ = true;
  thread_.join();
}

void Route::work() {
  std::array<std::uint8_t, 2048> bytes{};
  while (!stops_) {
    pollfd waiting{tun_, POLLIN, 0};
    if (poll(&waiting, 1, 20) <= 0) continue;
    const ssize_t size = read(tun_, bytes.data(), bytes.size());
    if (size > 0) answer(bytes.data(), static_cast<std::size_t>(size));
  }
}

void Route::answer(std::uint8_t* bytes, std::size_t size) {
  const std::span packet(bytes, size);
  const lab::Parsed parsed = lab::parse(packet);
  const bool is_ours = parsed.ask == lab::Ask::echo || parsed.ask == lab::Ask::udp_closed;
  if (!is_ours) return;
  ++packets_;
  std::array<std::uint8_t, 1024> out{};
  std::size_t length = 0;
  std::uint32_t delay_ms = 0;
  for (std::size_t hop = 1; hop <= hops_ && length == 0; ++hop) {
    const RouteHop& here = special_[hop];
    delay_ms += here.delay_ms;
    if (here.loses_each > 0 && ++seen_[hop] % here.loses_each == 0) return;
    const bool dies = parsed.ttl == hop;
    if (!dies && here.refuses_with < 0) continue;
    if (here.silent) return;
    const std::string name =
        parsed.v6 ? "fd00::" + std::to_string(hop) + ":1" : "10.0." + std::to_string(hop) + ".1";
    const lab::Address router = *lab::parse_address(name);
    length = dies ? lab::make_time_exceeded(packet, parsed, router.bytes, out)
                  : lab::make_unreachable(packet, parsed, static_cast<std::uint8_t>(here.refuses_with),
                                          router.bytes, out);
  }
  if (length == 0 && parsed.ask == lab::Ask::echo) {
    std::copy(packet.begin(), packet.end(), out.begin());
    length = lab::make_echo_reply(std::span(out).first(size), parsed);
    if (host_ == HostAnswer::forged) lab::forge(out, length, parsed);
    if (host_ == HostAnswer::cut_short) length = lab::cut_short(out, length, parsed);
  } else if (length == 0) {
    const std::span host = packet.subspan(parsed.destination_at(), parsed.address_size());
    length = lab::make_unreachable(packet, parsed, parsed.v6 ? 4 : 3, host, out);
  }
  if (delay_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
  if (write(tun_, out.data(), length) < 0) return;  // the test sees that nothing comes
}

}  // namespace faultline::session
