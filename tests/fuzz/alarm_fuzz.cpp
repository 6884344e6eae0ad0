// Any bytes as what other systems send of alarms: a webhook of Alertmanager (first byte even) or an alarm of
// TMF642 and a patch of it (odd).
#include "daemon/alarms/alertmanager.h"
#include "daemon/alarms/tmf642_document.h"

#include <boost/json/serialize.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace faultline::alarms;

void read_webhook(std::string_view body, faultline::Timestamp now) {
  const AlertBody alerts = read_alerts(body, now);
  if (!alerts.refusal.empty() && !alerts.reports.empty()) std::abort();
  for (const Report& report : alerts.reports) {
    if (report.id.empty() || report.document.size() > kMaxDocumentBytes) std::abort();
    boost::json::object object;
    if (read_object(report.document, object)) std::abort();
  }
}

void read_alarm(std::string_view body, faultline::Timestamp now) {
  boost::json::object alarm;
  const std::size_t half = body.find('\n');
  if (read_object(body.substr(0, half), alarm)) return;
  const bool is_alarm = !check_alarm(alarm);
  boost::json::object patch;
  if (half != std::string_view::npos && !read_object(body.substr(half + 1), patch)) {
    merge(alarm, patch);
    const boost::json::value whole(alarm);
    if (!has_all(whole, whole)) std::abort();
  }
  const std::string identity = identity_of(alarm);
  if (is_alarm && patch.empty() && identity.empty()) std::abort();
  set_cleared(alarm, now);
  if (!is_cleared(alarm)) std::abort();
  boost::json::object shown;
  if (read_object(select(boost::json::serialize(alarm), "state,alarmedObject"), shown)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const faultline::Timestamp now = std::chrono::sys_days{std::chrono::year{2026} / 3 / 14};
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0)
    read_webhook(body, now);
  else
    read_alarm(body, now);
  return 0;
}
