// When session probes run: every target once an interval, the starts spread over it, never two at once for
// one target. The probe only measures; interval, spread, time limit and the round's times are decided here,
// and that a time-out says nothing (not_measured, engine_late) if the loop was held up meanwhile. Lives on
// the main loop.
#pragma once

#include "probes/registry.h"
#include "probes/session/session_probe.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace faultline::session {

// One probe of one endpoint. Targets with equal kind and options may share the probe object.
struct ScheduledTarget {
  SessionTarget target;
  ProbeKindIndex kind = 0;
  std::shared_ptr<SessionProbe> probe;
  Duration interval{};
  Duration time_limit{};
};

class Scheduler {
 public:
  using Sink = std::function<void(const Round&)>;
  using NoteSink = std::function<void(const Round&, std::span<const SessionNote>)>;

  Scheduler(boost::asio::any_io_executor executor, Sink sink);
  ~Scheduler();

  // Who hears what a measurement said in words, just before its round; raw conversations only if wanted.
  void set_note_sink(NoteSink sink, bool wants_exchange);
  // By difference: a target whose endpoint, kind, source, probe object and times are unchanged keeps its
  // schedule. What was measured of a target that went or changed is never told: its index may mean another.
  void set_targets(std::vector<ScheduledTarget> targets);
  // Measures at once, beside the schedule; the round has on_demand set. Nothing happens for an unknown
  // endpoint or for a probe of it that is under way, and a scheduled start is left out meanwhile: never two
  // conversations with one target.
  void run_now(EndpointIndex endpoint, ProbeKindIndex kind);
  // Cancels everything, then calls f.
  void stop(std::function<void()> when_stopped);
  std::size_t size() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace faultline::session
