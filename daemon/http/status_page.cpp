#include "daemon/http/status_page.h"

#include "daemon/http/api_json.h"
#include "rules/model/time_text.h"

#include <fmt/format.h>

namespace faultline::http {
namespace {

constexpr std::string_view kStyle = R"css(
:root{--ink:#1c2733;--dim:#66758a;--line:#dfe5ec;--paper:#fff;--back:#f3f5f8;--good:#1c8a55;
--critical:#b3122a;--major:#d9541e;--minor:#b98900;--warning:#33739e}
@media (prefers-color-scheme:dark){:root{--ink:#e3e9f0;--dim:#93a3b8;--line:#2d3947;--paper:#1a222c;--back:#11171e;
--good:#47c98a;--critical:#ff6478;--major:#ff9360;--minor:#eac44e;--warning:#79bbe6}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 48px}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 14px;margin-bottom:20px}
h1{font-size:22px;margin:0;letter-spacing:-.01em}
h2{font-size:13px;margin:28px 0 8px;text-transform:uppercase;letter-spacing:.07em;color:var(--dim)}
.dim{color:var(--dim)}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:12px}
.number{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
.number b{display:block;font-size:25px;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.25}
.card{background:var(--paper);border:1px solid var(--line);border-radius:10px;overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:9px 16px;border-top:1px solid var(--line);vertical-align:top}
thead th{border-top:0;font-weight:500;color:var(--dim);font-size:13px;white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
time{white-space:nowrap;font-variant-numeric:tabular-nums}
.tag{display:inline-block;padding:1px 9px;border-radius:9px;border:1px solid currentColor;font-size:13px}
.critical{color:var(--critical)}.major{color:var(--major)}.minor{color:var(--minor)}.warning{color:var(--warning)}
.good{color:var(--good)}
.empty{padding:18px 16px;color:var(--dim)}
.note{border-left:3px solid var(--major);background:var(--paper);padding:9px 14px;margin:0 0 14px}
a{color:inherit}
footer{margin-top:28px;display:flex;flex-wrap:wrap;gap:4px 18px;font-size:14px}
)css";

// SHA-256 of kStyle in base64, which the policy names: no other style is obeyed. A test computes it anew.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'sha256-PD3VimZtuyZw08jjCmuJumJlWXIoP6CHy+W0OD7onKs='; base-uri 'none'; "
    "form-action 'none'; "
    "frame-ancestors 'none'";

std::string time_html(Timestamp time) {
  const std::string text = rfc3339(time);  // 2026-11-24T02:00:00.123Z
  return fmt::format("<time datetime=\"{}\">{} {}</time>", text, text.substr(0, 10), text.substr(11, 8));
}

std::string number_html(std::string_view value, std::string_view label, std::string_view css = "") {
  return fmt::format("<div class=\"number\"><b class=\"{}\">{}</b><span class=\"dim\">{}</span></div>", css,
                     value, label);
}

std::string numbers_html(const PageContent& content) {
  const DaemonStatus& status = content.status;
  const std::size_t open = content.incidents.size();
  return "<div class=\"numbers\">" +
         number_html(fmt::format("{}{}", open, content.more_incidents ? "+" : ""), "incidents",
                     open ? "major" : "good") +
         number_html(std::to_string(content.degradations_total), "degradations") +
         number_html(std::to_string(status.endpoints), "endpoints") +
         number_html(std::to_string(status.endpoints_bad), "bad", status.endpoints_bad ? "major" : "good") +
         number_html(std::to_string(status.endpoints_unknown), "not measured") +
         number_html(fmt::format("{:.0f}", status.packets_per_second), "packets/s") +
         number_html(std::to_string(status.complaints_last_day), "complaints, 24 h") + "</div>";
}

std::string incident_row(const IncidentView& view) {
  const Incident& incident = view.incident;
  const std::string id = incident_id(incident.number);
  const std::string cause = incident.causes.empty()
                                ? "–"
                                : fmt::format("{} ({:.0f} %)", name(incident.causes.front().cause),
                                              incident.causes.front().probability * 100);
  return fmt::format(
      "<tr><td><a href=\"/api/v1/incidents/{0}?why=1\">{0}</a></td>"
      "<td><span class=\"tag {1}\">{1}</span></td><td>{2}</td><td>{3}</td><td>{4}</td><td>{5}</td>"
      "<td class=\"n\">{6}</td><td class=\"n\">{7}</td><td class=\"n\">{8}</td></tr>",
      id, name(incident.severity), name(incident.state), escape_html(view.root), escape_html(cause),
      time_html(incident.onset), incident.bad.size(), incident.customers, incident.complaints.size());
}

std::string incidents_html(const PageContent& content) {
  std::string html = "<h2>Incidents</h2><div class=\"card\">";
  if (content.incidents.empty())
    return html + "<div class=\"empty\">Nothing is known to be wrong.</div></div>";
  html +=
      "<table><thead><tr><th>Incident</th><th>Severity</th><th>State</th><th>Place</th><th>Likely cause</th>"
      "<th>Since (UTC)</th><th class=\"n\">Bad</th><th class=\"n\">Customers</th><th "
      "class=\"n\">Complaints</th>"
      "</tr></thead><tbody>";
  for (const IncidentView& view : content.incidents) html += incident_row(view);
  return html + "</tbody></table></div>";
}

std::string degradations_html(const PageContent& content) {
  std::string html = "<h2>Degradations</h2><div class=\"card\">";
  if (content.degradations.empty()) return html + "<div class=\"empty\">No endpoint is degraded.</div></div>";
  html +=
      "<table><thead><tr><th>Endpoint</th><th>In</th><th>Since "
      "(UTC)</th><th>Evidence</th></tr></thead><tbody>";
  for (const PageContent::Trouble& trouble : content.degradations)
    html += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                        escape_html(trouble.endpoint), name(trouble.degradation.respect),
                        time_html(trouble.degradation.onset), escape_html(trouble.degradation.evidence));
  html += "</tbody></table></div>";
  if (content.degradations_total > content.degradations.size())
    html += fmt::format("<p class=\"dim\">{} of {} shown; <a href=\"/api/v1/degradations\">all</a></p>",
                        content.degradations.size(), content.degradations_total);
  return html;
}

std::string notes_html(const PageContent& content) {
  std::string html;
  for (const std::string& reason : content.status.not_ready)
    html += fmt::format("<p class=\"note\">Not ready: {}</p>", escape_html(reason));
  if (!content.problem.empty()) html += fmt::format("<p class=\"note\">{}</p>", escape_html(content.problem));
  return html;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

HttpResponse status_page(const PageContent& content) {
  const DaemonStatus& status = content.status;
  HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.headers.emplace_back("Content-Security-Policy", kPolicy);
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.body = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<meta http-equiv=\"refresh\" content=\"10\"><title>Faultline: {} "
      "incidents</title><style>{}</style></head>"
      "<body><main><header><h1>Faultline</h1><span class=\"dim\">{}, running since {}; as of {} "
      "UTC</span></header>",
      content.incidents.size(), kStyle, escape_html(status.version), time_html(status.started),
      time_html(status.now));
  response.body +=
      notes_html(content) + numbers_html(content) + incidents_html(content) + degradations_html(content);
  response.body +=
      "<footer><a href=\"/api/v1/incidents\">Incidents</a><a href=\"/api/v1/endpoints\">Endpoints</a>"
      "<a href=\"/api/v1/tickets\">Tickets</a><a href=\"/api/v1/maintenance\">Maintenance</a>"
      "<a href=\"/api/v1/events\">Events</a><a href=\"/metrics\">Metrics</a></footer></main></body></html>\n";
  return response;
}

}  // namespace faultline::http
