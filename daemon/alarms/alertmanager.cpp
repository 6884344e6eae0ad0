#include "daemon/alarms/alertmanager.h"

#include "rules/model/time_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace faultline::alarms {
namespace {

namespace json = boost::json;

std::string_view text_of(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

// Labels of old versions' alerts, which have no fingerprint: one alert is one set of labels.
std::string label_key(const json::object& labels) {
  std::map<std::string_view, std::string_view> sorted;
  for (const auto& [label, value] : labels)
    if (value.is_string()) sorted.emplace(label, value.get_string());
  std::string key;
  for (const auto& [label, value] : sorted) key += fmt::format("{}={},", label, value);
  return key.substr(0, 512);
}

// The report, or what is wrong with it.
std::string read_alert(const json::value& value, Timestamp now, Report& report) {
  if (!value.is_object()) return "expected an object";
  const json::object& alert = value.get_object();
  const std::string_view status = text_of(alert, "status");
  if (status != "firing" && status != "resolved") return "/status: expected firing or resolved";
  const json::value* labels = alert.if_contains("labels");
  if (labels == nullptr || !labels->is_object()) return "/labels: expected an object";
  json::object document = labels->get_object();
  if (const json::value* notes = alert.if_contains("annotations"); notes != nullptr && notes->is_object())
    document["annotations"] = *notes;
  report.source = Source::alertmanager;
  report.cleared = status == "resolved";
  report.id = text_of(alert, "fingerprint");
  if (report.id.empty()) report.id = label_key(labels->get_object());
  if (report.id.empty() || report.id.size() > 512) return "/fingerprint: expected 1 to 512 bytes";
  report.raised = parse_rfc3339(text_of(alert, "startsAt")).value_or(now);
  report.document = json::serialize(document);
  if (report.document.size() > kMaxDocumentBytes)
    return fmt::format("labels and annotations have more than {} bytes", kMaxDocumentBytes);
  return {};
}

}  // namespace

AlertBody read_alerts(std::string_view body, Timestamp now) {
  AlertBody out;
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(body.data(), body.size()), error);
  if (error) {
    out.refusal = fmt::format("the body is not JSON: {}", error.message());
    return out;
  }
  const json::object* root = value.if_object();
  const json::value* alerts = root == nullptr ? nullptr : root->if_contains("alerts");
  if (alerts == nullptr || !alerts->is_array()) {
    out.refusal = "/alerts: expected an array, as Alertmanager's webhook posts it";
    return out;
  }
  if (text_of(*root, "version") != "4") {
    out.refusal = "/version: expected \"4\", the form of Alertmanager's webhook that is known here";
    return out;
  }
  std::size_t index = 0;
  for (const json::value& alert : alerts->get_array()) {
    Report report;
    const std::string wrong = read_alert(alert, now, report);
    if (wrong.empty())
      out.reports.push_back(std::move(report));
    else
      out.problems.push_back(fmt::format("/alerts/{}{}{}", index, wrong.starts_with('/') ? "" : ": ", wrong));
    ++index;
  }
  return out;
}

}  // namespace faultline::alarms
