// From the body of POST /api/v1/complaints to records for the store, or to every mistake in it at once. Pure:
// time, topology and key come in as data. The customer's reference is hashed here and goes no further: it is
// in no record, no message and no log.
//
// One object or an array of objects. Fields (* required):
// - id*: 1 … 128 characters of A–Z a–z 0–9 . _ : / @ + -, the sender's; idempotency goes by it
// - customer*: 1 … 256 bytes; kept as a keyed hash only
// - received: RFC 3339; now if it is missing. Up to 30 days old; a little ahead of our clock is taken as now
// - began: RFC 3339, not after received: when the trouble began
// - channel, language, symptom, postcode: short texts
// - service: a name of rules/model/complaint.h
// - text: up to 4,000 characters
// - place: {latitude, longitude, accuracy_m}; 0,0 and -1,-1 are what broken senders send: no place
// - line, cell: endpoint names; an unknown one is kept and warned about
//
// An unknown field is a warning. Mistakes name where (JSON pointer) and what was expected; in an array each
// item stands for itself.
#pragma once

#include "daemon/store/complaints.h"
#include "rules/model/time.h"
#include "rules/model/topology.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::complaints {

// Secret of the customer hash: Store::customer_key().
using HashKey = std::array<std::byte, 32>;

struct IntakeLimits {
  std::size_t body_bytes = 1024 * 1024;
  std::size_t items = 1000;
  std::size_t id_bytes = 128;
  std::size_t customer_bytes = 256;
  std::size_t short_characters = 64;   // channel, language, postcode
  std::size_t name_characters = 256;   // symptom, line, cell
  std::size_t text_characters = 4000;  // Unicode code points
  double worst_accuracy_m = 100'000;
  Duration oldest = std::chrono::hours(24 * 30);
  Duration clock_skew = std::chrono::minutes(5);  // ahead by at most this: taken as now
  Duration furthest_ahead =
      std::chrono::hours(24);  // up to this: taken as now, with a warning; beyond: refused
};

struct Problem {
  std::string pointer;   // RFC 6901, within the item: "/place/latitude"; "" = the item itself
  std::string expected;  // "a number from -90 to 90"
};

struct IntakeItem {
  std::string id;                                // as far as it could be read, else empty
  std::optional<store::StoredComplaint> record;  // nothing if there are errors
  std::vector<Problem> errors;
  std::vector<Problem> warnings;
};

struct Intake {
  bool is_array = false;
  unsigned status = 200;  // 400 or 413: the body as a whole was refused for `refusal`, and items is empty
  std::string refusal;
  std::vector<IntakeItem> items;
};

Intake read(std::string_view body, const Topology& topology, const HashKey& key, Timestamp now,
            const IntakeLimits& limits = {});

// HMAC-SHA-256 of the reference with the key, first 8 bytes as a big-endian number.
std::uint64_t customer_hash(std::string_view reference, const HashKey& key);

// Whether two complaints of the same id say the same. Times are compared to within the clock skew, and the
// time of receipt not at all: a sender who repeats may stamp anew, and ours may be filled in.
bool same_content(const store::StoredComplaint& a, const store::StoredComplaint& b);

}  // namespace faultline::complaints
