// An alarm of another system, mapped to a thing in the inventory: evidence for a cause, never a ticket by
// itself.
#pragma once

#include "rules/model/index.h"
#include "rules/model/time.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faultline {

enum class AlarmKind : std::uint8_t {
  dying_gasp,
  power,
  loss_of_signal,
  link_down,
  temperature,
  equipment,
  path_change,  // packets to it take another way than usual
  other
};
inline constexpr std::array<std::string_view, 8> kAlarmKindNames = {
    "dying_gasp", "power", "loss_of_signal", "link_down", "temperature", "equipment", "path_change", "other"};
constexpr std::string_view name(AlarmKind kind) {
  return kAlarmKindNames[static_cast<std::size_t>(kind)];
}

struct Alarm {
  std::string id;
  Timestamp raised;
  bool cleared = false;
  AlarmKind kind = AlarmKind::other;
  std::optional<NodeIndex> node;  // exactly one of the two
  std::optional<EndpointIndex> endpoint;
};

}  // namespace faultline
