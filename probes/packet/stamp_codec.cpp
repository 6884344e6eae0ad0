#include "probes/packet/hmac.h"
#include "probes/packet/packet_codec.h"
#include "probes/wire/bytes.h"
#include "probes/wire/stamp.h"

#include <algorithm>

namespace faultline::packet {
namespace {

using wire::StampMode;

// How a reply is known to answer one of our packets. A reflector echoes the sender's sequence number and time
// stamp, nothing else for certain (the SSID is of RFC 8972 only). So a target's sequence starts at a random
// number (which also tells a stateless reflector, who copies it, from a stateful one, who counts from 0), and
// the last 16 bits of the time stamp's fraction, worth 15 us, are a SipHash tag over the sequence and the
// rest of the time stamp. Whoever does not see our packets must hit 32 + 16 keyed bits, the send time, our
// source port and the reflector's address; with a key there is the HMAC besides.
constexpr std::uint64_t kTagBits = 0xffff;

class StampCodec final : public PacketCodec {
 public:
  StampCodec(wire::IpVersion version, std::vector<std::byte> hmac_key, wire::SipKey key,
             const bool& clock_synchronised)
      : version_(version),
        mode_(hmac_key.empty() ? StampMode::unauthenticated : StampMode::authenticated),
        key_(key),
        clock_synchronised_(clock_synchronised) {
    if (!hmac_key.empty()) hmac_ = std::make_unique<ShortHmac>(hmac_key);
  }

  void write(Outgoing& packet, std::uint32_t, std::uint32_t sequence, std::int64_t wall_now) override {
    const auto time = wire::ntp_from_unix(wall_now);
    const wire::StampRequest request{
        .sequence = sequence, .timestamp = tagged(sequence, time), .error = own_error(), .ssid = 0};
    auto size = wire::encode_stamp_request(mode_, request, packet.header);
    if (hmac_) sign(packet.header);
    const auto wanted = static_cast<std::size_t>(packet.settings->payload);
    if (wanted >= size + wire::kTlvHeaderSize) {
      const auto padding = static_cast<std::uint16_t>(wanted - size - wire::kTlvHeaderSize);
      wire::encode_padding_tlv(padding, std::span(packet.header).subspan(size));
      size += wire::kTlvHeaderSize;
      packet.padding = padding;
    } else {
      packet.padding = 0;
    }
    packet.header_size = static_cast<std::uint16_t>(size);
    packet.port = packet.settings->port;
  }

  Reply read_reply(const Incoming& packet) override {
    const auto reply = wire::decode_stamp_reply(mode_, packet.data);
    if (!reply) return {.verdict = Verdict::malformed};
    if (hmac_ && !signed_well(packet.data)) return {.verdict = Verdict::bad_authentication};
    if (reply->sender_timestamp != tagged(reply->sender_sequence, reply->sender_timestamp)) return {};
    return {
        .verdict = Verdict::ours, .slot = {}, .sequence = reply->sender_sequence, .report = report(*reply)};
  }

  Quote read_quote(const Incoming& packet) override {
    Quote quote{.verdict = Verdict::ours,
                .reason = wire::error_reason(version_, packet.error_type, packet.error_code)};
    if (packet.data.size() < 4) return quote;  // the kernel has matched ports and address
    quote.sequence = wire::read_be<std::uint32_t>(packet.data, 0);
    quote.sequence_mask = UINT32_MAX;
    return quote;
  }

 private:
  std::uint64_t tagged(std::uint32_t sequence, std::uint64_t time) const {
    return (time & ~kTagBits) | (wire::siphash_2_4(key_, sequence, time >> 16U) & kTagBits);
  }

  // 1 * 2^-32 * 2^22 s = 0.98 ms: the packets of a tick all carry the time of its beginning.
  wire::ErrorEstimate own_error() const {
    return {.synchronised = clock_synchronised_, .ptp_format = false, .scale = 22, .multiplier = 1};
  }

  void sign(std::span<std::byte> packet) {
    const auto signature = hmac_->sign(packet.first(wire::kStampHmacOffset));
    std::copy(signature.begin(), signature.end(), packet.begin() + wire::kStampHmacOffset);
  }

  bool signed_well(std::span<const std::byte> packet) {
    return hmac_->verify(packet.first(wire::kStampHmacOffset),
                         packet.subspan(wire::kStampHmacOffset, wire::kStampHmacSize));
  }

  ReflectorReport report(const wire::StampReply& reply) const {
    const bool ptp = reply.error.ptp_format;
    return {.reflector_sequence = reply.sequence,
            .has_times = reply.receive_timestamp != 0 || reply.timestamp != 0,
            .residence_ns = wire::stamp_difference_ns(reply.timestamp, reply.receive_timestamp, ptp),
            // PTP time is TAI: 37 s from UTC, and nothing in the packet says which it is.
            .both_synchronised = reply.error.synchronised && !ptp && clock_synchronised_,
            .received_wall = wire::unix_from_stamp(reply.receive_timestamp, ptp),
            .reflected_wall = wire::unix_from_stamp(reply.timestamp, ptp)};
  }

  wire::IpVersion version_;
  StampMode mode_;
  wire::SipKey key_;
  const bool& clock_synchronised_;
  std::unique_ptr<ShortHmac> hmac_;
};

}  // namespace

std::unique_ptr<PacketCodec> make_stamp_codec(wire::IpVersion version, std::vector<std::byte> hmac_key,
                                              wire::SipKey key, const bool& clock_synchronised) {
  return std::make_unique<StampCodec>(version, std::move(hmac_key), key, clock_synchronised);
}

}  // namespace faultline::packet
