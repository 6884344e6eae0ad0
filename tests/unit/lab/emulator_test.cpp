#include "tests/lab/emulator.h"

#include "tests/unit/lab/packets.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace faultline::lab {
namespace {

using test::Packet;

constexpr const char* kOwn = "10.255.255.1";
constexpr const char* kHost = "10.16.0.1";
constexpr std::uint64_t kStep = 1'000'000;

class EmulatorTest : public testing::Test {
 protected:
  void make(EmulatorOptions options = {}) {
    options.packet_log_limit = 100'000;
    options.router_v4 = *parse_address("10.255.0.1");
    options_ = options;
    hosts_ = {{*parse_address(kHost), Technology::lte}, {*parse_address("fd00:fa17::1"), Technology::gpon}};
    emulator_.emplace(options, hosts_);
  }
  void receive(const Packet& packet) {
    emulator_->receive(packet, now_ += kStep, 1'700'000'000'000'000'000U);
  }
  struct Answer {
    std::uint64_t at;
    Packet packet;
  };
  std::vector<Answer> take_all() {
    std::vector<Answer> answers;
    while (emulator_->next_due() != Emulator::kNever) {
      const std::uint64_t at = emulator_->next_due();
      const ConstBytes packet = emulator_->take_due(at);
      answers.push_back({at, Packet(packet.begin(), packet.end())});
    }
    return answers;
  }

  EmulatorOptions options_;
  std::vector<EmulatedHost> hosts_;
  std::optional<Emulator> emulator_;
  std::uint64_t now_ = 1'000'000'000;
};

TEST_F(EmulatorTest, AnswersExactlyWhatWasPredicted) {
  make();
  Condition congestion;
  congestion.loss = share_of(0.3);
  congestion.delay_ns = 7'000'000;
  emulator_->set_condition(0, congestion);
  constexpr std::uint16_t kPackets = 500;
  const std::uint64_t first = now_ + kStep;
  for (std::uint16_t i = 0; i < kPackets; ++i) receive(test::echo_request(kOwn, kHost, i));
  std::map<std::uint16_t, std::uint64_t> answered;
  for (const Answer& answer : take_all()) answered[get16(answer.packet, 26)] = answer.at;
  const HostProfile profile = host_profile(options_.seed, hosts_[0].address, Technology::lte);
  std::size_t predicted = 0;
  for (std::uint16_t i = 0; i < kPackets; ++i) {
    const Fate fate = fate_of(host_key(options_.seed, hosts_[0].address), i, profile, congestion);
    ASSERT_EQ(answered.contains(i), fate.verdict == Verdict::answered) << i;
    if (!answered.contains(i)) continue;
    ++predicted;
    EXPECT_EQ(answered[i], first + i * kStep + fate.delay_ns) << i;
  }
  EXPECT_EQ(emulator_->counters().answered, predicted);
  EXPECT_EQ(emulator_->counters().lost, kPackets - predicted);
  EXPECT_EQ(emulator_->log().records().size(), kPackets);
}

TEST_F(EmulatorTest, HoldsAnAnswerUntilItIsDueAndRecordsHowLateItWas) {
  make();
  receive(test::echo_request(kOwn, kHost, 1));
  const std::uint64_t due = emulator_->next_due();
  EXPECT_TRUE(emulator_->take_due(due - 1).empty());
  EXPECT_FALSE(emulator_->take_due(due + 150'000).empty());
  ASSERT_EQ(emulator_->log().records().size(), 1U);
  EXPECT_EQ(emulator_->log().records()[0].lateness_ns, 150'000);
  EXPECT_EQ(emulator_->lateness().above_100us(), 1U);
  EXPECT_DOUBLE_EQ(emulator_->lateness().quantile_us(0.5), 150.0);
}

TEST_F(EmulatorTest, ASilentHostAnswersAgainAfterItsRepair) {
  make();
  Condition cut;
  cut.silent = true;
  emulator_->set_condition(0, cut);
  receive(test::echo_request(kOwn, kHost, 1));
  EXPECT_TRUE(take_all().empty());
  EXPECT_EQ(emulator_->counters().silent, 1U);
  emulator_->set_condition(0, {});
  receive(test::echo_request(kOwn, kHost, 2));
  EXPECT_EQ(take_all().size(), 1U);
}

TEST_F(EmulatorTest, CountsWhatItDoesNotAnswer) {
  make();
  receive(test::echo_request(kOwn, "10.99.0.1", 1));
  Packet broken = test::echo_request(kOwn, kHost, 1);
  broken.back() ^= 1;
  receive(broken);
  receive(test::tcp_packet(kOwn, kHost, 80, 0x10));
  EXPECT_TRUE(take_all().empty());
  EXPECT_EQ(emulator_->counters().unknown_address, 1U);
  EXPECT_EQ(emulator_->counters().malformed, 1U);
  EXPECT_EQ(emulator_->counters().ignored, 1U);
  EXPECT_EQ(emulator_->counters().received, 0U);
}

TEST_F(EmulatorTest, GivesOddAnswersOnRequest) {
  make();
  Condition odd;
  odd.odd.duplicate = odd.odd.forge = share_of(1);
  emulator_->set_condition(1, odd);
  receive(test::echo_request("fd00:ffff::ffff", "fd00:fa17::1", 1));
  const auto answers = take_all();
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_NE(answers[0].packet, answers[1].packet);  // the forged one comes first
  EXPECT_EQ(answers[1].packet, answers[2].packet);
  EXPECT_EQ(emulator_->counters().answered, 1U);

  odd = {};
  odd.odd.truncate = share_of(1);
  emulator_->set_condition(1, odd);
  receive(test::echo_request("fd00:ffff::ffff", "fd00:fa17::1", 2));
  EXPECT_EQ(take_all().at(0).packet.size(), 40U + 8 + 8);
}

TEST_F(EmulatorTest, AReorderedAnswerIsOvertaken) {
  make();
  Condition odd;
  odd.odd.reorder = share_of(1);
  emulator_->set_condition(0, odd);
  receive(test::echo_request(kOwn, kHost, 1));
  emulator_->set_condition(0, {});
  receive(test::echo_request(kOwn, kHost, 2));
  const auto answers = take_all();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(get16(answers[0].packet, 26), 2);
}

TEST_F(EmulatorTest, SaysUnreachableByTheRouterAndClosedPortsByTheHost) {
  make();
  Condition odd;
  odd.odd.unreachable = 1;
  emulator_->set_condition(0, odd);
  receive(test::echo_request(kOwn, kHost, 1));
  const Packet by_router = take_all().at(0).packet;
  EXPECT_EQ(get32(by_router, 12), 0x0AFF0001U);
  EXPECT_EQ(get16(by_router, 20), 0x0301);
  emulator_->set_condition(0, {});
  receive(test::udp_packet(kOwn, kHost, 9, Packet(10)));
  const Packet by_host = take_all().at(0).packet;
  EXPECT_EQ(get32(by_host, 12), 0x0A100001U);
  EXPECT_EQ(get16(by_host, 20), 0x0303);
  EXPECT_EQ(emulator_->counters().refused, 2U);
}

TEST_F(EmulatorTest, AsksTheAgentOfAHostThatHasOne) {
  EmulatorOptions options;
  std::string asked;
  options.snmp = [&](std::uint32_t host, ConstBytes question, std::uint64_t) -> std::optional<std::string> {
    if (host != 0) return std::nullopt;
    asked.assign(question.begin(), question.end());
    return asked == "hm" ? "" : std::string(600, 'a');
  };
  make(options);
  receive(test::udp_packet(kOwn, kHost, 161, Packet{'h', 'i'}));
  const auto answers = take_all();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(asked, "hi");
  EXPECT_EQ(answers[0].packet.size(), 28U + 600);
  EXPECT_EQ(get32(answers[0].packet, 20), 161U << 16 | 40'000U);
  EXPECT_EQ(answers[0].packet.back(), 'a');
  EXPECT_EQ(test::l4_sum(answers[0].packet, 17), 0);
  receive(test::udp_packet(kOwn, kHost, 161, Packet{'h', 'm'}));
  EXPECT_TRUE(take_all().empty());
  EXPECT_EQ(emulator_->counters().malformed, 1U);
  receive(test::udp_packet("fd00:ffff::ffff", "fd00:fa17::1", 161, Packet{'h', 'i'}));
  EXPECT_EQ(take_all().at(0).packet[40], 1) << "ICMPv6 unreachable: no agent, the port is closed";
  Condition cut;
  cut.silent = true;
  emulator_->set_condition(0, cut);
  receive(test::udp_packet(kOwn, kHost, 161, Packet{'h', 'i'}));
  EXPECT_TRUE(take_all().empty());
}

TEST_F(EmulatorTest, AStatefulReflectorCountsForItselfAndAlsoWhatIsLostOnTheWayBack) {
  make();
  Condition lossy;
  lossy.loss = share_of(0.5);
  emulator_->set_condition(0, lossy);
  const HostProfile profile = host_profile(options_.seed, hosts_[0].address, Technology::lte);
  std::vector<std::uint32_t> expected, seen;
  std::uint32_t reached = 0;
  for (std::uint32_t i = 0; i < 200; ++i) {
    Packet payload(44);
    put32(payload, 0, 5000 + i);
    receive(test::udp_packet(kOwn, kHost, 862, payload));
    const Fate fate = fate_of(host_key(options_.seed, hosts_[0].address), i, profile, lossy);
    if (fate.verdict == Verdict::answered) expected.push_back(reached);
    if (fate.verdict != Verdict::lost_forward) ++reached;
    for (const Answer& answer : take_all()) {
      seen.push_back(get32(answer.packet, 28));
      EXPECT_EQ(get32(answer.packet, 28 + 24), 5000 + i);
      EXPECT_EQ(answer.packet[28 + 40], 61);
      EXPECT_EQ(test::l4_sum(answer.packet, 17), 0);
    }
  }
  EXPECT_EQ(seen, expected);
  EXPECT_LT(expected.size(), reached);
}

TEST_F(EmulatorTest, AStatelessReflectorCopiesTheSequence) {
  EmulatorOptions options;
  options.stateful_stamp = false;
  make(options);
  Packet payload(44);
  put32(payload, 0, 4711);
  receive(test::udp_packet(kOwn, kHost, 862, payload));
  EXPECT_EQ(get32(take_all().at(0).packet, 28), 4711U);
}

TEST_F(EmulatorTest, DropsAStampPacketThatIsNotSigned) {
  EmulatorOptions options;
  options.stamp_key = "secret";
  make(options);
  receive(test::udp_packet(kOwn, kHost, 862, Packet(112)));
  EXPECT_TRUE(take_all().empty());
  EXPECT_EQ(emulator_->counters().malformed, 1U);
}

}  // namespace
}  // namespace faultline::lab
