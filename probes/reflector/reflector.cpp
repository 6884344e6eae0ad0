#include "probes/reflector/reflector.h"

#include "probes/wire/bytes.h"

#include <algorithm>
#include <utility>

namespace faultline::reflector {
namespace {

constexpr std::size_t kNetworks = std::size_t{1} << 14U, kSessions = std::size_t{1} << 16U;
constexpr std::uint16_t kFirstUnprivilegedPort = 1024;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kSessionIdle = 900 * kSecond;  // RFC 8762 leaves it open; TWAMP has 900 s (REFWAIT)
constexpr std::uint8_t kUnrecognised = 0x80, kMalformed = 0x40;
constexpr std::uint8_t kExtraPadding = 1;

}  // namespace

void answer_tlvs(std::span<std::byte> rest) {
  const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
  if (std::all_of(rest.begin(), rest.end(), is_zero)) return;
  while (rest.size() >= wire::kTlvHeaderSize) {
    const std::size_t length = wire::read_be<std::uint16_t>(rest, 2);
    if (length > rest.size() - wire::kTlvHeaderSize) {  // where the next begins is not known
      wire::write_be(rest, 0, kMalformed);
      return;
    }
    const bool is_known = wire::read_be<std::uint8_t>(rest, 1) == kExtraPadding;
    wire::write_be(rest, 0, is_known ? std::uint8_t{0} : kUnrecognised);
    rest = rest.subspan(wire::kTlvHeaderSize + length);
  }
}

Reflector::Reflector(ReflectorSettings settings, wire::SipKey key)
    : settings_(std::move(settings)),
      key_(key),
      mode_(settings_.key.empty() ? wire::StampMode::unauthenticated : wire::StampMode::authenticated),
      networks_(kNetworks),
      sessions_(settings_.is_stateful ? kSessions : 0) {
  if (!settings_.key.empty()) hmac_ = std::make_unique<packet::ShortHmac>(settings_.key);
}
Reflector::~Reflector() = default;

Verdict Reflector::reflect(const ReceivedPacket& packet, std::int64_t now_ns, std::span<std::byte> answer,
                           std::size_t& size) {
  const auto request = wire::decode_stamp_request(mode_, packet.bytes);
  if (!request) return Verdict::too_short;
  if (is_forbidden(packet)) return Verdict::forbidden_source;
  // Before the signature, which costs most of the work that a flood could cause.
  Bucket& network = networks_[tag_of(packet.from, 0) % kNetworks];
  if (!take(network, settings_.most_a_second_by_network, now_ns) ||
      !take(total_, settings_.most_a_second, now_ns))
    return Verdict::over_rate;
  if (hmac_ && !hmac_->verify(packet.bytes.first(wire::kStampHmacOffset),
                              packet.bytes.subspan(wire::kStampHmacOffset, wire::kStampHmacSize)))
    return Verdict::unsigned_or_wrong;

  wire::StampReply reply;
  reply.sequence = sequence_for(packet, *request, now_ns);
  // 1 * 2^-32 * 2^20 s = 0.24 ms: what lies between the clock and the wire.
  reply.error = {
      .synchronised = packet.clock_is_synchronised, .ptp_format = false, .scale = 20, .multiplier = 1};
  reply.ssid = request->ssid;
  reply.receive_timestamp = wire::ntp_from_unix(packet.received_ns);
  reply.sender_sequence = request->sequence;
  reply.sender_timestamp = request->timestamp;
  reply.sender_error = request->error;
  reply.sender_ttl = packet.ttl;
  reply.timestamp = wire::ntp_from_unix(now_ns);
  const std::size_t base = wire::encode_stamp_reply(mode_, reply, answer);
  if (hmac_) {
    const auto signature = hmac_->sign(answer.first(wire::kStampHmacOffset));
    std::copy(signature.begin(), signature.end(), answer.begin() + wire::kStampHmacOffset);
  }
  size = packet.bytes.size();
  const auto rest = answer.subspan(base, size - base);
  std::copy(packet.bytes.begin() + static_cast<std::ptrdiff_t>(base), packet.bytes.end(), rest.begin());
  answer_tlvs(rest);
  return Verdict::answered;
}

// A forged packet would have us answer a service (DNS, NTP), another reflector, or many at once.
bool Reflector::is_forbidden(const ReceivedPacket& packet) const {
  if (packet.from_port < kFirstUnprivilegedPort || packet.from_port == settings_.port) return true;
  const auto& bytes = packet.from.bytes;
  if (packet.from.is_v6)
    return bytes[0] == 0xff || std::all_of(bytes.begin(), bytes.end(), [](auto b) { return b == 0; });
  return bytes[0] == 0 || bytes[0] >= 224;
}

bool Reflector::take(Bucket& bucket, double rate, std::int64_t now_ns) {
  const double most = std::max(1.0, rate);  // a second's worth at once
  if (!bucket.is_used) {
    bucket = {now_ns, static_cast<float>(most), true};
  } else {
    const double gained =
        rate * static_cast<double>(std::max<std::int64_t>(0, now_ns - bucket.at_ns)) / kSecond;
    bucket.tokens = static_cast<float>(std::min(most, bucket.tokens + gained));
    bucket.at_ns = now_ns;
  }
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

// Of an IPv4 address, or an IPv6 network of 64 bits; with `more` of the whole address.
std::uint64_t Reflector::tag_of(const packet::IpAddress& address, std::uint64_t more) const {
  std::array<std::byte, 32> text{};
  const std::size_t count = address.is_v6 ? (more == 0 ? 8 : 16) : 4;
  for (std::size_t i = 0; i < count; ++i) text[i] = static_cast<std::byte>(address.bytes[i]);
  text[16] = static_cast<std::byte>(address.is_v6 ? 6 : 4);
  wire::write_be(text, 24, more);
  return wire::siphash_2_4(key_, text);
}

std::uint32_t Reflector::sequence_for(const ReceivedPacket& packet, const wire::StampRequest& request,
                                      std::int64_t now_ns) {
  if (sessions_.empty()) return request.sequence;
  const std::uint64_t who = 1ULL << 32U | std::uint64_t{packet.from_port} << 16U | request.ssid;
  const std::uint64_t tag = tag_of(packet.from, who);
  Session& session = sessions_[tag % sessions_.size()];
  const bool is_idle = session.tag == 0 || now_ns - session.at_ns > kSessionIdle || now_ns < session.at_ns;
  if (session.tag != tag) {
    if (!is_idle) return request.sequence;
    session = {tag, now_ns, 0};
  } else if (is_idle) {
    session.next = 0;
  }
  session.at_ns = now_ns;
  return session.next++;
}

}  // namespace faultline::reflector
