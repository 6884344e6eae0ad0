// Is the probe host itself well? It measures its reference targets every two seconds; when too few of them
// answer, what it measures of others is worth nothing. Time is data here: the caller gives the rounds and the
// time.
#pragma once

#include "rules/model/round.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace faultline::app {

class SelfCheck {
 public:
  // Indexes from here on are reference targets and not of the inventory.
  static constexpr std::uint32_t kFirstReference = 0xFFFF'0000;
  static bool is_reference(EndpointIndex endpoint) { return endpoint.value >= kFirstReference; }
  static EndpointIndex reference(std::size_t i) {
    return EndpointIndex{kFirstReference + static_cast<std::uint32_t>(i)};
  }

  // Forgets all results.
  void set_references(std::size_t count);
  void on_round(const Round& round);
  // Two references must have answered lately, or the one that there is. Healthy without any, and while they
  // were not measured yet.
  bool healthy(Timestamp now) const;

 private:
  struct Reference {
    Timestamp answered{};  // of the latest answer
    bool measured = false;
    bool good = false;
  };
  std::vector<Reference> references_;
};

}  // namespace faultline::app
