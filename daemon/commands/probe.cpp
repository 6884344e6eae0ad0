// faultline probe ENDPOINT: measures one endpoint once by every probe that its profile has, and shows all
// values.
#include "daemon/app/probing.h"
#include "daemon/app/setup.h"
#include "daemon/commands/commands.h"
#include "probes/registry.h"
#include "rules/model/metric_words.h"
#include "rules/model/voice.h"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace faultline::commands {
namespace {

void print_value(const char* what, float value, const char* unit) {
  if (!std::isnan(value)) fmt::print("  {:<24} {:.3f} {}\n", what, value, unit);
}

// The unit comes with its space; a status or a number of bytes is a whole number.
void print_metric(const MetricValue& value) {
  if (std::isnan(value.value)) return;
  const MetricWords words = words_of(value.metric);
  const bool is_whole = value.value == std::floor(value.value);
  fmt::print("  {:<24} {:.{}f}{}\n", words.name, value.value, is_whole ? 0 : 3, words.unit);
}

void print_round(const Round& round) {
  fmt::print("{}: {}", probe_kinds()[round.probe].name, name(round.outcome));
  if (round.reason != OutcomeReason::none) fmt::print(" ({})", name(round.reason));
  fmt::print("\n");
  if (round.packets.sent > 0) {
    const PacketCounts& p = round.packets;
    fmt::print("  {:<24} {} sent, {} received, {} lost, {} late, {} duplicates, {} reordered\n", "packets",
               p.sent, p.received, p.lost(), p.late, p.duplicates, p.reordered);
    if (p.lost_forward >= 0)
      fmt::print("  {:<24} {} forward, {} backward\n", "lost", p.lost_forward, p.lost_backward);
  }
  print_value("RTT minimum", round.rtt.minimum_ms, "ms");
  print_value("RTT median", round.rtt.median_ms, "ms");
  print_value("RTT 95 %", round.rtt.p95_ms, "ms");
  print_value("RTT maximum", round.rtt.maximum_ms, "ms");
  print_value("IPDV (RFC 3393)", round.rtt.ipdv_ms, "ms");
  print_value("jitter (RFC 3550)", round.rtt.jitter_ms, "ms");
  print_value("forward delay", round.rtt.forward_delay_ms, "ms");
  print_value("backward delay", round.rtt.backward_delay_ms, "ms");
  const double loss_ratio = static_cast<double>(round.packets.lost()) / std::max<int>(1, round.packets.sent);
  const VoiceQuality voice = voice_quality(round.rtt.median_ms, round.rtt.ipdv_ms, loss_ratio);
  if (round.packets.sent > 0 && !std::isnan(voice.mos))
    fmt::print("  {:<24} R {:.1f}, MOS {:.1f} (estimate by the E-model, G.711)\n", "voice", voice.r_factor,
               voice.mos);
  for (const MetricValue& value : round.metric_values())
    if (round.packets.sent == 0) print_metric(value);
}

void print_note(const SessionNote& note) {
  if (note.kind == SessionNote::Kind::exchange)
    fmt::print("  {} {}\n", note.what, note.text);
  else
    fmt::print("  {:<24} {}\n", note.what, note.text);
}

int measure(const app::Setup& setup, EndpointIndex endpoint, Duration patience, bool verbose) {
  boost::asio::io_context io{1};
  std::set<ProbeKindIndex> open;
  std::vector<SessionNote> said;  // by the probe whose round comes next
  bool good = true;
  auto probing = app::Probing::start(io, [&](const Round& round) {
    if (round.endpoint != endpoint || !open.contains(round.probe)) return;
    // The packet engine's names need a moment: its first round may come before the address. A session asks
    // for its name itself.
    const bool is_packet = probe_kinds()[round.probe].transport == ProbeTransport::packet;
    if (is_packet && round.reason == OutcomeReason::name_unresolved) return;
    open.erase(round.probe);
    print_round(round);
    for (const SessionNote& note : std::exchange(said, {})) print_note(note);
    good = good && (round.outcome == Outcome::ok || round.outcome == Outcome::partial);
    if (open.empty()) io.stop();
  });
  Result<void> applied =
      probing ? (*probing)->apply(setup.config, setup.inventory) : tl::make_unexpected(probing.error());
  if (!applied) {
    std::fprintf(stderr, "faultline probe: %s\n", applied.error().message.c_str());
    return kFailed;
  }
  for (ProbeKindIndex kind = 0; kind < probe_kinds().size(); ++kind)
    if ((*probing)->measures(endpoint, kind)) open.insert(kind);
  (*probing)->set_note_sink(
      [&](const Round&, std::span<const SessionNote> notes) { said.assign(notes.begin(), notes.end()); },
      verbose);
  (*probing)->burst({endpoint, BurstReason::suspicion});
  (*probing)->look_closer(endpoint);
  (*probing)->load_line(endpoint);
  boost::asio::steady_timer deadline(io, patience);
  deadline.async_wait([&](boost::system::error_code) { io.stop(); });
  io.run();
  for (const ProbeKindIndex kind : open)
    fmt::print("{}: no result in {:.0f} s\n", probe_kinds()[kind].name, to_seconds(patience));
  return good && open.empty() ? kGood : kFailed;
}

// Only this endpoint, so that nothing else is sent.
void keep_only(app::Setup& setup, EndpointIndex endpoint) {
  for (std::size_t i = 0; i < setup.inventory.access.size(); ++i)
    if (i != endpoint.value) setup.inventory.access[i] = {};
  setup.config.probe_host.references.clear();
}

}  // namespace

void add_probe(CLI::App& app, Context& context) {
  static std::string name;
  static double seconds = 60;
  static bool verbose = false;
  CLI::App* command = app.add_subcommand("probe", "measure one endpoint once and show every value");
  command->add_option("endpoint", name, "its name in the inventory")->required();
  command->add_option("--time-limit", seconds, "seconds to wait for all results")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_flag("--verbose", verbose, "also the raw conversation with modems and servers");
  command->callback([&context] {
    context.chosen = [&context] {
      config::Problems problems;
      auto setup = app::load_setup(context.config, nullptr, problems);
      if (!setup) {
        std::fprintf(stderr, "%s\n", problems.text().c_str());
        return kBadUsage;
      }
      const auto endpoint = setup->inventory.topology->find_endpoint(name);
      if (!endpoint) {
        std::fprintf(stderr, "faultline probe: no endpoint is called \"%s\"\n", name.c_str());
        return kBadUsage;
      }
      keep_only(*setup, *endpoint);
      return measure(*setup, *endpoint, std::chrono::round<Duration>(std::chrono::duration<double>(seconds)),
                     verbose);
    };
  });
}

}  // namespace faultline::commands
