// DNS questions and answers: made by hand, well and with ill intent.
#include "probes/wire/dns.h"

#include <gmock/gmock.h>

#include <string>

namespace faultline::wire {
namespace {

using testing::ElementsAre;
using namespace std::string_literals;

std::vector<std::byte> bytes(const std::string& text) {
  std::vector<std::byte> out;
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
  return out;
}
std::string text(const std::vector<std::byte>& data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

const DnsQuestion kQuestion{"www.Example.net", DnsType::a};
// Header of an answer with one question and so many answers, and the question "www.example.net A".
std::string head(int answers, const std::string& flags = "\x81\x80"s) {
  return "\x12\x34"s + flags + "\0\1\0"s + static_cast<char>(answers) + "\0\0\0\0"s +
         "\3www\7example\3net\0\0\1\0\1"s;
}
constexpr std::size_t kQuestionAt = 12, kExampleAt = 16;
// A record of the question's name.
std::string record(const std::string& type, const std::string& data) {
  return "\xC0\x0C\0"s + type + "\0\1\0\0\x0E\x10"s + static_cast<char>(data.size() >> 8U) +
         static_cast<char>(data.size() & 0xFFU) + data;
}
std::string pointer(std::size_t to) {
  return std::string{static_cast<char>(0xC0U | to >> 8U), static_cast<char>(to & 0xFFU)};
}
DnsDecoded decode(const std::string& message) {
  const auto data = bytes(message);  // of exactly this size: a sanitizer sees one byte too far
  return decode_dns_answer(data, 0x1234, kQuestion);
}
// The text of the only record.
std::string only(const std::string& type, const std::string& data) {
  const DnsDecoded decoded = decode(head(1) + record(type, data));
  if (decoded.verdict != DnsVerdict::answer || decoded.answer.records.size() != 1) return "none";
  return decoded.answer.records[0].text;
}

TEST(DnsCodec, AsksOneQuestion) {
  EXPECT_EQ(text(encode_dns_query(0xBEEF, {"www.example.net.", DnsType::aaaa}, true)),
            "\xBE\xEF\1\0\0\1\0\0\0\0\0\0\3www\7example\3net\0\0\x1C\0\1"s);
  EXPECT_EQ(text(encode_dns_query(1, {".", DnsType::ns}, false)), "\0\1\0\0\0\1\0\0\0\0\0\0\0\0\2\0\1"s);
}

TEST(DnsCodec, AsksForNamesOnly) {
  const std::string longest_label(63, 'a');
  const std::string four = longest_label + "." + longest_label + "." + longest_label + ".";
  for (const std::string& good : {"a"s, "a.b."s, "_sip._udp.x"s, longest_label, four + std::string(61, 'b')})
    EXPECT_TRUE(is_dns_name(good)) << good;
  for (const std::string& bad : {""s, ".a"s, "a..b"s, ".."s, "a b"s, "a\\b"s, "a\nb"s, "\xC3\xA4"s,
                                 longest_label + "a", four + std::string(62, 'b')}) {
    EXPECT_FALSE(is_dns_name(bad)) << bad;
    EXPECT_TRUE(encode_dns_query(1, {bad, DnsType::a}, true).empty()) << bad;
  }
}

TEST(DnsCodec, ReadsEveryTypeOfRecord) {
  EXPECT_EQ(only("\1", "\xC0\0\2\1"s), "192.0.2.1");
  EXPECT_EQ(only("\x1C", "\x20\1\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\1"s), "2001:db8::1");
  EXPECT_EQ(only("\x1C", std::string(16, '\0')), "::");
  EXPECT_EQ(only("\x1C", "\0\1\0\0\0\2\0\0\0\0\0\3\0\0\0\0"s), "1:0:2::3:0:0");
  EXPECT_EQ(only("\2", "\2NS" + pointer(kExampleAt)), "ns.example.net");
  EXPECT_EQ(only("\5", pointer(kQuestionAt)), "www.example.net");
  EXPECT_EQ(only("\x0C", "\4host\0"s), "host");
  EXPECT_EQ(only("\x0F", "\0\x0A\4mail"s + pointer(kExampleAt)), "10 mail.example.net");
  EXPECT_EQ(only("\x10", "\5v=spf\4 -\x01\\"s), "v=spf -\\001\\092");
  EXPECT_EQ(only("\6", "\2ns"s + pointer(kExampleAt) + "\1h"s + pointer(kExampleAt) +
                           "\x78\xC3\xF3\x41\0\0\x0E\x10\0\0\2\x58\0\x09\x3A\x80\0\0\0\x3C"s),
            "ns.example.net h.example.net 2026107713 3600 600 604800 60");
  EXPECT_EQ(only("\2", "\3a.b\0"s), "a\\046b") << "a full stop within a label parts nothing";
  EXPECT_EQ(only("\2", "\0"s), ".");
}

TEST(DnsCodec, GivesTimeToLiveCodeAndFlags) {
  const DnsDecoded decoded = decode(head(1, "\x87\x83"s) + record("\1", "\xC0\0\2\1"s));
  ASSERT_EQ(decoded.verdict, DnsVerdict::answer);
  EXPECT_EQ(decoded.answer.rcode, 3);
  EXPECT_EQ(kDnsRcodeNames[decoded.answer.rcode], "nxdomain");
  EXPECT_TRUE(decoded.answer.truncated);
  EXPECT_TRUE(decoded.answer.authoritative);
  EXPECT_EQ(decoded.answer.records[0].time_to_live_s, 3600U);
}

TEST(DnsCodec, LeavesOutTypesAndClassesItDoesNotKnow) {
  std::string chaos = record("\1", "\xC0\0\2\1"s);
  chaos[5] = 3;
  const DnsDecoded decoded = decode(head(4) + record("\x2E", "signature") + chaos + record("\5", "\1b\0"s) +
                                    record("\1", "\xC0\0\2\2"s));
  ASSERT_EQ(decoded.verdict, DnsVerdict::answer);
  ASSERT_EQ(decoded.answer.records.size(), 2U);
  EXPECT_EQ(decoded.answer.records[0].text, "b");
  EXPECT_EQ(decoded.answer.records[1].text, "192.0.2.2");
}

TEST(DnsCodec, WhatIsNotOfThisQuestionIsForeign) {
  const std::string good = head(1) + record("\1", "\xC0\0\2\1"s);
  ASSERT_EQ(decode(good).verdict, DnsVerdict::answer);
  const auto changed = [&](std::size_t at, char value) {
    std::string message = good;
    message[at] = value;
    return decode(message).verdict;
  };
  EXPECT_EQ(changed(0, '\x13'), DnsVerdict::foreign) << "id";
  EXPECT_EQ(changed(2, '\1'), DnsVerdict::foreign) << "a question";
  EXPECT_EQ(changed(2, '\xA8'), DnsVerdict::foreign) << "another operation";
  EXPECT_EQ(changed(5, '\0'), DnsVerdict::foreign) << "without the question";
  EXPECT_EQ(changed(5, '\2'), DnsVerdict::foreign) << "with two";
  EXPECT_EQ(changed(14, 'x'), DnsVerdict::foreign) << "another name";
  EXPECT_EQ(changed(30, '\x1C'), DnsVerdict::foreign) << "another type";
  EXPECT_EQ(changed(32, '\3'), DnsVerdict::foreign) << "another class";
  EXPECT_EQ(changed(13, 'W'), DnsVerdict::answer) << "letters' case does not count";
  EXPECT_EQ(decode("").verdict, DnsVerdict::foreign);
  EXPECT_EQ(decode(good.substr(0, 11)).verdict, DnsVerdict::foreign);
}

TEST(DnsCodec, AServerThatCannotReadTheQuestionNeedNotRepeatIt) {
  EXPECT_EQ(decode("\x12\x34\x80\1\0\0\0\0\0\0\0\0"s).verdict, DnsVerdict::answer) << "formerr";
  EXPECT_EQ(decode("\x12\x34\x80\0\0\0\0\0\0\0\0\0"s).verdict, DnsVerdict::foreign) << "noerror";
  EXPECT_EQ(decode("\x12\x34\x80\3\0\0\0\0\0\0\0\0"s).verdict, DnsVerdict::foreign) << "nxdomain";
}

TEST(DnsCodec, EveryCutOfAnAnswerIsNoAnswer) {
  const std::string good =
      head(2) + record("\1", "\xC0\0\2\1"s) + record("\x0F", "\0\x0A\4mail"s + pointer(16));
  ASSERT_EQ(decode(good).verdict, DnsVerdict::answer);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(decode(good.substr(0, size)).verdict, DnsVerdict::answer) << size;
}

TEST(DnsCodec, ATruncatedAnswerKeepsItsWholeRecords) {
  std::string message = head(2, "\x83\x80"s) + record("\1", "\xC0\0\2\1"s) + record("\1", "\xC0\0\2\2"s);
  message.resize(message.size() - 1);
  const DnsDecoded decoded = decode(message);
  EXPECT_EQ(decoded.verdict, DnsVerdict::answer);
  EXPECT_EQ(decoded.answer.records.size(), 1U);
}

TEST(DnsCodec, RefusesDataThatIsNotAsLongAsItSays) {
  for (const auto& [type, data] : {std::pair{"\1"s, "\xC0\0\2"s},
                                   {"\1"s, "\xC0\0\2\1\1"s},
                                   {"\x1C"s, "\xC0\0\2\1"s},
                                   {"\x0F"s, "\0"s},
                                   {"\x0F"s, "\0\1\1a\0\0"s},
                                   {"\x10"s, "\5abc"s},
                                   {"\6"s, "\0\0\0\0"s},
                                   {"\2"s, "\3abc"s},
                                   {"\2"s, "\x80"s},
                                   {"\2"s, "\xC0"s}})
    EXPECT_EQ(decode(head(1) + record(type, data)).verdict, DnsVerdict::malformed) << type << " " << data;
}

TEST(DnsCodec, PointersLeadBackOnlyAndEnd) {
  const std::size_t here = head(1).size() + 12;  // where the record's data begins
  EXPECT_EQ(only("\2", pointer(here)), "none") << "to itself";
  EXPECT_EQ(only("\2", pointer(here + 2) + "\0"s), "none") << "forward";
  EXPECT_EQ(only("\2", pointer(8)), "none") << "into the header, to what would be the root";
  EXPECT_EQ(only("\2", pointer(0x3FFF)), "none") << "beyond the end";
  EXPECT_EQ(only("\2", "\1a"s + pointer(here)), "none") << "to its own beginning";
  EXPECT_EQ(only("\5", "\1a"s + pointer(kQuestionAt)), "a.www.example.net");
}

TEST(DnsCodec, AChainOfPointersEndsSoon) {
  // A long TXT whose data is pointers, each to the one before; then a name that enters the chain at its end.
  std::string chain;
  const std::size_t at = head(1).size() + 13;
  chain += std::string(1, '\0');
  for (std::size_t i = 0; i < 120; ++i) chain += pointer(i == 0 ? at : at + 1 + 2 * (i - 1));
  const std::string txt = static_cast<char>(chain.size()) + chain;
  const auto ends_at = [&](std::size_t links) {
    return decode(head(2) + record("\x10", txt) + record("\2", pointer(at + 1 + 2 * (links - 1)))).verdict;
  };
  EXPECT_EQ(ends_at(100), DnsVerdict::answer);
  std::string two = head(3) + record("\x10", txt);
  const std::size_t second = two.size() + 13;
  std::string more;
  for (std::size_t i = 0; i < 60; ++i) more += pointer(i == 0 ? at + 1 + 2 * 119 : second + 2 * (i - 1));
  two += record("\x10", static_cast<char>(more.size()) + more) + record("\2", pointer(second + 2 * 59));
  EXPECT_EQ(decode(two).verdict, DnsVerdict::malformed) << "180 jumps are no name";
}

TEST(DnsCodec, ANameIsAtMost255BytesLong) {
  std::string name;
  for (int i = 0; i < 3; ++i) name += '\x3F' + std::string(63, 'a');
  EXPECT_NE(only("\2", name + '\x3D' + std::string(61, 'b') + "\0"s), "none");
  EXPECT_EQ(only("\2", name + '\x3E' + std::string(62, 'b') + "\0"s), "none");
}

TEST(DnsCodec, KeepsABoundedNumberOfRecords) {
  std::string message = head(0);
  message[6] = 4;  // 1,024 answers
  for (int i = 0; i < 1024; ++i) message += record("\1", "\xC0\0\2\1"s);
  const DnsDecoded decoded = decode(message);
  EXPECT_EQ(decoded.verdict, DnsVerdict::answer);
  EXPECT_EQ(decoded.answer.records.size(), kMostDnsRecords);
}

TEST(DnsExpectation, IsHeldByTheTypesOwnMeasure) {
  EXPECT_TRUE(holds({DnsType::a, 0, "192.0.2.1"}, "192.0.2.1"));
  EXPECT_FALSE(holds({DnsType::a, 0, "192.0.2.12"}, "192.0.2.1"));
  EXPECT_TRUE(holds({DnsType::aaaa, 0, "2001:db8::1"}, "2001:db8::1"));
  EXPECT_TRUE(holds({DnsType::ns, 0, "ns.example.net"}, "NS.example.NET."));
  EXPECT_FALSE(holds({DnsType::cname, 0, "ns.example.net"}, "example.net"));
  EXPECT_TRUE(holds({DnsType::mx, 0, "10 mail.example.net"}, "Mail.example.net"));
  EXPECT_TRUE(holds({DnsType::mx, 0, "10 mail.example.net"}, "10 mail.example.net"));
  EXPECT_FALSE(holds({DnsType::mx, 0, "10 mail.example.net"}, "20 mail.example.net"));
  EXPECT_TRUE(holds({DnsType::mx, 0, "0 ."}, "0 .")) << "RFC 7505: receives no mail";
  EXPECT_TRUE(holds({DnsType::mx, 0, "0 ."}, "."));
  EXPECT_FALSE(holds({DnsType::mx, 0, "0 ."}, "0 mail.example.net."));
  EXPECT_TRUE(holds({DnsType::mx, 0, "10 mail.example.net"}, "10 mail.example.net."));
  EXPECT_TRUE(holds({DnsType::txt, 0, "v=spf1 -all"}, "spf1"));
  EXPECT_FALSE(holds({DnsType::txt, 0, "v=spf1 -all"}, "dkim"));
}

TEST(DnsTypes, AreKnownByName) {
  EXPECT_EQ(dns_type_from_name("AAAA"), DnsType::aaaa);
  EXPECT_FALSE(dns_type_from_name("AXFR"));
}

}  // namespace
}  // namespace faultline::wire
