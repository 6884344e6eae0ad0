#include "daemon/app/observations.h"

#include <fmt/format.h>

namespace faultline::app {

void Observations::hear(const Round& round, std::span<const SessionNote> notes, const Topology& topology) {
  const std::string& subject = topology.endpoint(round.endpoint).name;
  for (const SessionNote& note : notes) {
    if (note.kind == SessionNote::Kind::finding && round.on_demand)
      record_(round.finished, fmt::format("{}{}_found", kObservationPrefix, note.what), subject, note.text);
    if (note.kind != SessionNote::Kind::fact) continue;
    const auto [known, is_new] = facts_.try_emplace({round.endpoint, note.what}, note.text);
    if (is_new || known->second == note.text) continue;
    record_(round.finished, fmt::format("{}{}_changed", kObservationPrefix, note.what), subject,
            fmt::format("from {} to {}", known->second, note.text));
    known->second = note.text;
  }
}

}  // namespace faultline::app
