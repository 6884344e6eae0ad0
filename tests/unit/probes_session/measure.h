// For tests of session probes over IP: one measurement from beginning to end on an event loop.
#pragma once

#include "probes/registry.h"
#include "probes/session/line_book.h"
#include "probes/session/session_probe.h"
#include "tests/unit/probes_session/run_probe.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::session {

using Settings = std::vector<std::pair<std::string_view, std::string>>;

// A probe object with the defaults but for these.
inline std::unique_ptr<SessionProbe> make_probe(std::string_view kind_name, const Settings& settings) {
  const ProbeKind& kind = *find_probe_kind(kind_name);
  ProbeOptions options = ProbeOptions::defaults(kind.options);
  for (const auto& [name, text] : settings)
    for (const OptionSpec& spec : kind.options)
      if (spec.name == name) options.set(name, parse_option(spec, text).value());
  if (kind.check != nullptr)
    if (const auto good = kind.check(options); !good) throw std::runtime_error(good.error().message);
  return kind.make(options);
}

struct Measuring : testing::Test {
  Round measure(std::string_view kind, const Settings& settings, const std::string& address = "127.0.0.1",
                Duration time_limit = kFarTooLong) {
    const auto probe = make_probe(kind, settings);
    Round round;
    bool done = false;
    SessionTarget target{EndpointIndex{7}, "cell-0417", address, ""};
    target.device = device;
    target.notes = notes;
    target.lines = lines;
    target.nodes = {NodeIndex{3}};
    auto take = [&](const std::exception_ptr& error, const Round& result) {
      if (error) std::rethrow_exception(error);
      round = result;
      done = true;
    };
    boost::asio::co_spawn(io, probe->run(target, time_limit),
                          boost::asio::bind_cancellation_slot(cancel.slot(), take));
    run_until(io, [&] { return done; });
    EXPECT_EQ(round.endpoint, EndpointIndex{7});
    EXPECT_EQ(round.packets.sent, 0);
    return round;
  }
  // When the measurement has begun and waits.
  void cancel_soon() {
    boost::asio::post(io, [this] { boost::asio::post(io, [this] { cancel_it(); }); });
  }
  void cancel_it() { cancel.emit(boost::asio::cancellation_type::terminal); }
  static float value(const Round& round, Metric metric) {
    for (const MetricValue& v : round.metric_values())
      if (v.metric == metric) return v.value;
    return kNoValue;
  }
  static bool has(const Round& round, Metric metric) { return value(round, metric) == value(round, metric); }

  std::shared_ptr<SessionNotes> notes = std::make_shared<SessionNotes>();
  std::string device;
  std::shared_ptr<LineBook> lines = std::make_shared<LineBook>();
  boost::asio::io_context io;
  boost::asio::cancellation_signal cancel;
};

}  // namespace faultline::session
