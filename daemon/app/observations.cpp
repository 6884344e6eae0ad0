#include "daemon/app/observations.h"

#include <fmt/format.h>

namespace faultline::app {
namespace {

// On when the way is another one than at the last look, off when it is the same: the new one is usual then.
Alarm path_alarm(const Round& round, const std::string& endpoint, bool is_other) {
  Alarm alarm;
  alarm.id = "path of " + endpoint;
  alarm.raised = round.finished;
  alarm.cleared = !is_other;
  alarm.kind = AlarmKind::path_change;
  alarm.endpoint = round.endpoint;
  return alarm;
}

}  // namespace

void Observations::hear(const Round& round, std::span<const SessionNote> notes, const Topology& topology) {
  const std::string& subject = topology.endpoint(round.endpoint).name;
  for (const SessionNote& note : notes) {
    if (note.kind == SessionNote::Kind::finding && round.on_demand)
      record_(round.finished, fmt::format("{}{}_found", kObservationPrefix, note.what), subject, note.text);
    if (note.kind != SessionNote::Kind::fact) continue;
    const auto [known, is_new] = facts_.try_emplace({round.endpoint, note.what}, note.text);
    const bool is_other = !is_new && known->second != note.text;
    if (note.what == "path" && !is_new) raise_(path_alarm(round, subject, is_other));
    if (!is_other) continue;
    record_(round.finished, fmt::format("{}{}_changed", kObservationPrefix, note.what), subject,
            fmt::format("from {} to {}", known->second, note.text));
    known->second = note.text;
  }
}

}  // namespace faultline::app
