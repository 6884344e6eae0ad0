#include "daemon/app/privileges.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace faultline::app {
namespace {

struct Capability {
  unsigned long number;
  const char* name;
};
// Both are below 32: all in the first of the two words that the system call takes.
constexpr std::array kDropped = {Capability{CAP_NET_RAW, "cap_net_raw"},
                                 Capability{CAP_NET_ADMIN, "cap_net_admin"}};

using Sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

tl::unexpected<Error> failure(const char* what) {
  return fail(fmt::format("cannot give up privileges: {}: {}", what, std::strerror(errno)));
}

}  // namespace

Result<std::vector<std::string>> drop_network_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  Sets sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return failure("capget");
  std::vector<std::string> had;
  for (const Capability& capability : kDropped) {
    const std::uint32_t bit = 1U << capability.number;
    if ((sets[0].permitted & bit) != 0) had.emplace_back(capability.name);
    for (auto* set : {&sets[0].effective, &sets[0].permitted, &sets[0].inheritable}) *set &= ~bit;
    // Kernels without ambient capabilities know no such call; without CAP_SETPCAP the bounding set stays,
    // which by itself gives nothing.
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, capability.number, 0, 0);
    prctl(PR_CAPBSET_DROP, capability.number, 0, 0, 0);
  }
  if (syscall(SYS_capset, &header, sets.data()) != 0) return failure("capset");
  return had;
}

}  // namespace faultline::app
