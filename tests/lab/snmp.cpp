#include "tests/lab/snmp.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace faultline::lab {
namespace {

enum Tag : std::uint8_t {
  kInteger = 0x02,
  kOctets = 0x04,
  kOid = 0x06,
  kSequence = 0x30,
  kNoSuchInstance = 0x81,
  kEndOfMibView = 0x82,
  kGet = 0xA0,
  kGetNext = 0xA1,
  kResponse = 0xA2,
  kGetBulk = 0xA5,
};
constexpr std::int32_t kVersion2c = 1;
constexpr std::int32_t kTooBig = 1;
constexpr std::size_t kMostVariables = 128;
constexpr std::int32_t kMostRepetitions = 100;

// The elements of a constructed one, from first to last.
class Elements {
 public:
  explicit Elements(ConstBytes bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  std::uint8_t tag() const { return rest_.empty() ? 0 : rest_[0]; }
  // The content of the next element if it is one of these and whole.
  std::optional<ConstBytes> take(std::uint8_t wanted) {
    if (rest_.size() < 2 || rest_[0] != wanted) return std::nullopt;
    std::size_t size = rest_[1], header = 2;
    if (size >= 0x80) {
      const std::size_t more = size & 0x7F;
      if (more == 0 || more > 4 || rest_.size() < header + more) return std::nullopt;
      size = 0;
      for (std::size_t i = 0; i < more; ++i) size = size << 8 | rest_[header++];
    }
    if (size > rest_.size() - header) return std::nullopt;
    const ConstBytes content = rest_.subspan(header, size);
    rest_ = rest_.subspan(header + size);
    return content;
  }
  std::optional<std::int32_t> take_integer() {
    const auto content = take(kInteger);
    if (!content || content->empty() || content->size() > 4) return std::nullopt;
    std::uint32_t value = (*content)[0] >= 0x80 ? UINT32_MAX : 0;
    for (const std::uint8_t byte : *content) value = value << 8 | byte;
    return static_cast<std::int32_t>(value);
  }
  std::optional<Oid> take_oid() {
    const auto content = take(kOid);
    if (!content || content->empty() || content->back() >= 0x80) return std::nullopt;
    Oid oid;
    std::uint64_t part = 0;
    for (const std::uint8_t byte : *content) {
      part = part << 7 | (byte & 0x7F);
      if (part > UINT32_MAX) return std::nullopt;
      if (byte >= 0x80) continue;
      if (oid.empty()) {  // the first two in one
        const std::uint64_t first = std::min<std::uint64_t>(part / 40, 2);
        oid.push_back(static_cast<std::uint32_t>(first));
        part -= 40 * first;
      }
      oid.push_back(static_cast<std::uint32_t>(part));
      part = 0;
    }
    return oid;
  }

 private:
  ConstBytes rest_;
};

std::string element(std::uint8_t tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  const std::size_t size = content.size();
  if (size >= 0x100) {
    out += '\x82';
    out += static_cast<char>(size >> 8);
  } else if (size >= 0x80) {
    out += '\x81';
  }
  out += static_cast<char>(size);
  out += content;
  return out;
}

std::string encoded(std::int32_t value) {
  std::string content;
  for (int shift = 24; shift >= 0; shift -= 8) content += static_cast<char>(value >> shift);
  // Nine equal bits at the front are one byte too many (X.690 §8.3.2).
  const auto is_long = [&] {
    return content.size() > 1 && ((content[0] == '\0' && (content[1] & 0x80) == 0) ||
                                  (content[0] == '\xFF' && (content[1] & 0x80) != 0));
  };
  while (is_long()) content.erase(0, 1);
  return element(kInteger, content);
}

std::string encoded(const Oid& oid) {
  std::string content;
  for (std::size_t i = 1; i < oid.size(); ++i) {
    const std::uint64_t part = i == 1 ? std::uint64_t{oid[0]} * 40 + oid[1] : oid[i];
    int shift = 0;
    while (part >> (shift + 7) != 0) shift += 7;
    for (; shift > 0; shift -= 7) content += static_cast<char>(0x80 | (part >> shift & 0x7F));
    content += static_cast<char>(part & 0x7F);
  }
  return element(kOid, content);
}

std::string encoded(const std::string& octets) {
  return element(kOctets, octets);
}

std::string binding(const Oid& name, const SnmpValue& value) {
  return element(kSequence,
                 encoded(name) + std::visit([](const auto& known) { return encoded(known); }, value));
}

struct Question {
  std::uint8_t kind = 0;
  std::int32_t request = 0, non_repeaters = 0, repetitions = 0;
  std::vector<Oid> names;
};

std::optional<Question> read_question(ConstBytes bytes, std::string_view community) {
  const auto message = Elements(bytes).take(kSequence);
  if (!message) return std::nullopt;
  Elements parts(*message);
  const auto version = parts.take_integer();
  const auto word = parts.take(kOctets);
  Question question;
  question.kind = parts.tag();
  const bool reads = question.kind == kGet || question.kind == kGetNext || question.kind == kGetBulk;
  const auto pdu = parts.take(question.kind);
  if (version != kVersion2c || !word || !pdu || !reads ||
      !std::equal(word->begin(), word->end(), community.begin(), community.end(),
                  [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }))
    return std::nullopt;
  Elements fields(*pdu);
  const auto request = fields.take_integer();
  const auto second = fields.take_integer();  // the error's fields of a GET
  const auto third = fields.take_integer();
  const auto list = fields.take(kSequence);
  if (!request || !second || !third || !list) return std::nullopt;
  question.request = *request;
  question.non_repeaters = *second;
  question.repetitions = *third;
  for (Elements bindings(*list); !bindings.done();) {
    const auto one = bindings.take(kSequence);
    const auto name = one ? Elements(*one).take_oid() : std::nullopt;
    if (!name || question.names.size() == kMostVariables) return std::nullopt;
    question.names.push_back(*name);
  }
  return question;
}

std::string get(const Oid& name, const SnmpObjects& objects) {
  const auto found = objects.find(name);
  if (found != objects.end()) return binding(name, found->second);
  return element(kSequence, encoded(name) + element(kNoSuchInstance, ""));
}

// Moves the name on to the instance that is answered.
std::string get_next(Oid& name, const SnmpObjects& objects) {
  const auto found = objects.upper_bound(name);
  if (found == objects.end()) return element(kSequence, encoded(name) + element(kEndOfMibView, ""));
  name = found->first;
  return binding(name, found->second);
}

// As many rounds of the names as fit.
std::string get_bulk(Question question, const SnmpObjects& objects, std::size_t room) {
  std::string bindings;
  const auto once = static_cast<std::size_t>(
      std::clamp<std::int64_t>(question.non_repeaters, 0, std::ssize(question.names)));
  const std::int32_t rounds = std::clamp(question.repetitions, 0, kMostRepetitions);
  for (std::int32_t round = 0; round < std::max(rounds, 1); ++round) {
    for (std::size_t i = round == 0 ? 0 : once; i < question.names.size(); ++i) {
      if (i >= once && rounds == 0) break;
      const std::string one = get_next(question.names[i], objects);
      if (bindings.size() + one.size() > room) return bindings;
      bindings += one;
    }
  }
  return bindings;
}

std::string response(std::string_view community, std::int32_t request, std::int32_t error,
                     const std::string& bindings) {
  const std::string pdu =
      encoded(request) + encoded(error) + encoded(std::int32_t{0}) + element(kSequence, bindings);
  return element(kSequence, encoded(kVersion2c) + element(kOctets, community) + element(kResponse, pdu));
}

}  // namespace

std::string snmp_answer(ConstBytes bytes, std::string_view community, const SnmpObjects& objects) {
  auto question = read_question(bytes, community);
  if (!question) return {};
  const std::size_t frame = response(community, question->request, 0, "").size() + 6;  // longer lengths
  const std::size_t room = kMostSnmpBytes - std::min(kMostSnmpBytes, frame);
  std::string bindings;
  if (question->kind == kGetBulk) {
    bindings = get_bulk(*question, objects, room);
  } else {
    for (Oid& name : question->names)
      bindings += question->kind == kGet ? get(name, objects) : get_next(name, objects);
  }
  if (bindings.size() > room) return response(community, question->request, kTooBig, "");
  return response(community, question->request, 0, bindings);
}

}  // namespace faultline::lab
