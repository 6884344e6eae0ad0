#include "rules/model/round.h"

#include <cmath>

namespace faultline {

std::string_view name(Outcome outcome) {
  constexpr std::string_view kNames[] = {"ok",      "partial",   "lost",      "unreachable",
                                         "refused", "timed_out", "malformed", "not_measured"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::string_view name(OutcomeReason reason) {
  constexpr std::string_view kNames[kOutcomeReasonCount] = {"none",
                                                            "net_unreachable",
                                                            "host_unreachable",
                                                            "port_unreachable",
                                                            "admin_prohibited",
                                                            "ttl_exceeded",
                                                            "no_route",
                                                            "name_unresolved",
                                                            "engine_late",
                                                            "queue_dropped",
                                                            "send_failed",
                                                            "device_gone",
                                                            "not_registered",
                                                            "cancelled",
                                                            "error_answer",
                                                            "unexpected_answer",
                                                            "connection_closed",
                                                            "tls_failed",
                                                            "certificate_refused",
                                                            "source_silent",
                                                            "answer_too_large",
                                                            "no_value",
                                                            "ambiguous_value",
                                                            "line_in_use",
                                                            "node_in_test",
                                                            "cap_reached"};
  return kNames[static_cast<std::size_t>(reason)];
}

void Round::add(Metric metric, float value) {
  if (std::isnan(value) || value_count == values.size()) return;
  values[value_count++] = {metric, value};
}

}  // namespace faultline
