#include "tests/unit/probes_session/child_daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <system_error>

namespace faultline {
namespace {

constexpr std::chrono::seconds kFarTooLong{60};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

}  // namespace

ChildDaemon::ChildDaemon(const std::string& name) {
  std::string pattern = (std::filesystem::temp_directory_path() / ("faultline-" + name + "-XXXXXX")).string();
  folder_ = mkdtemp(pattern.data());
}

ChildDaemon::~ChildDaemon() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool ChildDaemon::start(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                        const std::string& ready) {
  stop();
  said_.clear();
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return false;
  const std::vector<char*> arguments = pointers(command), variables = pointers(environment);
  process_ = fork();
  if (process_ == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
    execve(arguments[0], arguments.data(), environment.empty() ? environ : variables.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  output_ = pipe_ends[0];
  return wait_for(ready, std::chrono::steady_clock::now() + kFarTooLong);
}

bool ChildDaemon::wait_for(const std::string& ready, std::chrono::steady_clock::time_point end) {
  while (said_.find(ready) == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd wait{output_, POLLIN, 0};
    std::array<char, 4096> bytes{};
    if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) != 1) return false;
    const auto got = ::read(output_, bytes.data(), bytes.size());
    if (got <= 0) return false;
    said_.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return true;
}

void ChildDaemon::stop() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  if (output_ >= 0) close(output_);
  process_ = -1;
  output_ = -1;
}

}  // namespace faultline
