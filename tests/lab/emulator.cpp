#include "tests/lab/emulator.h"

#include "tests/lab/snmp.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace faultline::lab {
namespace {

constexpr std::uint64_t kDuplicateAfterNs = 1'000'000;
constexpr std::size_t kMaxStampSessions = 2'000'000;  // beyond it new senders get a stateless reflector

}  // namespace

Emulator::Emulator(EmulatorOptions options, std::span<const EmulatedHost> hosts)
    : options_(std::move(options)),
      reflector_(options_.stamp_key),
      hosts_(hosts.size()),
      conditions_(std::make_unique<Condition[]>(kMaxConditions + 1)),
      log_(options_.packet_log_limit) {
  std::vector<Address> addresses;
  addresses.reserve(hosts.size());
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    addresses.push_back(hosts[i].address);
    hosts_[i].key = host_key(options_.seed, hosts[i].address);
    hosts_[i].profile = host_profile(options_.seed, hosts[i].address, hosts[i].technology);
  }
  table_.build(addresses);
  small_.bytes_per_slot = kSmall;
  small_.limit = kMaxSmall;
  large_.bytes_per_slot = kLarge;
  large_.limit = kMaxLarge;
}

std::optional<std::uint32_t> Emulator::allocate(std::size_t size) {
  if (size > kLarge) return std::nullopt;
  Pool& pool = size <= kSmall ? small_ : large_;
  if (pool.free.empty()) {
    const std::size_t have = pool.slots.size() * kSlotsPerChunk;
    if (have >= pool.limit) return std::nullopt;
    pool.bytes.push_back(std::make_unique<std::uint8_t[]>(pool.bytes_per_slot * kSlotsPerChunk));
    pool.slots.push_back(std::make_unique<Slot[]>(kSlotsPerChunk));
    for (std::size_t i = kSlotsPerChunk; i-- > 0;)
      pool.free.push_back(static_cast<std::uint32_t>(have + i) | (&pool == &large_ ? kLargeBit : 0));
  }
  const std::uint32_t number = pool.free.back();
  pool.free.pop_back();
  return number;
}

void Emulator::release(std::uint32_t number) {
  ((number & kLargeBit) != 0 ? large_ : small_).free.push_back(number);
}

Emulator::Slot& Emulator::slot(std::uint32_t number) {
  const std::size_t i = number & ~kLargeBit;
  return ((number & kLargeBit) != 0 ? large_ : small_).slots[i / kSlotsPerChunk][i % kSlotsPerChunk];
}

Bytes Emulator::bytes(std::uint32_t number) {
  const std::size_t i = number & ~kLargeBit;
  Pool& pool = (number & kLargeBit) != 0 ? large_ : small_;
  return {pool.bytes[i / kSlotsPerChunk].get() + (i % kSlotsPerChunk) * pool.bytes_per_slot,
          pool.bytes_per_slot};
}

std::uint32_t Emulator::find_host(ConstBytes packet, const Parsed& parsed) const {
  const std::uint8_t* destination = packet.data() + parsed.destination_at();
  return parsed.v6 ? table_.find_v6(destination) : table_.find_v4(destination);
}

void Emulator::receive(ConstBytes packet, std::uint64_t now_ns, std::uint64_t wall_ns,
                       std::uint32_t unseen_ns) {
  const Parsed parsed = parse(packet);
  if (parsed.ask == Ask::ignored || parsed.ask == Ask::malformed) {
    ++(parsed.ask == Ask::ignored ? counters_.ignored : counters_.malformed);
    return;
  }
  const std::uint32_t index = find_host(packet, parsed);
  if (index == AddressTable::kNone) {
    ++counters_.unknown_address;
    return;
  }
  ++counters_.received;
  Host& host = hosts_[index];
  const Condition& condition = conditions_[host.condition.load(std::memory_order_acquire)];
  PacketRecord record;
  record.arrival_ns = now_ns;
  record.unseen_ns = unseen_ns;
  record.host = index;
  record.count = host.count++;
  record.tag = parsed.tag;
  record.ask = parsed.ask;
  const Fate fate = fate_of(host.key, record.count, host.profile, condition);
  record.delay_ns = fate.delay_ns;
  record.verdict = fate.verdict;
  if (fate.verdict == Verdict::unreachable) {
    schedule_unreachable(packet, parsed, static_cast<std::uint8_t>(condition.odd.unreachable), record);
  } else if (fate.verdict == Verdict::answered) {
    answer(packet, parsed, fate, record, wall_ns);
  } else {
    ++(fate.verdict == Verdict::silent ? counters_.silent : counters_.lost);
    // A packet lost on the way back did reach the reflector, which counts it.
    if (fate.verdict == Verdict::lost_backward && parsed.ask == Ask::stamp)
      next_stamp_sequence(packet, parsed, index);
    log_.add(record);
  }
}

std::optional<std::uint32_t> Emulator::next_stamp_sequence(ConstBytes packet, const Parsed& parsed,
                                                           std::uint32_t host) {
  if (!options_.stateful_stamp) return std::nullopt;
  std::uint64_t sender = mix(std::uint64_t{host} << 16 | parsed.tag >> 16);
  for (std::size_t i = 0; i < parsed.address_size(); i += 4)
    sender = mix(sender ^ get32(packet, parsed.source_at() + i));
  const auto found = stamp_sequences_.find(sender);
  if (found != stamp_sequences_.end()) return found->second++;
  if (stamp_sequences_.size() >= kMaxStampSessions) return std::nullopt;
  stamp_sequences_.emplace(sender, 1);
  return 0;
}

std::size_t Emulator::write_answer(Bytes buffer, const Parsed& parsed, const Fate& fate,
                                   const PacketRecord& record, std::uint64_t wall_ns) {
  if (parsed.ask == Ask::echo) return make_echo_reply(buffer, parsed);
  if (parsed.ask != Ask::stamp) {
    const auto port = static_cast<std::uint16_t>(parsed.tag);
    const auto& open = options_.open_tcp_ports;
    return make_tcp_reply(buffer, parsed, std::find(open.begin(), open.end(), port) != open.end(),
                          static_cast<std::uint32_t>(mix(hosts_[record.host].key + record.count)));
  }
  const std::size_t at = parsed.l4 + 8U;
  const std::size_t size = parsed.length - at;
  if (!reflector_.accepts(buffer.subspan(at, size))) return 0;
  const auto sequence = next_stamp_sequence(buffer, parsed, record.host);
  StampTimes times;  // the host itself takes no time
  times.received_ntp = ntp_from_unix_ns(wall_ns + fate.forward_ns);
  times.sent_ntp = times.received_ntp;
  const std::size_t answered = reflector_.reflect(buffer.subspan(at), size, sequence, times, parsed.ttl);
  return make_udp_reply(buffer, parsed, answered);
}

void Emulator::answer(ConstBytes packet, const Parsed& parsed, const Fate& fate, const PacketRecord& record,
                      std::uint64_t wall_ns) {
  if (parsed.ask == Ask::udp_closed && answer_by_agent(packet, parsed, record)) return;
  if (parsed.ask == Ask::udp_closed) {
    constexpr std::uint8_t kPort4 = 3, kPort6 = 4;
    PacketRecord refused = record;
    refused.verdict = Verdict::unreachable;
    schedule_unreachable(packet, parsed, parsed.v6 ? kPort6 : kPort4, refused);
    return;
  }
  const auto number = allocate(parsed.length + kStampAuthenticatedSize);
  if (!number) {
    ++counters_.overflow;
    return;
  }
  const Bytes buffer = bytes(*number);
  std::copy_n(packet.begin(), parsed.length, buffer.begin());
  std::size_t length = write_answer(buffer, parsed, fate, record, wall_ns);
  if (length == 0) {
    ++counters_.malformed;
    release(*number);
    return;
  }
  const std::uint64_t due = record.arrival_ns + fate.delay_ns;
  if (fate.forged) schedule_copy(buffer.first(length), due - fate.delay_ns / 4, record, &parsed);
  if (fate.duplicate) schedule_copy(buffer.first(length), due + kDuplicateAfterNs, record, nullptr);
  const bool has_payload = parsed.ask == Ask::echo || parsed.ask == Ask::stamp;
  if (fate.truncated && has_payload) length = cut_short(buffer, length, parsed);
  schedule(*number, length, due, true, record);
}

// False if there is no agent, and the port is closed.
bool Emulator::answer_by_agent(ConstBytes packet, const Parsed& parsed, const PacketRecord& record) {
  if (!options_.snmp || (parsed.tag & 0xFFFF) != kSnmpPort) return false;
  const std::size_t at = parsed.l4 + 8U;
  const auto said = options_.snmp(record.host, packet.subspan(at, parsed.length - at), record.arrival_ns);
  if (!said) return false;
  if (said->empty()) {
    ++counters_.malformed;
    return true;
  }
  const auto number = allocate(at + said->size());
  if (!number) {
    ++counters_.overflow;
    return true;
  }
  const Bytes buffer = bytes(*number);
  std::copy_n(packet.begin(), at, buffer.begin());
  std::copy(said->begin(), said->end(), buffer.begin() + static_cast<std::ptrdiff_t>(at));
  const std::size_t length = make_udp_reply(buffer, parsed, said->size());
  schedule(*number, length, record.arrival_ns + record.delay_ns, true, record);
  return true;
}

void Emulator::schedule(std::uint32_t number, std::size_t length, std::uint64_t at_ns, bool counts,
                        const PacketRecord& record) {
  Slot& entry = slot(number);
  entry.length = static_cast<std::uint16_t>(length);
  entry.counts = counts;
  entry.record = record;
  due_.push({at_ns, number});
}

void Emulator::schedule_copy(ConstBytes answer, std::uint64_t at_ns, const PacketRecord& record,
                             const Parsed* forged) {
  if (forged != nullptr && forged->ask != Ask::echo && forged->ask != Ask::stamp) return;
  const auto number = allocate(answer.size());
  if (!number) {
    ++counters_.overflow;
    return;
  }
  std::copy(answer.begin(), answer.end(), bytes(*number).begin());
  if (forged != nullptr) forge(bytes(*number), answer.size(), *forged);
  schedule(*number, answer.size(), at_ns, false, record);
}

void Emulator::schedule_unreachable(ConstBytes packet, const Parsed& parsed, std::uint8_t code,
                                    const PacketRecord& record) {
  const auto number = allocate(kSmall + 1);  // a large one: it quotes up to 548 bytes
  if (!number) {
    ++counters_.overflow;
    return;
  }
  // A closed port is said by the host itself, the rest by a router on the way.
  const ConstBytes host = packet.subspan(parsed.destination_at(), parsed.address_size());
  const Address& router = parsed.v6 ? options_.router_v6 : options_.router_v4;
  const bool by_host = code == (parsed.v6 ? 4 : 3);
  const std::size_t length =
      make_unreachable(packet, parsed, code, by_host ? host : ConstBytes(router.bytes), bytes(*number));
  schedule(*number, length, record.arrival_ns + record.delay_ns, true, record);
}

ConstBytes Emulator::take_due(std::uint64_t now_ns) {
  if (taken_) release(*std::exchange(taken_, std::nullopt));
  if (next_due() > now_ns) return {};
  const Due due = due_.top();
  due_.pop();
  taken_ = due.slot;
  Slot& entry = slot(due.slot);
  if (entry.counts) {
    entry.record.lateness_ns = static_cast<std::int64_t>(now_ns - due.at_ns);
    lateness_.add(entry.record.lateness_ns);
    ++(entry.record.verdict == Verdict::unreachable ? counters_.refused : counters_.answered);
    log_.add(entry.record);
  }
  return bytes(due.slot).first(entry.length);
}

void Emulator::set_condition(std::uint32_t host, const Condition& condition) {
  std::uint16_t index = 0;
  if (condition != Condition{}) {
    const auto known = std::find_if(known_conditions_.begin(), known_conditions_.end(),
                                    [&](const auto& entry) { return entry.first == condition; });
    if (known != known_conditions_.end()) {
      index = known->second;
    } else {
      if (condition_count_ > kMaxConditions) throw std::length_error("too many different conditions");
      index = static_cast<std::uint16_t>(condition_count_++);
      conditions_[index] = condition;
      known_conditions_.emplace_back(condition, index);
    }
  }
  hosts_[host].condition.store(index, std::memory_order_release);
}

}  // namespace faultline::lab
