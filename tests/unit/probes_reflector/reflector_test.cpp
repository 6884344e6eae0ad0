// What the reflector answers, and what it must not: RFC 8762 and RFC 8972, and the tricks of the open
// internet.
#include "probes/reflector/reflector.h"

#include "probes/wire/bytes.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace faultline::reflector {
namespace {

using packet::parse_address;
using wire::StampMode;

constexpr std::int64_t kNow = 1'795'514'400'000'000'000, kSecond = 1'000'000'000;
const std::vector<std::byte> kKey(16, std::byte{7});

struct ReflectorTest : testing::Test {
  static std::vector<std::byte> request(std::uint32_t sequence = 5,
                                        StampMode mode = StampMode::unauthenticated,
                                        std::uint16_t ssid = 77) {
    std::vector<std::byte> bytes(wire::stamp_size(mode));
    wire::encode_stamp_request(mode, {sequence, 0x1122334455667788, {true, false, 9, 3}, ssid}, bytes);
    return bytes;
  }
  static std::vector<std::byte> signed_request() {
    auto bytes = request(5, StampMode::authenticated);
    const auto signature = packet::ShortHmac(kKey).sign(std::span(bytes).first(wire::kStampHmacOffset));
    std::copy(signature.begin(), signature.end(), bytes.begin() + wire::kStampHmacOffset);
    return bytes;
  }
  Verdict send(const std::vector<std::byte>& bytes, const std::string& from = "192.0.2.7",
               std::uint16_t port = 40'000) {
    if (!reflector) reflector = std::make_unique<Reflector>(settings, wire::SipKey{1, 2});
    answer.assign(bytes.size(), std::byte{0xEE});
    std::size_t size = 0;
    const ReceivedPacket packet{bytes, *parse_address(from), port, 57, now - 1000, true};
    const Verdict verdict = reflector->reflect(packet, now, answer, size);
    answer.resize(size);
    return verdict;
  }
  wire::StampReply reply(StampMode mode = StampMode::unauthenticated) const {
    const auto decoded = wire::decode_stamp_reply(mode, answer);
    return decoded ? *decoded : wire::StampReply{};
  }

  ReflectorSettings settings;
  std::unique_ptr<Reflector> reflector;
  std::vector<std::byte> answer;
  std::int64_t now = kNow;
};

TEST_F(ReflectorTest, CopiesWhatTheSenderSaidAndAddsItsTimes) {
  ASSERT_EQ(send(request()), Verdict::answered);
  ASSERT_EQ(answer.size(), wire::kStampSize);
  const wire::StampReply r = reply();
  EXPECT_EQ(r.sequence, 5U) << "stateless: the sender's";
  EXPECT_EQ(r.sender_sequence, 5U);
  EXPECT_EQ(r.sender_timestamp, 0x1122334455667788U);
  EXPECT_EQ(r.sender_error, (wire::ErrorEstimate{true, false, 9, 3}));
  EXPECT_EQ(r.ssid, 77);
  EXPECT_EQ(r.sender_ttl, 57);
  EXPECT_TRUE(r.error.synchronised);
  EXPECT_NEAR(static_cast<double>(wire::unix_from_ntp(r.receive_timestamp) - (kNow - 1000)), 0, 1);
  EXPECT_NEAR(static_cast<double>(wire::unix_from_ntp(r.timestamp) - kNow), 0, 1);
}

TEST_F(ReflectorTest, CountsForEachSenderIfItKeepsState) {
  settings.is_stateful = true;
  const auto sequence = [&](std::uint16_t port, std::uint16_t ssid) {
    EXPECT_EQ(send(request(900, StampMode::unauthenticated, ssid), "192.0.2.7", port), Verdict::answered);
    return reply().sequence;
  };
  EXPECT_EQ(sequence(40'000, 1), 0U);
  EXPECT_EQ(sequence(40'000, 1), 1U);
  EXPECT_EQ(sequence(40'001, 1), 0U) << "another port is another session";
  EXPECT_EQ(sequence(40'000, 2), 0U) << "another SSID, too";
  EXPECT_EQ(sequence(40'000, 1), 2U);
  now += 1000 * kSecond;
  EXPECT_EQ(sequence(40'000, 1), 0U) << "idle for longer than 900 s";
}

TEST_F(ReflectorTest, AnswersOnlyWhatIsSignedIfItHasAKey) {
  settings.key = kKey;
  ASSERT_EQ(send(signed_request()), Verdict::answered);
  EXPECT_EQ(answer.size(), wire::kStampAuthenticatedSize);
  EXPECT_EQ(reply(StampMode::authenticated).sender_sequence, 5U);
  EXPECT_TRUE(packet::ShortHmac(kKey).verify(std::span(answer).first(wire::kStampHmacOffset),
                                             std::span(answer).subspan(wire::kStampHmacOffset, 16)));
  auto forged = signed_request();
  forged[3] = std::byte{6};
  EXPECT_EQ(send(forged), Verdict::unsigned_or_wrong);
  EXPECT_EQ(send(request(5, StampMode::authenticated)), Verdict::unsigned_or_wrong);
  EXPECT_EQ(send(request()), Verdict::too_short) << "unauthenticated";
  EXPECT_TRUE(answer.empty());
}

TEST_F(ReflectorTest, AnswersNothingThatIsShorterThanItsAnswer) {
  for (std::size_t size = 0; size < wire::kStampSize; ++size) {
    auto bytes = request();
    bytes.resize(size);
    ASSERT_EQ(send(bytes), Verdict::too_short) << size;
  }
  auto corrupt = request();
  corrupt[13] = std::byte{0};  // an error estimate with a multiplier of 0
  EXPECT_EQ(send(corrupt), Verdict::too_short);
}

TEST_F(ReflectorTest, IsNoToolAgainstOthers) {
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{0, 19, 53, 123, 862, 1023})
    EXPECT_EQ(send(request(), "192.0.2.7", port), Verdict::forbidden_source) << port;
  EXPECT_EQ(send(request(), "192.0.2.7", 1024), Verdict::answered);
  for (const char* from : {"0.0.0.0", "224.0.0.1", "255.255.255.255", "ff02::1", "::"})
    EXPECT_EQ(send(request(), from), Verdict::forbidden_source) << from;
  EXPECT_EQ(send(request(), "2001:db8::1"), Verdict::answered);
  settings.port = 5000;
  reflector.reset();
  EXPECT_EQ(send(request(), "192.0.2.7", 5000), Verdict::forbidden_source) << "another reflector";
}

TEST_F(ReflectorTest, HoldsTheRateOfEachNetworkAndOfAll) {
  settings.most_a_second = 30;
  settings.most_a_second_by_network = 10;
  const auto answered = [&](const std::string& from, int count) {
    int n = 0;
    for (int i = 0; i < count; ++i) n += send(request(), from) == Verdict::answered ? 1 : 0;
    return n;
  };
  EXPECT_EQ(answered("192.0.2.7", 100), 10);
  EXPECT_EQ(answered("2001:db8::1", 100), 10);
  EXPECT_EQ(answered("2001:db8::2", 100), 0) << "the same /64";
  EXPECT_EQ(answered("192.0.2.8", 5), 5);
  EXPECT_EQ(answered("2001:db8:1::1", 100), 5) << "all that is left";
  now += kSecond / 2;
  EXPECT_EQ(answered("192.0.2.7", 100), 5) << "half a second's worth";
  now -= 10 * kSecond;
  EXPECT_EQ(answered("192.0.2.7", 100), 0) << "the clock was set back";
  now += 11 * kSecond;
  EXPECT_GE(answered("192.0.2.7", 100), 1) << "and nothing waits for it to catch up";
}

TEST_F(ReflectorTest, EchoesExtensionsAndSaysWhichItDoesNotKnow) {
  auto bytes = request();
  const auto append = [&](std::initializer_list<int> more) {
    for (const int b : more) bytes.push_back(static_cast<std::byte>(b));
  };
  append({0x80, 1, 0, 3, 9, 9, 9});  // padding of three bytes
  append({0x80, 4, 0, 2, 5, 6});     // class of service
  append({0x00, 200, 0, 0});         // of the future
  ASSERT_EQ(send(bytes), Verdict::answered);
  ASSERT_EQ(answer.size(), bytes.size());
  const auto flags = [&](std::size_t at) { return std::to_integer<int>(answer[wire::kStampSize + at]); };
  EXPECT_EQ(flags(0), 0x00) << "padding is known";
  EXPECT_EQ(flags(4), 9);
  EXPECT_EQ(flags(7), 0x80);
  EXPECT_EQ(flags(11), 5);
  EXPECT_EQ(flags(13), 0x80);
}

TEST_F(ReflectorTest, MarksAnExtensionThatCannotBeAndStopsThere) {
  auto bytes = request();
  for (const int b : {0x80, 4, 0, 200, 0x80, 5, 0, 0}) bytes.push_back(static_cast<std::byte>(b));
  ASSERT_EQ(send(bytes), Verdict::answered);
  EXPECT_EQ(answer[wire::kStampSize], std::byte{0x40});
  EXPECT_EQ(answer[wire::kStampSize + 4], std::byte{0x80}) << "as it came";
}

TEST_F(ReflectorTest, LeavesThePaddingOfTwampLightAlone) {
  auto bytes = request();
  bytes.resize(1400);
  ASSERT_EQ(send(bytes), Verdict::answered);
  EXPECT_EQ(answer.size(), 1400U);
  EXPECT_TRUE(std::all_of(answer.begin() + wire::kStampSize, answer.end(),
                          [](std::byte b) { return b == std::byte{0}; }));
}

}  // namespace
}  // namespace faultline::reflector
