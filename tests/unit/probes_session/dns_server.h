// A name server for tests: UDP on a free port of loopback, on a thread of its own. Any thread may change what
// it answers while it runs.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace faultline {

class DnsServer {
 public:
  DnsServer();
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  // "127.0.0.1:PORT"
  std::string address() const;
  // The name's addresses, IPv4 and IPv6 mixed, in the order of the answer. None: the name does not exist.
  void set(const std::string& name, std::vector<std::string> addresses, std::uint32_t time_to_live_s = 0);
  // Questions for that name, or any that begins so, are never answered.
  void silence(const std::string& prefix);
  // Waits until the IPv4 addresses of the name were asked for so often, for a time that is far too long at
  // most.
  bool wait_until_asked(const std::string& name, std::size_t times);
  // When the IPv4 addresses of the name were asked for.
  std::vector<std::chrono::steady_clock::time_point> asked(const std::string& name) const;

 private:
  struct Record {
    std::vector<std::string> addresses;
    std::uint32_t time_to_live_s = 0;
  };
  void run();
  std::vector<std::uint8_t> answer_to(const std::vector<std::uint8_t>& question);

  int socket_ = -1;
  int stop_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;  // guards the three below
  std::map<std::string, Record> records_;
  std::set<std::string> silent_;
  std::map<std::string, std::vector<std::chrono::steady_clock::time_point>> asked_;
  std::condition_variable was_asked_;
  std::thread thread_;
};

}  // namespace faultline
