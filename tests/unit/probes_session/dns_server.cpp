#include "tests/unit/probes_session/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace faultline {
namespace {

constexpr std::uint16_t kTypeA = 1, kTypeAaaa = 28;

void put16(std::vector<std::uint8_t>& out, std::uint32_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace

DnsServer::DnsServer()
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), stop_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no UDP port on loopback");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

DnsServer::~DnsServer() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
  close(socket_);
}

std::string DnsServer::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void DnsServer::set(const std::string& name, std::vector<std::string> addresses,
                    std::uint32_t time_to_live_s) {
  const std::lock_guard lock(mutex_);
  records_[name] = {std::move(addresses), time_to_live_s};
}

void DnsServer::silence(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  silent_.insert(prefix);
}

bool DnsServer::wait_until_asked(const std::string& name, std::size_t times) {
  std::unique_lock lock(mutex_);
  return was_asked_.wait_for(lock, std::chrono::seconds(20), [&] { return asked_[name].size() >= times; });
}

std::vector<std::chrono::steady_clock::time_point> DnsServer::asked(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(name);
  return found == asked_.end() ? std::vector<std::chrono::steady_clock::time_point>{} : found->second;
}

void DnsServer::run() {
  for (;;) {
    std::array<pollfd, 2> polls{{{socket_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    poll(polls.data(), polls.size(), -1);
    if (polls[1].revents != 0) return;
    std::vector<std::uint8_t> question(512);
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const auto got =
        recvfrom(socket_, question.data(), question.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 17) continue;
    question.resize(static_cast<std::size_t>(got));
    const auto answer = answer_to(question);
    if (!answer.empty())
      sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
}

// RFC 1035 §4.1: the header, the question as it came, an answer for each address of the type asked for.
std::vector<std::uint8_t> DnsServer::answer_to(const std::vector<std::uint8_t>& question) {
  std::string name;
  std::size_t at = 12;
  while (at < question.size() && question[at] != 0) {
    if (!name.empty()) name += '.';
    for (std::size_t i = 1; i <= question[at] && at + i < question.size(); ++i)
      name += static_cast<char>(question[at + i]);
    at += 1U + question[at];
  }
  if (at + 5 > question.size()) return {};
  const auto type = static_cast<std::uint16_t>(question[at + 1] << 8U | question[at + 2]);

  const std::lock_guard lock(mutex_);
  if (type == kTypeA) {
    asked_[name].push_back(std::chrono::steady_clock::now());
    was_asked_.notify_all();
  }
  if (std::any_of(silent_.begin(), silent_.end(), [&](const auto& p) { return name.starts_with(p); }))
    return {};
  const auto found = records_.find(name);
  const bool exists = found != records_.end() && !found->second.addresses.empty();

  std::vector<std::uint8_t> answers;
  std::uint32_t count = 0;
  if (exists) {
    for (const std::string& address : found->second.addresses) {
      const bool is_v6 = address.find(':') != std::string::npos;
      if (type != (is_v6 ? kTypeAaaa : kTypeA)) continue;
      std::array<std::uint8_t, 16> bytes{};
      inet_pton(is_v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data());
      const std::uint32_t length = is_v6 ? 16 : 4;
      put16(answers, 0xC00C);  // the name in the question
      put16(answers, type);
      put16(answers, 1);
      put16(answers, found->second.time_to_live_s >> 16U);
      put16(answers, found->second.time_to_live_s);
      put16(answers, length);
      answers.insert(answers.end(), bytes.begin(), bytes.begin() + length);
      ++count;
    }
  }
  std::vector<std::uint8_t> reply(question.begin(), question.begin() + 2);
  put16(reply, exists ? 0x8180 : 0x8183);  // no error, or no such name
  put16(reply, 1);
  put16(reply, count);
  put16(reply, 0);
  put16(reply, 0);
  reply.insert(reply.end(), question.begin() + 12, question.begin() + static_cast<std::ptrdiff_t>(at) + 5);
  reply.insert(reply.end(), answers.begin(), answers.end());
  return reply;
}

}  // namespace faultline
