// A real server on a free port with its own thread, and a client that speaks raw bytes to it.
#pragma once

#include "daemon/http/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace faultline::http {

class TestServer {
 public:
  // Fails the test if it does not start.
  TestServer(const Router& router, ServerConfig config);
  ~TestServer();

  std::uint16_t port() const { return port_; }
  int refused(Refusal refusal);
  // Waits (10 s at most) until that many were refused for that reason.
  bool wait_refused(Refusal refusal, int count);
  bool wait_connections(std::size_t count);
  std::vector<RequestDone> done();
  std::vector<std::string> trouble();
  // Runs it on the server's thread and waits.
  void on_loop(const std::function<void(Server&)>& work);

  boost::asio::io_context io;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Refusal, int> refused_;
  std::vector<RequestDone> done_;
  std::vector<std::string> routes_;
  std::vector<std::string> trouble_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// A blocking connection to 127.0.0.1. Reads give up after 20 s.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(std::string_view bytes) const;
  void shut_down_sending() const;
  // Everything until the server closes.
  std::string read_all() const;
  // One answer with a Content-Length; what follows it is kept for the next call.
  std::string read_answer();
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
  std::string kept_;
};

// "GET path HTTP/1.1" with a Host and nothing else.
std::string get_request(std::string_view path, std::string_view more_headers = "");

}  // namespace faultline::http
