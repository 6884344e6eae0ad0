// Tickets against the truth: which ticket is which fault's, which is false, which is one too many.
#pragma once

#include "tests/accuracy/calls.h"
#include "tests/accuracy/ledger.h"
#include "tests/accuracy/network.h"
#include "tests/accuracy/plan.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace faultline::accuracy {

struct KindScore {
  std::uint32_t faults = 0, detected = 0, duplicates = 0;
  std::uint32_t rooted = 0, right_root = 0;  // of the detected ones that have a root in the inventory
  std::uint32_t caused = 0, right_cause = 0;
  std::vector<std::int64_t> seconds;  // from the onset to the ticket
};

struct Score {
  std::array<KindScore, kFaultKinds> kinds;
  std::uint32_t unobservable = 0, unobservable_detected = 0;
  std::uint32_t silent_many = 0, silent_many_detected = 0;  // with at least 5 complainants
  std::uint32_t tickets = 0;                                // without the neutral ones
  std::uint32_t false_tickets = 0;
  std::uint32_t false_by_complaints = 0;
  std::uint32_t while_learning = 0;  // false ones of the first day, not counted above
  std::uint32_t neutral = 0;         // one for an endpoint that flaps
  std::uint32_t host_failures = 0, host_tickets = 0, host_network_tickets = 0;
  std::uint32_t attached_right = 0, attached_wrong = 0, not_attached = 0;
  std::array<std::array<std::uint32_t, kCauseCount>, kCauseCount> confusion{};  // true cause, said cause
  std::vector<std::string> remarks;  // what went wrong, a line each
};

Score judge(const Network& network, std::span<const Event> events, std::span<const Call> calls,
            std::span<const Ticket> tickets, const Ledger* ledger);

// As a JSON object in one line, for the script that adds up several seeds.
std::string to_json(const Score& score);

}  // namespace faultline::accuracy
