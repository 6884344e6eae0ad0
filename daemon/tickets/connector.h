// How one ticket system is spoken to. A connector carries single calls and answers each of them once, later,
// from the main loop; the outbox decides what is sent when and what an answer means. A connector keeps no
// queue, never retries by itself and never throws for trouble of the network or of the other side.
#pragma once

#include "rules/model/time.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::tickets {

// What a message asks of the ticket system.
enum class Operation : std::uint8_t { create, update, comment, resolve };
inline constexpr std::array<std::string_view, 4> kOperationNames = {"create", "update", "comment", "resolve"};
constexpr std::string_view name(Operation operation) {
  return kOperationNames[static_cast<std::size_t>(operation)];
}
constexpr std::optional<Operation> operation_from_name(std::string_view text) {
  for (std::size_t i = 0; i < kOperationNames.size(); ++i)
    if (kOperationNames[i] == text) return static_cast<Operation>(i);
  return std::nullopt;
}

enum class Delivery : std::uint8_t {
  done,         // the other side has it, for certain
  retry_later,  // it does not have it, and may take it later
  rejected,     // it does not have it and never will, as it is: a person must look
  unknown,      // nobody knows: search by key (or repeat with the same idempotency key) before anything else
};
inline constexpr std::array<std::string_view, 4> kDeliveryNames = {"done", "retry_later", "rejected",
                                                                   "unknown"};
constexpr std::string_view name(Delivery d) {
  return kDeliveryNames[static_cast<std::size_t>(d)];
}

struct DeliveryResult {
  Delivery outcome = Delivery::unknown;
  std::string reason;                   // for people: "HTTP 503 from noc.example", one line, no secrets
  std::optional<Duration> retry_after;  // what the other side asked for, with retry_later
  std::string remote_id;                // the other side's id of the ticket, where it tells
};
using DeliveryCallback = std::function<void(DeliveryResult)>;

// One thing to tell about one ticket. `document` is the whole ticket as it was then, so that a receiver which
// missed a step loses no more than the step.
struct TicketMessage {
  std::string key;              // external key, "FL-17"
  std::string idempotency_key;  // "FL-17/4": the same thing again carries the same key
  std::string event;            // name of the IncidentEvent
  Timestamp at;
  std::string document;  // TMF621 v5 TroubleTicket, JSON
  std::string note;      // this change in words
};

struct RemoteTicket {
  std::string key, remote_id, status;
  Timestamp last_update;
};
struct FindResult {
  DeliveryResult call;  // outcome done: the question was answered
  std::vector<RemoteTicket> tickets;
};
using FindCallback = std::function<void(FindResult)>;

class TicketConnector {
 public:
  virtual ~TicketConnector() = default;
  virtual const std::string& name() const = 0;
  // Whether find and changed_since can answer at all. Where not, an unknown outcome is cleared up by
  // repeating the call: the receiver drops what it has already seen by the idempotency key.
  virtual bool can_search() const = 0;
  virtual void find(std::string key, FindCallback callback) = 0;
  virtual void create(TicketMessage message, DeliveryCallback callback) = 0;
  virtual void update(TicketMessage message, DeliveryCallback callback) = 0;
  virtual void comment(TicketMessage message, DeliveryCallback callback) = 0;
  virtual void resolve(TicketMessage message, DeliveryCallback callback) = 0;
  virtual void changed_since(Timestamp since, FindCallback callback) = 0;
  // Whether the other side is there and lets us in; changes nothing there.
  virtual void self_check(DeliveryCallback callback) = 0;
  // Cancels what is under way. No callback is called any more, neither during nor after; what was on its way
  // counts as unknown and is sent again after the next start.
  virtual void stop() = 0;
};

}  // namespace faultline::tickets
