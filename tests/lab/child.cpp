#include "tests/lab/child.h"

#include "tests/lab/address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace faultline::lab {
namespace {

constexpr int kFirstListenDescriptor = 3;
constexpr int kCommandNotFound = 127;

// Moves the sockets to 3, 4, … by way of numbers that no other of them has.
void place_sockets(const std::vector<int>& sockets) {
  std::vector<int> high;
  const int above = kFirstListenDescriptor + static_cast<int>(sockets.size());
  high.reserve(sockets.size());
  for (const int fd : sockets) high.push_back(fcntl(fd, F_DUPFD_CLOEXEC, above));
  for (std::size_t i = 0; i < high.size(); ++i)
    dup2(high[i], kFirstListenDescriptor + static_cast<int>(i));  // without close-on-exec
}

[[noreturn]] void become(const std::vector<std::string>& command, const std::vector<int>& sockets, int gate) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  char go = 0;
  if (read(gate, &go, 1) != 1) _exit(1);  // the lab gave up
  if (!sockets.empty()) {
    place_sockets(sockets);
    setenv("LISTEN_FDS", std::to_string(sockets.size()).c_str(), 1);
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  }
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  std::fprintf(stderr, "faultline-lab: %s: %s\n", arguments[0], std::strerror(errno));
  _exit(kCommandNotFound);
}

}  // namespace

Result<Descriptor> listen_on(const std::string& address_and_port) {
  const auto wrong = [&](const char* why) {
    return fail(
        fmt::format("--listen {}: {} (expected ADDRESS:PORT, as 127.0.0.1:9464)", address_and_port, why));
  };
  const std::size_t colon = address_and_port.rfind(':');
  if (colon == std::string::npos) return wrong("no port");
  std::string host = address_and_port.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const auto address = parse_address(host);
  char* end = nullptr;
  const std::string digits = address_and_port.substr(colon + 1);
  const unsigned long port = std::strtoul(digits.c_str(), &end, 10);
  if (!address || digits.empty() || *end != '\0' || port > 65535) return wrong("not an address and a port");

  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address->v6) {
    auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&six->sin6_addr, address->bytes.data(), 16);
    size = sizeof *six;
  } else {
    auto* four = reinterpret_cast<sockaddr_in*>(&storage);
    four->sin_family = AF_INET;
    four->sin_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&four->sin_addr, address->bytes.data(), 4);
    size = sizeof *four;
  }
  Descriptor fd(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd.get() < 0 || bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0 ||
      listen(fd.get(), SOMAXCONN) != 0)
    return fail(fmt::format("--listen {}: {}", address_and_port, std::strerror(errno)));
  return fd;
}

Result<Child> Child::prepare(const std::vector<std::string>& command,
                             const std::vector<Descriptor>& sockets) {
  std::array<int, 2> gate{};
  if (pipe2(gate.data(), O_CLOEXEC) != 0) return fail(fmt::format("pipe: {}", std::strerror(errno)));
  std::vector<int> numbers;
  numbers.reserve(sockets.size());
  for (const Descriptor& socket : sockets) numbers.push_back(socket.get());
  const pid_t pid = fork();
  if (pid < 0) return fail(fmt::format("fork: {}", std::strerror(errno)));
  if (pid == 0) {
    close(gate[1]);
    become(command, numbers, gate[0]);
  }
  close(gate[0]);
  Child child;
  child.pid_ = pid;
  child.gate_ = Descriptor(gate[1]);
  return child;
}

void Child::let_go() {
  const char go = 1;
  (void)!write(gate_.get(), &go, 1);
  gate_ = Descriptor();
}

void Child::signal(int number) const {
  kill(pid_, number);
}

bool Child::has_ended(int& status) {
  int raw = 0;
  if (pid_ < 0 || waitpid(pid_, &raw, WNOHANG) != pid_) return false;
  status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
  pid_ = -1;
  return true;
}

}  // namespace faultline::lab
