// What says that it is ModemManager, for tests: a D-Bus of two ends, of which the probe is the other one. On
// the test's own event loop.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace faultline::session {

// To the question for all modems.
enum class ManagerAnswer : std::uint8_t {
  modem,      // one at /dev/ttyUSB2 with a network: RSRP -94 dBm, RSRQ -10 dB
  searching,  // the same without a network, and without values
  denied,     // access denied
  nonsense,   // an answer of another type
  hangs_up,   // none: it closes the connection
};

class FakeManager {
 public:
  FakeManager(boost::asio::io_context& io, ManagerAnswer answer);
  ~FakeManager();
  FakeManager(const FakeManager&) = delete;
  FakeManager& operator=(const FakeManager&) = delete;

  std::string bus() const;  // its address

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace faultline::session
