#include "tests/unit/daemon_http/test_server.h"

#include <arpa/inet.h>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <future>

namespace faultline::http {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

}  // namespace

TestServer::TestServer(const Router& router, ServerConfig config) : work_(io.get_executor()) {
  if (config.listen.empty() && config.inherited.empty()) config.listen = {{"127.0.0.1", 0}};
  ServerEvents events;
  events.refused = [this](Refusal refusal) {
    const std::scoped_lock lock(mutex_);
    ++refused_[refusal];
    changed_.notify_all();
  };
  events.request_done = [this](const RequestDone& done) {
    const std::scoped_lock lock(mutex_);
    routes_.emplace_back(done.route);
    done_.push_back(done);
    done_.back().route = {};
  };
  events.trouble = [this](std::string_view text) {
    const std::scoped_lock lock(mutex_);
    trouble_.emplace_back(text);
  };
  auto server = Server::start(io, router, std::move(config), std::move(events));
  if (!server) {
    ADD_FAILURE() << server.error().message;
    return;
  }
  server_ = std::move(*server);
  port_ = server_->bound().front().port;
  thread_ = std::thread([this] { io.run(); });
}

TestServer::~TestServer() {
  if (thread_.joinable()) {
    on_loop([this](Server&) { server_.reset(); });
    work_.reset();
    thread_.join();
  }
}

int TestServer::refused(Refusal refusal) {
  const std::scoped_lock lock(mutex_);
  return refused_[refusal];
}

bool TestServer::wait_refused(Refusal refusal, int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return refused_[refusal] >= count; });
}

bool TestServer::wait_connections(std::size_t count) {
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    std::size_t now = 0;
    on_loop([&](Server& server) { now = server.connections(); });
    if (now == count) return true;
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(5));  // there is no event to wait for
  }
}

std::vector<RequestDone> TestServer::done() {
  const std::scoped_lock lock(mutex_);
  return done_;
}

std::vector<std::string> TestServer::trouble() {
  const std::scoped_lock lock(mutex_);
  return trouble_;
}

void TestServer::on_loop(const std::function<void(Server&)>& work) {
  std::promise<void> finished;
  boost::asio::post(io, [&] {
    work(*server_);
    finished.set_value();
  });
  finished.get_future().wait();
}

RawClient::RawClient(std::uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{std::chrono::seconds(kPatience).count(), 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    ADD_FAILURE() << "connect to port " << port;
}

RawClient::~RawClient() {
  close(descriptor_);
}

void RawClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has closed; what it said is still to be read
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void RawClient::shut_down_sending() const {
  shutdown(descriptor_, SHUT_WR);
}

std::string RawClient::read_all() const {
  std::string text = kept_;
  char buffer[65536];
  for (;;) {
    const ssize_t size = recv(descriptor_, buffer, sizeof buffer, 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) ADD_FAILURE() << "the server does not close";
    if (size <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

std::string RawClient::read_answer() {
  for (;;) {
    const auto end = kept_.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::size_t length = 0;
      const auto field = kept_.find("Content-Length: ");
      if (field < end) std::from_chars(kept_.data() + field + 16, kept_.data() + end, length);
      const std::size_t total = end + 4 + length;
      if (kept_.size() >= total) {
        std::string answer = kept_.substr(0, total);
        kept_.erase(0, total);
        return answer;
      }
    }
    char buffer[4096];
    const ssize_t size = recv(descriptor_, buffer, sizeof buffer, 0);
    if (size <= 0) {
      ADD_FAILURE() << "no whole answer, only: " << kept_;
      return kept_;
    }
    kept_.append(buffer, static_cast<std::size_t>(size));
  }
}

std::string get_request(std::string_view path, std::string_view more_headers) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more_headers) + "\r\n";
}

}  // namespace faultline::http
