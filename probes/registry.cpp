#include "probes/registry.h"

#include "probes/packet/settings.h"
#include "probes/session/modem.h"

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
              "RSRP, RSRQ, SINR and RSSI of a cellular modem on a serial port, by its maker's AT commands",
          .transport = ProbeTransport::session,
          .source = ProbeSource::device,
          .options = session::modem_options(),
          .metrics = session::modem_metrics(),
          .make = session::make_modem_probe},
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
