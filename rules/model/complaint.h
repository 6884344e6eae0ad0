// A customer's report, as the rules need it: where, when, about what. Text, language and channel stay in the
// store; the customer is a keyed hash and nothing else.
#pragma once

#include "rules/model/index.h"
#include "rules/model/place.h"
#include "rules/model/time.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faultline {

enum class Service : std::uint8_t { unknown, mobile_voice, mobile_data, messaging, internet, telephony, tv };
inline constexpr std::array<std::string_view, 7> kServiceNames = {
    "unknown", "mobile_voice", "mobile_data", "messaging", "internet", "telephony", "tv"};
constexpr std::string_view name(Service service) {
  return kServiceNames[static_cast<std::size_t>(service)];
}

struct Complaint {
  std::string id;              // the sender's; the same id again is the same complaint
  std::uint64_t customer = 0;  // keyed hash of the customer reference
  Timestamp received;
  std::optional<Timestamp> trouble_began;
  Service service = Service::unknown;
  std::optional<EndpointIndex> line;  // the access line or port, when the sender knows it
  std::optional<EndpointIndex> cell;  // the serving cell, when the sender knows it
  std::optional<Place> place;
  float accuracy_m = 300;  // standard deviation of the place

  Timestamp began() const { return trouble_began.value_or(received); }
};

}  // namespace faultline
