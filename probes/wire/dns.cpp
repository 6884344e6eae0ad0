#include "probes/wire/dns.h"

#include "probes/wire/bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace faultline::wire {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kHeaderSize = 12;
constexpr std::size_t kMostNameBytes = 255, kMostLabelBytes = 63;
constexpr std::size_t kMostJumps = 127;  // a name has no more labels, and each honest jump leads to one
constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kIsAnswer = 0x8000, kOpcode = 0x7800, kIsAuthoritative = 0x0400,
                        kIsTruncated = 0x0200, kWantsRecursion = 0x0100, kRcode = 0x000F;

constexpr std::array<std::pair<std::string_view, DnsType>, 8> kTypes = {{{"A", DnsType::a},
                                                                         {"AAAA", DnsType::aaaa},
                                                                         {"NS", DnsType::ns},
                                                                         {"MX", DnsType::mx},
                                                                         {"TXT", DnsType::txt},
                                                                         {"SOA", DnsType::soa},
                                                                         {"PTR", DnsType::ptr},
                                                                         {"CNAME", DnsType::cname}}};

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string small(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return small(c); });
  return out;
}

void append_shown(std::string& out, std::uint8_t byte) {
  if (byte < ' ' || byte > '~' || byte == '\\')
    out += fmt::format("\\{:03}", byte);
  else
    out += static_cast<char>(byte);
}

// Reads on from a place in the message. After the first read beyond the end everything is nothing.
class Reader {
 public:
  Reader(Bytes message, std::size_t at) : message_(message), at_(at), end_(message.size()) {}
  Reader(Bytes message, std::size_t at, std::size_t end) : message_(message), at_(at), end_(end) {}

  bool is_good() const { return is_good_; }
  bool is_at_end() const { return at_ == end_; }
  std::size_t at() const { return at_; }

  template <typename T>
  T number() {
    if (!has(sizeof(T))) return T{};
    const T value = read_be<T>(message_, at_);
    at_ += sizeof(T);
    return value;
  }

  Bytes bytes(std::size_t count) {
    if (!has(count)) return {};
    const Bytes found = message_.subspan(at_, count);
    at_ += count;
    return found;
  }

  // Each pointer must lead further back than the piece it stands in began, so it ends (RFC 1035 §4.1.4).
  std::string name() {
    std::string text;
    std::size_t at = at_, end = end_, piece = at_, length = 0, jumps = 0;
    for (;;) {
      if (!is_good_ || at >= end) return failed();
      const auto count = std::to_integer<std::size_t>(message_[at]);
      if ((count & 0xC0U) == 0xC0U) {
        if (at + 1 >= end) return failed();
        const std::size_t target = (count & 0x3FU) << 8U | std::to_integer<std::size_t>(message_[at + 1]);
        if (target >= piece || target < kHeaderSize || ++jumps > kMostJumps) return failed();
        if (jumps == 1) at_ = at + 2;
        at = piece = target;
        end = message_.size();
        continue;
      }
      if (count > kMostLabelBytes || at + 1 + count > end) return failed();
      length += count + 1;
      if (length > kMostNameBytes) return failed();
      ++at;
      if (count == 0) break;
      if (!text.empty()) text += '.';
      for (const std::byte b : message_.subspan(at, count)) {
        const char c = small(std::to_integer<char>(b));
        if (c == '.')
          text += "\\046";  // within a label it parts nothing
        else
          append_shown(text, static_cast<std::uint8_t>(c));
      }
      at += count;
    }
    if (jumps == 0) at_ = at;
    return text.empty() ? "." : text;
  }

 private:
  bool has(std::size_t count) {
    is_good_ = is_good_ && count <= end_ - at_;
    return is_good_;
  }
  std::string failed() {
    is_good_ = false;
    return {};
  }

  Bytes message_;
  std::size_t at_;
  std::size_t end_;
  bool is_good_ = true;
};

std::string ipv4_text(Bytes b) {
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(b[i]); };
  return fmt::format("{}.{}.{}.{}", at(0), at(1), at(2), at(3));
}

// RFC 5952: the longest run of two zero groups or more is "::", the first of equal ones.
std::string ipv6_text(Bytes b) {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = read_be<std::uint16_t>(b, 2 * i);
  std::size_t best = 8, best_length = 1;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t length = 0;
    while (i + length < groups.size() && groups[i + length] == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
    i += std::max<std::size_t>(length, 1);
  }
  std::string text;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == best) {
      text += "::";
      i += best_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += fmt::format("{:x}", groups[i]);
  }
  return text;
}

std::string soa_text(Reader& data) {
  std::string text = data.name();
  text += ' ' + data.name();
  for (int i = 0; i < 5; ++i) text += fmt::format(" {}", data.number<std::uint32_t>());
  return text;
}

std::string txt_text(Reader& data) {
  std::string text;
  while (data.is_good() && !data.is_at_end())
    for (const std::byte b : data.bytes(data.number<std::uint8_t>()))
      append_shown(text, std::to_integer<std::uint8_t>(b));
  return text;
}

// The data of a record as text; nothing if it is not exactly as long as it says.
std::optional<std::string> data_text(DnsType type, Reader data) {
  std::string text;
  switch (type) {
    case DnsType::a:
      if (const Bytes b = data.bytes(4); data.is_good()) text = ipv4_text(b);
      break;
    case DnsType::aaaa:
      if (const Bytes b = data.bytes(16); data.is_good()) text = ipv6_text(b);
      break;
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr:
      text = data.name();
      break;
    case DnsType::mx: {
      const auto preference = data.number<std::uint16_t>();
      text = fmt::format("{} {}", preference, data.name());
      break;
    }
    case DnsType::txt:
      text = txt_text(data);
      break;
    case DnsType::soa:
      text = soa_text(data);
      break;
  }
  if (!data.is_good() || !data.is_at_end()) return std::nullopt;
  return text;
}

bool is_known(std::uint16_t type) {
  return std::any_of(kTypes.begin(), kTypes.end(),
                     [&](const auto& t) { return static_cast<std::uint16_t>(t.second) == type; });
}

std::string_view without_last_stop(std::string_view name) {
  if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
  return name;
}

// False: the message ends within it.
bool read_record(Bytes message, Reader& in, DnsAnswer& answer) {
  in.name();
  const auto type = in.number<std::uint16_t>();
  const auto dns_class = in.number<std::uint16_t>();
  const auto time_to_live = in.number<std::uint32_t>();
  const auto length = in.number<std::uint16_t>();
  const std::size_t begin = in.at();
  in.bytes(length);
  if (!in.is_good()) return false;
  if (dns_class != kClassIn || !is_known(type)) return true;
  auto text = data_text(static_cast<DnsType>(type), Reader(message, begin, begin + length));
  if (!text) return false;
  if (answer.records.size() < kMostDnsRecords)
    answer.records.push_back({static_cast<DnsType>(type), time_to_live, std::move(*text)});
  return true;
}

}  // namespace

std::optional<DnsType> dns_type_from_name(std::string_view name) {
  for (const auto& [known, type] : kTypes)
    if (known == name) return type;
  return std::nullopt;
}

std::string_view name(DnsType type) {
  for (const auto& [known, known_type] : kTypes)
    if (known_type == type) return known;
  return "?";
}

bool is_dns_name(std::string_view name) {
  if (name == ".") return true;
  name = without_last_stop(name);
  if (name.empty() || name.size() + 2 > kMostNameBytes) return false;
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    if (c <= ' ' || c > '~' || c == '\\' || ++label > kMostLabelBytes) return false;
  }
  return label > 0;
}

std::vector<std::byte> encode_dns_query(std::uint16_t id, const DnsQuestion& question, bool wants_recursion) {
  if (!is_dns_name(question.name)) return {};
  std::vector<std::byte> message(kHeaderSize);
  const auto out = std::span<std::byte>(message);
  write_be<std::uint16_t>(out, 0, id);
  write_be<std::uint16_t>(out, 2, wants_recursion ? kWantsRecursion : 0);
  write_be<std::uint16_t>(out, 4, 1);
  std::string_view rest = without_last_stop(question.name);
  while (!rest.empty() && rest != ".") {
    const std::string_view label = rest.substr(0, rest.find('.'));
    message.push_back(static_cast<std::byte>(label.size()));
    for (const char c : label) message.push_back(static_cast<std::byte>(c));
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
  }
  message.push_back(std::byte{0});
  const std::size_t at = message.size();
  message.resize(at + 4);
  write_be<std::uint16_t>(message, at, static_cast<std::uint16_t>(question.type));
  write_be<std::uint16_t>(message, at + 2, kClassIn);
  return message;
}

DnsDecoded decode_dns_answer(Bytes message, std::uint16_t id, const DnsQuestion& question) {
  DnsDecoded decoded;
  if (message.size() < kHeaderSize || read_be<std::uint16_t>(message, 0) != id) return decoded;
  const auto flags = read_be<std::uint16_t>(message, 2);
  if ((flags & kIsAnswer) == 0 || (flags & kOpcode) != 0) return decoded;
  const auto questions = read_be<std::uint16_t>(message, 4);
  const auto answers = read_be<std::uint16_t>(message, 6);
  DnsAnswer& answer = decoded.answer;
  answer.rcode = static_cast<std::uint8_t>(flags & kRcode);
  answer.truncated = (flags & kIsTruncated) != 0;
  answer.authoritative = (flags & kIsAuthoritative) != 0;

  Reader in(message, kHeaderSize);
  const bool could_not_read = answer.rcode != 0 && answer.rcode != 3;
  if (questions == 0 && could_not_read && answers == 0) {
    decoded.verdict = DnsVerdict::answer;
    return decoded;
  }
  if (questions != 1) return decoded;
  const std::string name = in.name();
  const auto type = in.number<std::uint16_t>();
  const auto dns_class = in.number<std::uint16_t>();
  if (!in.is_good() || name != small(without_last_stop(question.name)) ||
      type != static_cast<std::uint16_t>(question.type) || dns_class != kClassIn)
    return decoded;

  decoded.verdict = DnsVerdict::answer;
  for (std::uint16_t i = 0; i < answers; ++i) {
    if (read_record(message, in, answer)) continue;
    if (!answer.truncated) decoded.verdict = DnsVerdict::malformed;
    break;
  }
  return decoded;
}

std::string text_of(const DnsQuestion& question, std::uint16_t id, bool wants_recursion) {
  return fmt::format("{} {}, id {}{}", question.name, name(question.type), id,
                     wants_recursion ? ", recursion wanted" : "");
}

std::vector<std::string> texts_of(const DnsDecoded& decoded, std::uint16_t id, std::size_t message_bytes) {
  if (decoded.verdict == DnsVerdict::foreign)
    return {fmt::format("{} bytes that are no answer to this question", message_bytes)};
  if (decoded.verdict == DnsVerdict::malformed)
    return {fmt::format("an answer of {} bytes that cannot be read", message_bytes)};
  const DnsAnswer& answer = decoded.answer;
  const std::string rcode = answer.rcode < kDnsRcodeNames.size() ? std::string(kDnsRcodeNames[answer.rcode])
                                                                 : fmt::format("rcode {}", answer.rcode);
  std::vector<std::string> texts = {fmt::format(
      "id {}, {}{}{}, {} record{}", id, rcode, answer.authoritative ? ", authoritative" : "",
      answer.truncated ? ", truncated" : "", answer.records.size(), answer.records.size() == 1 ? "" : "s")};
  for (const DnsRecord& record : answer.records)
    texts.push_back(
        fmt::format("{} {}, {} s to live", name(record.type), record.text, record.time_to_live_s));
  return texts;
}

bool holds(const DnsRecord& record, std::string_view expected) {
  switch (record.type) {
    case DnsType::a:
    case DnsType::aaaa:
      return record.text == expected;
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr:
      return record.text == small(without_last_stop(expected));
    case DnsType::mx: {
      const std::size_t host = expected.rfind(' ') + 1;  // of "0 ." (RFC 7505) the stop is the root's name
      const std::string wanted =
          small(expected.substr(0, host)) + small(without_last_stop(expected.substr(host)));
      return record.text == wanted || record.text.substr(record.text.find(' ') + 1) == wanted;
    }
    case DnsType::txt:
    case DnsType::soa:
      return record.text.find(expected) != std::string::npos;
  }
  return false;
}

}  // namespace faultline::wire
