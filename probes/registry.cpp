#include "probes/registry.h"

#include "probes/packet/settings.h"
#include "probes/session/dns.h"
#include "probes/session/http.h"
#include "probes/session/modem.h"
#include "probes/session/modemmanager.h"
#include "probes/session/path.h"
#include "probes/session/pm_file.h"
#include "probes/session/prometheus.h"
#include "probes/session/snmp.h"
#include "probes/session/tcp.h"
#include "probes/session/throughput.h"

#include <array>

namespace faultline {

std::span<const ProbeKind> probe_kinds() {
  // A new kind is a line here; append, since a kind's position is its index.
  static const std::array kKinds = {
      ProbeKind{.name = "icmp",
                .help = "ICMP echo: loss, round-trip time and delay variation of any IP host",
                .transport = ProbeTransport::packet,
                .source = ProbeSource::address,
                .options = packet::icmp_options(),
                .metrics = packet::round_metrics(),
                .make = nullptr},
      ProbeKind{
          .name = "stamp",
          .help = "STAMP (RFC 8762): as icmp, and per direction, against a STAMP or TWAMP Light reflector",
          .transport = ProbeTransport::packet,
          .source = ProbeSource::address,
          .options = packet::stamp_options(),
          .metrics = packet::round_metrics(),
          .make = nullptr},
      ProbeKind{
          .name = "modem",
          .help =
              "signal (RSRP, SINR, RSCP, …) of a cellular modem on a serial port, by its maker's AT commands",
          .transport = ProbeTransport::session,
          .source = ProbeSource::device,
          .options = session::modem_options(),
          .metrics = session::modem_metrics(),
          .make = session::make_modem_probe},
      ProbeKind{.name = "tcp",
                .help = "time to connect to a TCP port",
                .transport = ProbeTransport::session,
                .source = ProbeSource::address,
                .options = session::tcp_options(),
                .metrics = session::tcp_metrics(),
                .make = session::make_tcp_probe},
      ProbeKind{
          .name = "dns",
          .help = "a question to a name server by UDP or TCP: time, response code and the expected answer",
          .transport = ProbeTransport::session,
          .source = ProbeSource::address,
          .options = session::dns_options(),
          .metrics = session::dns_metrics(),
          .make = session::make_dns_probe,
          .check = session::check_dns_options},
      ProbeKind{
          .name = "http",
          .help = "one HTTP or HTTPS request: the time of each phase, status, body, end of the certificate",
          .transport = ProbeTransport::session,
          .source = ProbeSource::address,
          .options = session::http_options(),
          .metrics = session::http_metrics(),
          .make = session::make_http_probe,
          .check = session::check_http_options},
      ProbeKind{
          .name = "snmp",
          .help =
              "signal, light and line values by SNMP 2c or 3, from the device itself, its OLT or its CMTS",
          .transport = ProbeTransport::session,
          .source = ProbeSource::agent,
          .options = session::snmp_options(),
          .metrics = session::snmp_metrics(),
          .make = session::make_snmp_probe},
      ProbeKind{.name = "path",
                .help = "the way to an IP host: which hops answer, and where loss begins (traceroute)",
                .transport = ProbeTransport::session,
                .source = ProbeSource::address,
                .options = session::path_options(),
                .metrics = {},
                .make = session::make_path_probe,
                .role = ProbeRole::closer_look},
      ProbeKind{.name = "prometheus",
                .help = "values that a Prometheus already has: one query a metric, for all endpoints at once",
                .transport = ProbeTransport::session,
                .source = ProbeSource::name,
                .options = session::prometheus_options(),
                .metrics = session::prometheus_metrics(),
                .make = session::make_prometheus_probe,
                .check = session::check_prometheus_options},
      ProbeKind{
          .name = "pm_file",
          .help =
              "counters of cells and ports from performance files (3GPP TS 32.435 XML, CSV) in a directory",
          .transport = ProbeTransport::session,
          .source = ProbeSource::name,
          .options = session::pm_file_options(),
          .metrics = session::pm_file_metrics(),
          .make = session::make_pm_file_probe,
          .check = session::check_pm_file_options},
      ProbeKind{.name = "modemmanager",
                .help = "signal (RSRP, SINR, RSCP, …) of a cellular modem that ModemManager owns, over D-Bus",
                .transport = ProbeTransport::session,
                .source = ProbeSource::device,
                .options = session::modemmanager_options(),
                .metrics = session::modemmanager_metrics(),
                .make = session::make_modemmanager_probe},
      ProbeKind{.name = "throughput",
                .help = "how fast the line is, down and up, by HTTP or a STAMP reflector; disturbs nobody",
                .transport = ProbeTransport::session,
                .source = ProbeSource::address,
                .options = session::throughput_options(),
                .metrics = session::throughput_metrics(),
                .make = session::make_throughput_probe,
                .role = ProbeRole::costly_evidence,
                .check = session::check_throughput_options},
  };
  return kKinds;
}

const ProbeKind* find_probe_kind(std::string_view name) {
  for (const auto& kind : probe_kinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

ProbeKindIndex index_of(const ProbeKind& kind) {
  return static_cast<ProbeKindIndex>(&kind - probe_kinds().data());
}

}  // namespace faultline
