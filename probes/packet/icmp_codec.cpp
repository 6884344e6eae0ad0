#include "probes/packet/packet_codec.h"
#include "probes/wire/bytes.h"

namespace faultline::packet {
namespace {

// The first 16 bytes of the payload: slot (4), sequence (4), SipHash-2-4 of the two (8).
constexpr std::size_t kTokenSize = 16;

class IcmpCodec final : public PacketCodec {
 public:
  IcmpCodec(wire::IpVersion version, std::optional<std::uint16_t> identifier, wire::SipKey key)
      : version_(version), identifier_(identifier), key_(key) {}

  void write(Outgoing& packet, std::uint32_t slot, std::uint32_t sequence, std::int64_t) override {
    std::array<std::byte, kTokenSize> token{};
    wire::write_be(token, 0, slot);
    wire::write_be(token, 4, sequence);
    wire::write_be(token, 8, tag(slot, sequence));
    const auto size = wire::encode_echo_request(version_, identifier_.value_or(0),
                                                static_cast<std::uint16_t>(sequence), token, packet.header);
    packet.header_size = static_cast<std::uint16_t>(size);
    packet.padding = static_cast<std::uint16_t>(packet.settings->payload - kTokenSize);
    packet.port = 0;
  }

  Reply read_reply(const Incoming& packet) override {
    const auto echo = wire::decode_echo(version_, packet.data);
    if (!echo) return {.verdict = Verdict::malformed};
    if (echo->kind != wire::EchoKind::reply || foreign(*echo)) return {};
    if (echo->payload.size() < kTokenSize) return {.verdict = Verdict::malformed};
    const auto token = read_token(*echo);
    if (!token) return {};
    return {.verdict = Verdict::ours, .slot = token->slot, .sequence = token->sequence};
  }

  Quote read_quote(const Incoming& packet) override {
    Quote quote{.reason = wire::error_reason(version_, packet.error_type, packet.error_code)};
    const auto echo = wire::decode_echo(version_, packet.data);
    if (!echo || echo->kind != wire::EchoKind::request || foreign(*echo)) return quote;
    if (echo->payload.size() < kTokenSize) {  // RFC 792 promises 8 bytes only
      quote.sequence = echo->sequence;
      quote.sequence_mask = 0xffff;
    } else {
      const auto token = read_token(*echo);
      if (!token) return quote;
      quote.sequence = token->sequence;
      quote.sequence_mask = UINT32_MAX;
    }
    quote.verdict = Verdict::ours;
    return quote;
  }

 private:
  struct Token {
    std::uint32_t slot, sequence;
  };

  bool foreign(const wire::Echo& echo) const { return identifier_ && echo.identifier != *identifier_; }

  std::uint64_t tag(std::uint32_t slot, std::uint32_t sequence) const {
    return wire::siphash_2_4(key_, static_cast<std::uint64_t>(slot) << 32U | sequence, 0);
  }

  std::optional<Token> read_token(const wire::Echo& echo) const {
    const Token token{wire::read_be<std::uint32_t>(echo.payload, 0),
                      wire::read_be<std::uint32_t>(echo.payload, 4)};
    if (wire::read_be<std::uint64_t>(echo.payload, 8) != tag(token.slot, token.sequence)) return std::nullopt;
    if (echo.sequence != static_cast<std::uint16_t>(token.sequence)) return std::nullopt;
    return token;
  }

  wire::IpVersion version_;
  std::optional<std::uint16_t> identifier_;
  wire::SipKey key_;
};

}  // namespace

std::unique_ptr<PacketCodec> make_icmp_codec(wire::IpVersion version, std::optional<std::uint16_t> identifier,
                                             wire::SipKey key) {
  return std::make_unique<IcmpCodec>(version, identifier, key);
}

}  // namespace faultline::packet
