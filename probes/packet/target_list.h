// What the engine remembers of its targets: which slot of which shard each has, and what it was last told
// of it, so that a new list becomes a list of differences. Pure; small, since there may be a million.
#pragma once

#include "probes/packet/engine.h"
#include "probes/wire/siphash.h"

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace faultline::packet {

struct ListedTarget {
  EndpointIndex endpoint;
  std::uint32_t slot = 0;
  std::uint64_t address_hash = 0;  // of the address that it was last given; 0 = none
  std::uint16_t settings = 0;      // the engine's number, which is for good
  ProbeKindIndex kind = 0;
  std::uint8_t shard = 0;
};

class TargetList {
 public:
  struct Wanted {
    EndpointIndex endpoint;
    ProbeKindIndex kind = 0;
    std::uint16_t settings = 0;
    std::optional<IpAddress> address;
  };
  struct Difference {
    std::vector<ListedTarget> removed;
    std::vector<ListedTarget> added;                        // with slots
    std::vector<Wanted> added_wanted;                       // the same ones, in the same order
    std::vector<std::pair<ListedTarget, IpAddress>> moved;  // another address
  };

  TargetList(std::uint8_t shards, std::uint32_t first_slot, wire::SipKey key);

  // Becomes the new list (sorted or not; of two with the same endpoint and kind the last counts).
  Difference replace(std::vector<Wanted> wanted);
  // Notes that the endpoint's targets were given another address beside the list.
  void set_address(EndpointIndex endpoint, const std::optional<IpAddress>& address);
  // The endpoint's targets.
  std::span<const ListedTarget> of(EndpointIndex endpoint) const;
  const ListedTarget* find(EndpointIndex endpoint, ProbeKindIndex kind) const;
  std::size_t size() const { return targets_.size(); }
  std::size_t bytes() const { return targets_.capacity() * sizeof(ListedTarget); }

 private:
  struct Slots {
    std::uint32_t next = 0;
    std::vector<std::uint32_t> free;
  };
  ListedTarget take_slot(const Wanted& wanted);
  std::uint64_t hash(const std::optional<IpAddress>& address) const;

  std::vector<ListedTarget> targets_;  // sorted by endpoint, then kind
  std::vector<Slots> slots_;           // by shard
  wire::SipKey key_;
};

}  // namespace faultline::packet
