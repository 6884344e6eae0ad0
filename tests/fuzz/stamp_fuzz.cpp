// libFuzzer entry: what the STAMP decoders accept, the encoders write back the same.
#include "probes/wire/stamp.h"

#include <array>
#include <cstdlib>

using namespace faultline::wire;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::span input(reinterpret_cast<const std::byte*>(data), size);
  std::array<std::byte, kStampAuthenticatedSize> again{};
  for (const auto mode : {StampMode::unauthenticated, StampMode::authenticated}) {
    if (const auto reply = decode_stamp_reply(mode, input)) {
      const auto length = encode_stamp_reply(mode, *reply, again);
      const auto second = decode_stamp_reply(mode, std::span(again).first(length));
      if (!second || second->sender_timestamp != reply->sender_timestamp || second->error != reply->error)
        std::abort();
      (void)stamp_difference_ns(reply->timestamp, reply->receive_timestamp, reply->error.ptp_format);
      (void)unix_from_stamp(reply->timestamp, reply->error.ptp_format);
    }
    if (const auto request = decode_stamp_request(mode, input)) encode_stamp_request(mode, *request, again);
  }
  return 0;
}
