// libFuzzer entry: the ICMP decoders must neither read beyond their input nor give what lies beyond it.
#include "probes/wire/icmp.h"

#include <cstdlib>

using namespace faultline::wire;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::span input(reinterpret_cast<const std::byte*>(data), size);
  for (const auto version : {IpVersion::v4, IpVersion::v6}) {
    const auto echo = decode_echo(version, input);
    if (echo && echo->payload.size() + kEchoHeaderSize != size) std::abort();
    if (size >= 2) (void)error_reason(version, data[0], data[1]);
  }
  if (const auto icmp = icmp_in_ipv4(input)) {
    if (icmp->size() + 20 > size) std::abort();
    (void)decode_echo(IpVersion::v4, *icmp);
  }
  (void)internet_checksum(input);
  return 0;
}
