#include "tests/lab/netns.h"

#include "tests/lab/netlink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace faultline::lab {
namespace {

constexpr const char* kDevice = "faultline0";
constexpr unsigned kQueueLength = 16'384;

bool write_file(const char* path, const std::string& text) {
  Descriptor file(open(path, O_WRONLY | O_CLOEXEC));
  return file.get() >= 0 && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

Result<void> enter_user_namespace() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
    return fail(
        fmt::format("cannot make a network namespace: {} (run as root, or allow user namespaces: sysctl "
                    "kernel.unprivileged_userns_clone=1 user.max_user_namespaces=1000)",
                    std::strerror(errno)));
  write_file("/proc/self/setgroups", "deny");
  if (!write_file("/proc/self/uid_map", fmt::format("0 {} 1\n", user)) ||
      !write_file("/proc/self/gid_map", fmt::format("0 {} 1\n", group)))
    return fail(fmt::format("cannot map the user into the namespace: {}", std::strerror(errno)));
  return {};
}

Result<Descriptor> open_tun() {
  Descriptor tun(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (tun.get() < 0)
    return fail(
        fmt::format("/dev/net/tun: {} (load the module: modprobe tun; as a user it must be readable "
                    "and writable)",
                    std::strerror(errno)));
  ifreq request{};
  std::strncpy(request.ifr_name, kDevice, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(tun.get(), TUNSETIFF, &request) != 0)
    return fail(fmt::format("making the TUN device: {}", std::strerror(errno)));
  return tun;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = other.release();
  }
  return *this;
}
Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}
int Descriptor::release() {
  return std::exchange(fd_, -1);
}

Result<void> enter_network_namespace() {
  if (geteuid() == 0 && unshare(CLONE_NEWNET) == 0) return {};
  return enter_user_namespace();
}

Result<Descriptor> make_tun_network() {
  auto tun = open_tun();
  if (!tun) return tun;
  auto netlink = Netlink::open();
  if (!netlink) return tl::make_unexpected(netlink.error());
  const unsigned loopback = if_nametoindex("lo");
  const unsigned device = if_nametoindex(kDevice);
  // The kernel's own noise (router solicitations, multicast reports) has no place in the packet log.
  write_file(fmt::format("/proc/sys/net/ipv6/conf/{}/router_solicitations", kDevice).c_str(), "0\n");
  const auto done = netlink->set_up(loopback)
                        .and_then([&] { return netlink->set_up(device, kQueueLength); })
                        .and_then([&] { return netlink->add_address(device, *parse_address(kOwnAddressV4)); })
                        .and_then([&] { return netlink->add_default_route(device, false); });
  if (!done) return tl::make_unexpected(done.error());
  if (access("/proc/net/if_inet6", R_OK) == 0) {  // a kernel may lack IPv6
    const auto six = netlink->add_address(device, *parse_address(kOwnAddressV6)).and_then([&] {
      return netlink->add_default_route(device, true);
    });
    if (!six) return tl::make_unexpected(six.error());
  }
  // The group that the caller has here; in a user namespace only group 0 exists.
  if (!write_file("/proc/sys/net/ipv4/ping_group_range", "0 2147483647\n"))
    write_file("/proc/sys/net/ipv4/ping_group_range", "0 0\n");
  return tun;
}

Result<unsigned long long> tun_drops() {
  std::ifstream file("/proc/thread-self/net/dev");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || line.find(kDevice) == std::string::npos) continue;
    std::istringstream fields(line.substr(colon + 1));
    unsigned long long value = 0;
    for (int column = 0; column < 12; ++column) fields >> value;  // the 12th: transmit drops
    if (fields) return value;
  }
  return fail("/proc/thread-self/net/dev has no line for the TUN device");
}

}  // namespace faultline::lab
