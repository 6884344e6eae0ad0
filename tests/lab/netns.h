// The Linux side of the lab: an own network namespace with a TUN device through which everything goes.
// Nothing outside the namespace is touched.
#pragma once

#include "rules/model/result.h"

#include <string>
#include <string_view>

namespace faultline::lab {

// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return fd_; }
  int release();

 private:
  int fd_ = -1;
};

// The own side of the device; the network behind it has every other address.
inline constexpr std::string_view kOwnAddressV4 = "10.255.255.1";
inline constexpr std::string_view kOwnAddressV6 = "fd00:ffff::ffff";
// Always there, whatever the inventory: routers near the prober that no fault of a node touches.
inline constexpr std::string_view kReferencesV4[] = {"10.255.0.1", "10.255.0.2"};
inline constexpr std::string_view kReferencesV6[] = {"fd00:ffff::1", "fd00:ffff::2"};

// Moves this process, which must have one thread, into a new network namespace: as root directly, else by a
// user namespace in which the user is root. The error says what the kernel refused and what allows it.
Result<void> enter_network_namespace();

// Brings up loopback, makes the TUN device "faultline0" with the own addresses and both default routes,
// and allows unprivileged ping sockets. The descriptor is non-blocking.
Result<Descriptor> make_tun_network();

// Packets that the device's queue dropped before the lab could read them.
Result<unsigned long long> tun_drops();

}  // namespace faultline::lab
