// Sends complaints to the daemon's real HTTP API, one after the other on a thread of its own, and tries again
// until each is taken or refused for good. Plain HTTP/1.1 over TCP; it knows of the daemon only what the API
// says.
#pragma once

#include "rules/model/result.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace faultline::lab {

struct ApiUrl {
  std::string host;  // a literal address
  std::uint16_t port = 80;
};
// "http://127.0.0.1:9464", "http://[::1]:9464".
Result<ApiUrl> parse_api_url(const std::string& text);

struct Delivery {
  int status = 0;  // of the latest HTTP answer; 0: none so far
  unsigned attempts = 0;
  bool accepted = false;
  std::string answer;  // its body
};

class ApiClient {
 public:
  ApiClient(ApiUrl url, std::string token);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  void start();
  void post_complaint(std::string id, std::string json);
  // Gives up what is not delivered, and ends the thread.
  void stop();
  std::map<std::string, Delivery> deliveries() const;  // by complaint id

 private:
  struct Job {
    std::string id, json;
  };
  void run();
  bool try_once(const Job& job);

  ApiUrl url_;
  std::string token_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::map<std::string, Delivery> deliveries_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace faultline::lab
