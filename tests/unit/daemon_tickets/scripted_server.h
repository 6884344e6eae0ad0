// A TCP server on an ephemeral loopback port that reads one HTTP request per connection and then does what
// its script says: answers, stays silent, closes. Plain or TLS with a certificate made for the test. Runs on
// its own thread with blocking calls, so that nothing in it waits by the clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace faultline::tickets {

struct ServerStep {
  bool read_request = true;  // else it closes as soon as somebody connects
  std::string answer = {};   // bytes as they are; empty = none
  bool stay_silent = false;  // after the answer: keep the connection open until the client closes
  bool close_half = false;   // before the answer: half-close, which ends what the server says
};

class ScriptedServer {
 public:
  enum class Security : std::uint8_t { plain, tls };
  // One step per connection, in order.
  explicit ScriptedServer(std::vector<ServerStep> steps, Security security = Security::plain);
  ~ScriptedServer();

  std::uint16_t port() const;
  std::string url(const std::string& target = "/hook") const;
  // PEM file of the authority that signed the server's certificate.
  const std::string& ca_file() const;
  // Ends the server and gives the requests that it read.
  std::vector<std::string> requests();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::tickets
