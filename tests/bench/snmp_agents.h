// Many SNMP agents in one thread: answers GETs of version 2c on every address of 127.0.0.0/8, by one socket.
// Agents of 127.2.0.0/16 hang: they take the question and say nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace faultline::bench {

class SnmpAgents {
 public:
  SnmpAgents();
  ~SnmpAgents();
  SnmpAgents(const SnmpAgents&) = delete;
  SnmpAgents& operator=(const SnmpAgents&) = delete;
  std::uint16_t port() const { return port_; }
  std::uint64_t questions() const { return questions_; }

 private:
  void serve();
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stops_ = false;
  std::atomic<std::uint64_t> questions_ = 0;
  std::thread thread_;
};

// The answer to a GET: sysUpTime as ticks, instances of a column (the last part but one) from 20 on as
// counters that grow, others as small integers. Empty if it is no GET of version 2c.
std::string answer_to(const std::string& question, std::uint32_t ticks);

}  // namespace faultline::bench
