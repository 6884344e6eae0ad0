// From the body of POST /api/v1/complaints to complaints for the rules and records for the store, or to every
// mistake in it at once. Pure: time, topology and key come in as data. The customer's reference is hashed
// here and goes no further: it is in no record, no message and no log.
//
// One object or an array of objects. Fields: id*, customer*, received, began, channel, language, service,
// symptom, text, place {latitude, longitude, accuracy_m}, line, cell, postcode (* required). An unknown field
// is a warning. What is refused says where (JSON pointer) and what was expected; in an array each item stands
// for itself.
#pragma once

#include "rules/model/complaint.h"
#include "rules/model/time.h"
#include "rules/model/topology.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::complaints {

// The secret of the customer hash: 32 random bytes that the store makes once and keeps.
using HashKey = std::array<unsigned char, 32>;

struct IntakeLimits {
  std::size_t body_bytes = 1024 * 1024;
  std::size_t items = 1000;
  std::size_t id_bytes = 128;
  std::size_t customer_bytes = 256;
  std::size_t short_text_characters = 64;  // channel, language, symptom, postcode, line, cell: 64 … 256
  std::size_t text_characters = 4000;
  Duration oldest = std::chrono::hours(24 * 30);
  Duration clock_skew = std::chrono::minutes(5);  // ahead by at most this: taken as now
  Duration furthest_ahead =
      std::chrono::hours(24);  // up to this: taken as now, with a warning; beyond: refused
};

struct Problem {
  std::string pointer;   // RFC 6901, within the item: "/place/latitude"; "" = the item itself
  std::string expected;  // "a number from -90 to 90"
};

// What is kept of a complaint. Names instead of indexes, since those mean nothing after a restart.
struct ComplaintRecord {
  Complaint complaint;  // customer is the keyed hash
  std::string channel, language, symptom, text, postcode;
  std::string line, cell;   // as sent, also when the inventory does not know them
  std::string fingerprint;  // keyed hash of all that was sent, 32 hex digits: same id, other content?
};

struct IntakeItem {
  std::optional<std::string> id;          // as far as it could be read
  std::optional<ComplaintRecord> record;  // nothing if there are errors
  std::vector<Problem> errors;
  std::vector<Problem> warnings;
};

struct Intake {
  bool is_array = false;
  unsigned status =
      200;  // 400, 413 or 422: the body as a whole was refused for `refusal`, and items is empty
  std::string refusal;
  std::vector<IntakeItem> items;
};

Intake read(std::string_view body, const Topology& topology, const HashKey& key, Timestamp now,
            const IntakeLimits& limits = {});

// HMAC-SHA-256 of the reference, first 8 bytes.
std::uint64_t customer_hash(std::string_view reference, const HashKey& key);

// What an id that was seen before means.
enum class Novelty : std::uint8_t {
  fresh,       // keep it, tell the rules
  repeated,    // the same again: answer as before, no second effect
  conflicting  // the id is taken by another complaint
};
// `known`: the fingerprint kept under the record's id, if any.
Novelty novelty(const std::optional<std::string>& known, const ComplaintRecord& record);

}  // namespace faultline::complaints
