// For tests of a probe that many endpoints share: measurements of one probe object, any number at once.
#pragma once

#include "tests/unit/probes_session/measure.h"

#include <algorithm>
#include <exception>
#include <list>
#include <string>
#include <utility>

namespace faultline::session {

struct Asking : Measuring {
  struct Run {
    Round round;
    bool done = false;
    boost::asio::cancellation_signal cancel;
    void cancel_it() { cancel.emit(boost::asio::cancellation_type::terminal); }
  };
  // Begins; the run stays where it is.
  Run& begin(SessionProbe& probe, SessionTarget target, Duration time_limit = kFarTooLong) {
    Run& run = runs.emplace_back();
    auto take = [&run](const std::exception_ptr& error, const Round& result) {
      if (error) std::rethrow_exception(error);
      run.round = result;
      run.done = true;
    };
    boost::asio::co_spawn(io, probe.run(std::move(target), time_limit),
                          boost::asio::bind_cancellation_slot(run.cancel.slot(), take));
    return run;
  }
  Round finish(Run& run) {
    run_until(io, [&] { return run.done; });
    return run.round;
  }
  Round ask(SessionProbe& probe, SessionTarget target, Duration time_limit = kFarTooLong) {
    return finish(begin(probe, std::move(target), time_limit));
  }
  void finish_all() {
    run_until(io, [&] { return std::all_of(runs.begin(), runs.end(), [](const Run& r) { return r.done; }); });
  }
  static SessionTarget target(std::uint32_t index, const std::string& name, const std::string& address = "",
                              const std::string& agent = "") {
    SessionTarget made{EndpointIndex{index}, name, address, ""};
    made.agent = agent;
    return made;
  }

  std::list<Run> runs;
};

}  // namespace faultline::session
