#include "tests/lab/api_client.h"

#include "tests/lab/address.h"
#include "tests/lab/netns.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

namespace faultline::lab {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetryAfter = 300ms;
constexpr timeval kTimeLimit = {5, 0};  // for each of connect, send and receive
constexpr std::size_t kLargestAnswer = std::size_t{256} * 1024;

struct HttpAnswer {
  int status = 0;
  std::string body;
};

Descriptor connect_to(const ApiUrl& url) {
  const auto address = parse_address(url.host);
  if (!address) return {};
  Descriptor fd(socket(address->v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kTimeLimit, sizeof kTimeLimit);
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kTimeLimit, sizeof kTimeLimit);
  int result = -1;
  if (address->v6) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(url.port);
    std::memcpy(&six.sin6_addr, address->bytes.data(), 16);
    result = connect(fd.get(), reinterpret_cast<sockaddr*>(&six), sizeof six);
  } else {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(url.port);
    std::memcpy(&four.sin_addr, address->bytes.data(), 4);
    result = connect(fd.get(), reinterpret_cast<sockaddr*>(&four), sizeof four);
  }
  return result == 0 ? std::move(fd) : Descriptor();
}

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Everything up to the end of the connection ("Connection: close" was asked for).
std::optional<HttpAnswer> receive_answer(int fd) {
  std::string text;
  std::array<char, 8192> block{};
  while (text.size() < kLargestAnswer) {
    const ssize_t got = recv(fd, block.data(), block.size(), 0);
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  HttpAnswer answer;
  const std::size_t head_end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.") || text.size() < 12 || head_end == std::string::npos) return std::nullopt;
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  answer.body = text.substr(head_end + 4);
  return answer;
}

std::optional<HttpAnswer> post(const ApiUrl& url, const std::string& token, const std::string& json) {
  const Descriptor fd = connect_to(url);
  if (fd.get() < 0) return std::nullopt;
  const bool v6 = url.host.find(':') != std::string::npos;
  std::string request = fmt::format(
      "POST /api/v1/complaints HTTP/1.1\r\nHost: {}{}{}:{}\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\nConnection: close\r\n",
      v6 ? "[" : "", url.host, v6 ? "]" : "", url.port, json.size());
  if (!token.empty()) request += fmt::format("Authorization: Bearer {}\r\n", token);
  request += "\r\n" + json;
  if (!send_all(fd.get(), request)) return std::nullopt;
  return receive_answer(fd.get());
}

// What is worth another attempt: no answer, the server's own trouble, "not now".
bool is_final(int status) {
  return (status >= 200 && status < 300) || (status >= 400 && status < 500 && status != 408 && status != 429);
}

}  // namespace

Result<ApiUrl> parse_api_url(const std::string& text) {
  const auto wrong = [&] {
    return fail(fmt::format("--api {}: expected http://ADDRESS:PORT, as http://127.0.0.1:9464", text));
  };
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return wrong();
  std::string rest = text.substr(kScheme.size());
  if (!rest.empty() && rest.back() == '/') rest.pop_back();
  ApiUrl url;
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string::npos || rest.back() == ']') {
    url.host = rest;
  } else {
    url.host = rest.substr(0, colon);
    const auto [end, error] = std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), url.port);
    if (error != std::errc() || end != rest.data() + rest.size()) return wrong();
  }
  if (url.host.starts_with('[') && url.host.ends_with(']'))
    url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host == "localhost") url.host = "127.0.0.1";
  if (!parse_address(url.host)) return wrong();
  return url;
}

ApiClient::ApiClient(ApiUrl url, std::string token) : url_(std::move(url)), token_(std::move(token)) {}

ApiClient::~ApiClient() {
  stop();
}

void ApiClient::start() {
  thread_ = std::thread([this] { run(); });
}

void ApiClient::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ApiClient::post_complaint(std::string id, std::string json) {
  const std::lock_guard lock(mutex_);
  deliveries_[id];
  jobs_.push_back({std::move(id), std::move(json)});
  changed_.notify_all();
}

std::map<std::string, Delivery> ApiClient::deliveries() const {
  const std::lock_guard lock(mutex_);
  return deliveries_;
}

bool ApiClient::try_once(const Job& job) {
  const auto answer = post(url_, token_, job.json);
  const std::lock_guard lock(mutex_);
  Delivery& delivery = deliveries_[job.id];
  ++delivery.attempts;
  if (!answer) return false;
  delivery.status = answer->status;
  delivery.accepted = answer->status >= 200 && answer->status < 300;
  delivery.answer = answer->body;
  return is_final(answer->status);
}

void ApiClient::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const Job job = jobs_.front();
    lock.unlock();
    const bool done = try_once(job);
    lock.lock();
    if (done)
      jobs_.pop_front();
    else
      changed_.wait_for(lock, kRetryAfter, [this] { return stopping_; });
    if (stopping_) return;
  }
}

}  // namespace faultline::lab
