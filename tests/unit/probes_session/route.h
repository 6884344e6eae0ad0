// A way of several routers to one host, behind a TUN device in a network of the test's own: real packets that
// die where their time to live ends. Hop n is 10.0.n.1 or fd00::n:1; the host is any other address.
#pragma once

#include "tests/lab/netns.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <thread>

namespace faultline::session {

struct RouteHop {
  bool silent = false;         // sends no errors, but forwards
  int loses_each = 0;          // every n-th packet that reaches it goes no further; 0: none
  int refuses_with = -1;       // forwards nothing and says "destination unreachable" with this code
  std::uint32_t delay_ms = 0;  // that its answers, and all from behind it, take longer
};

// How the host answers an echo: forged has other bytes in its payload, cut_short only half of it.
enum class HostAnswer : std::uint8_t { good, forged, cut_short };

class Route {
 public:
  // `tun` as lab::make_tun_network gives it. `hops` routers before the host.
  Route(const lab::Descriptor& tun, std::size_t hops, std::map<std::size_t, RouteHop> special,
        HostAnswer host = HostAnswer::good);
  ~Route();

  std::size_t packets() const { return packets_; }

 private:
  void work();
  void answer(std::uint8_t* bytes, std::size_t size);

  int tun_;
  std::size_t hops_;
  std::map<std::size_t, RouteHop> special_;
  HostAnswer host_;
  std::map<std::size_t, int> seen_;  // packets, by hop
  std::atomic<std::size_t> packets_{0};
  std::atomic<bool> stops_{false};
  std::thread thread_;
};

}  // namespace faultline::session
