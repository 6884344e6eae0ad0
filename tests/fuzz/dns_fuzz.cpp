// Any bytes as a DNS answer: what is read of it is within bounds and printable, and truncation only takes
// away.
#include "probes/wire/dns.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace faultline::wire;

void check(const DnsAnswer& answer) {
  if (answer.records.size() > kMostDnsRecords || answer.rcode > 15) std::abort();
  for (const DnsRecord& record : answer.records) {
    if (record.text.empty() && record.type != DnsType::txt) std::abort();
    if (!std::all_of(record.text.begin(), record.text.end(), [](char c) { return c >= ' ' && c <= '~'; }))
      std::abort();
    // What it is, it holds.
    if (!holds(record, record.text)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const DnsQuestion question{"www.example.net", DnsType::a};
  const std::span<const std::byte> message(reinterpret_cast<const std::byte*>(data), size);
  check(decode_dns_answer(message, 0x1234, question).answer);
  if (size < 12) return 0;

  // The rest as the records of an answer that fits the question, so that few bytes suffice to get so far.
  std::vector<std::byte> fitting = encode_dns_query(0x1234, question, true);
  fitting[2] = static_cast<std::byte>(data[0] | 0x80U) & std::byte{0x87};
  fitting[3] = static_cast<std::byte>(data[1]);
  fitting[7] = static_cast<std::byte>(data[2]);
  fitting.insert(fitting.end(), message.begin() + 3, message.end());
  const DnsDecoded whole = decode_dns_answer(fitting, 0x1234, question);
  if (whole.verdict == DnsVerdict::foreign) std::abort();
  check(whole.answer);
  fitting[2] |= std::byte{0x02};
  const DnsDecoded truncated = decode_dns_answer(fitting, 0x1234, question);
  if (truncated.verdict != DnsVerdict::answer) std::abort();
  if (truncated.answer.records.size() != whole.answer.records.size()) std::abort();
  return 0;
}
