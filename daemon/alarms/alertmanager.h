// The body that Alertmanager's webhook posts (its version "4"), as reports for the desk. An alert's fields
// are its labels by their names, and its annotations as "annotations.NAME"; its id is the fingerprint. Pure.
#pragma once

#include "daemon/alarms/desk.h"

#include <string>
#include <string_view>
#include <vector>

namespace faultline::alarms {

struct AlertBody {
  std::string refusal;  // the body as a whole is none: what was expected, with a JSON pointer
  std::vector<Report> reports;
  std::vector<std::string> problems;  // of single alerts, which are left out
};
AlertBody read_alerts(std::string_view body, Timestamp now);

// Of Alertmanager's requests: 16 MB are about 20,000 alerts.
inline constexpr std::size_t kMaxAlertBytes = 16 * 1024 * 1024;
inline constexpr std::size_t kMaxDocumentBytes = 16 * 1024;  // of one alarm

}  // namespace faultline::alarms
