// A probe whose source answers for many endpoints at once: all that share the probe object share its answers.
// One of them asks, those that come meanwhile wait for that; when the one that asks is cancelled, another one
// takes its place.
#pragma once

#include "probes/session/session_probe.h"
#include "probes/session/shared_answer.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <vector>

namespace faultline::session {

class SharedProbe : public SessionProbe {
 public:
  boost::asio::awaitable<Round> run(SessionTarget target, Duration time_limit) final;

 protected:
  explicit SharedProbe(Duration interval) : answer_(interval) {}

 private:
  // Gets another answer, trouble of the source included; never two at once. False: it was cancelled, and
  // there is none. `asker` is the endpoint for which it happens to be asked, to whose notes the conversation
  // is told.
  virtual boost::asio::awaitable<bool> renew(const SessionTarget& asker, Duration time_limit) = 0;
  // What the last answer says of the endpoint: values, outcome and reason.
  virtual void conclude(const SessionTarget& target, Round& round) = 0;

  boost::asio::awaitable<void> wait(Duration time_limit);
  boost::asio::awaitable<void> ask(const SessionTarget& asker, Duration time_limit);

  SharedAnswer answer_;
  bool is_asking_ = false;
  std::vector<std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

}  // namespace faultline::session
