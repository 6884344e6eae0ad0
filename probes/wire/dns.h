// DNS messages (RFC 1035 §4): the question that the dns probe asks, and what the answer says, as text. Pure,
// used by probes/session/dns; keeps no cache and follows nothing. Answers are untrusted: every length is
// checked, and a compression pointer may only point further back than the one before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::wire {

enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28
};
std::optional<DnsType> dns_type_from_name(std::string_view name);  // "AAAA"
std::string_view name(DnsType type);

// RFC 1035 §4.1.1; the position is the number on the wire.
inline constexpr std::array<std::string_view, 6> kDnsRcodeNames = {"noerror",  "formerr", "servfail",
                                                                   "nxdomain", "notimp",  "refused"};

inline constexpr std::size_t kMostDnsUdpBytes = 512;    // without EDNS, RFC 1035 §4.2.1
inline constexpr std::size_t kMostDnsTcpBytes = 65535;  // a length of two bytes goes before, §4.2.2

// Of the records that an answer holds; those beyond are checked and left out.
inline constexpr std::size_t kMostDnsRecords = 256;

struct DnsQuestion {
  std::string name;  // without backslashes; a full stop at its end makes no difference; "." is the root
  DnsType type = DnsType::a;
};

// Whether it can be asked for: printable labels of 1 to 63 bytes, 255 in all.
bool is_dns_name(std::string_view name);

// Empty if the name is none.
std::vector<std::byte> encode_dns_query(std::uint16_t id, const DnsQuestion& question, bool wants_recursion);

struct DnsRecord {
  DnsType type = DnsType::a;
  std::uint32_t time_to_live_s = 0;
  // "192.0.2.1", "2001:db8::1", "ns.example.net", "10 mail.example.net", a TXT's strings as one, or a SOA's
  // seven fields. Names are in small letters and without the last full stop; what is not printable is \DDD.
  std::string text;
};

struct DnsAnswer {
  std::uint8_t rcode = 0;
  bool truncated = false;
  bool authoritative = false;
  std::vector<DnsRecord> records;  // of the answer section and of the types above
};

enum class DnsVerdict : std::uint8_t {
  answer,
  foreign,   // not of this question: another id, another question, or no answer at all
  malformed  // of this question, but not to be read
};
struct DnsDecoded {
  DnsVerdict verdict = DnsVerdict::foreign;
  DnsAnswer answer;
};

// A truncated answer may end within a record: what came before counts. A server that could not read the
// question (formerr, notimp, servfail, refused) may leave it out of its answer.
DnsDecoded decode_dns_answer(std::span<const std::byte> message, std::uint16_t id,
                             const DnsQuestion& question);

// A question and what came of it, for people: "www.example.com AAAA, id 4711, recursion wanted", then "id
// 4711, noerror, authoritative, truncated, 2 records" and a line for each of them, "AAAA 2001:db8::1, 60 s to
// live". A message that is no answer, or cannot be read, is one line that says so and how long it is.
std::string text_of(const DnsQuestion& question, std::uint16_t id, bool wants_recursion);
std::vector<std::string> texts_of(const DnsDecoded& decoded, std::uint16_t id, std::size_t message_bytes);

// Whether the record is, or for TXT and SOA contains, what is expected. Letters' case does not count in
// names; an IPv6 address may be written in any way. Of an MX the host alone will do.
bool holds(const DnsRecord& record, std::string_view expected);

}  // namespace faultline::wire
