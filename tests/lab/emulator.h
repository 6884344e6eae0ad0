// The emulated network without its device: takes the packets that a prober sends, decides their fate, and
// holds the answers until they are due. Time is an argument. One thread uses it; only set_condition may be
// called from one other thread meanwhile.
#pragma once

#include "tests/lab/address.h"
#include "tests/lab/fate.h"
#include "tests/lab/packet.h"
#include "tests/lab/packet_log.h"
#include "tests/lab/stamp.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace faultline::lab {

struct EmulatedHost {
  Address address;
  Technology technology = Technology::ip;
};

// What an SNMP agent at the host says to a question, empty if nothing; no value where there is no agent.
using SnmpAgents =
    std::function<std::optional<std::string>(std::uint32_t host, ConstBytes question, std::uint64_t now_ns)>;

struct EmulatorOptions {
  std::uint64_t seed = 1;
  std::string stamp_key;       // empty: unauthenticated STAMP
  bool stateful_stamp = true;  // own sequence per sender, else the sender's is copied
  std::vector<std::uint16_t> open_tcp_ports = {80, 443};
  Address router_v4, router_v6;  // who sends "destination unreachable"
  std::size_t packet_log_limit = 0;
  SnmpAgents snmp;  // empty: none anywhere
};

struct EmulatorCounters {
  std::uint64_t received = 0, answered = 0, lost = 0, silent = 0, refused = 0;
  std::uint64_t malformed = 0, ignored = 0, unknown_address = 0;
  std::uint64_t overflow = 0;  // answers dropped since too many were in flight
};

class Emulator {
 public:
  static constexpr std::uint64_t kNever = UINT64_MAX;

  // Host i is the i-th given; of two with one address the first answers.
  Emulator(EmulatorOptions options, std::span<const EmulatedHost> hosts);

  // A packet read at `now_ns` (any monotonic clock) and `wall_ns` (since 1970, for STAMP). `unseen_ns`: how
  // long it may have waited before that. The packet is copied.
  void receive(ConstBytes packet, std::uint64_t now_ns, std::uint64_t wall_ns, std::uint32_t unseen_ns = 0);

  std::uint64_t next_due() const { return due_.empty() ? kNever : due_.top().at_ns; }
  // The next answer that is due at `now_ns`, or an empty span. Its bytes stay valid until the next call.
  ConstBytes take_due(std::uint64_t now_ns);

  // The condition holds for packets received from now on.
  void set_condition(std::uint32_t host, const Condition& condition);

  const EmulatorCounters& counters() const { return counters_; }
  const Histogram& lateness() const { return lateness_; }
  const PacketLog& log() const { return log_; }

 private:
  static constexpr std::size_t kSmall = 256, kLarge = 2048;
  static constexpr std::size_t kMaxSmall = 1U << 20, kMaxLarge = 1U << 14;
  static constexpr std::size_t kSlotsPerChunk = 256;
  static constexpr std::size_t kMaxConditions = UINT16_MAX;
  struct Host {
    std::uint64_t key = 0;
    HostProfile profile;
    std::uint32_t count = 0;
    std::atomic<std::uint16_t> condition{0};  // index in conditions_
  };
  struct Due {
    std::uint64_t at_ns;
    std::uint32_t slot;
    bool operator<(const Due& other) const { return at_ns > other.at_ns; }  // earliest on top
  };
  struct Slot {
    std::uint16_t length = 0;
    bool counts = false;  // the true answer, not a duplicate or a forged one
    PacketRecord record;
  };
  // Slots of one size in chunks that never move; slot numbers of the large pool carry the top bit.
  struct Pool {
    std::size_t bytes_per_slot = 0, limit = 0;
    std::vector<std::unique_ptr<std::uint8_t[]>> bytes;
    std::vector<std::unique_ptr<Slot[]>> slots;
    std::vector<std::uint32_t> free;
  };
  static constexpr std::uint32_t kLargeBit = 0x80000000U;

  std::optional<std::uint32_t> allocate(std::size_t size);
  void release(std::uint32_t number);
  Slot& slot(std::uint32_t number);
  Bytes bytes(std::uint32_t number);

  std::uint32_t find_host(ConstBytes packet, const Parsed& parsed) const;
  void answer(ConstBytes packet, const Parsed& parsed, const Fate& fate, const PacketRecord& record,
              std::uint64_t wall_ns);
  std::size_t write_answer(Bytes buffer, const Parsed& parsed, const Fate& fate, const PacketRecord& record,
                           std::uint64_t wall_ns);
  bool answer_by_agent(ConstBytes packet, const Parsed& parsed, const PacketRecord& record);
  std::optional<std::uint32_t> next_stamp_sequence(ConstBytes packet, const Parsed& parsed,
                                                   std::uint32_t host);
  void schedule(std::uint32_t number, std::size_t length, std::uint64_t at_ns, bool counts,
                const PacketRecord& record);
  void schedule_copy(ConstBytes answer, std::uint64_t at_ns, const PacketRecord& record,
                     const Parsed* forged);
  void schedule_unreachable(ConstBytes packet, const Parsed& parsed, std::uint8_t code,
                            const PacketRecord& record);

  EmulatorOptions options_;
  StampReflector reflector_;
  AddressTable table_;
  std::vector<Host> hosts_;
  std::unique_ptr<Condition[]> conditions_;
  std::size_t condition_count_ = 1;  // used by set_condition's thread only
  std::vector<std::pair<Condition, std::uint16_t>> known_conditions_;
  std::unordered_map<std::uint64_t, std::uint32_t> stamp_sequences_;
  Pool small_, large_;
  std::priority_queue<Due> due_;
  std::optional<std::uint32_t> taken_;
  EmulatorCounters counters_;
  Histogram lateness_;
  PacketLog log_;
};

}  // namespace faultline::lab
