#include "daemon/store/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace faultline::store {
namespace {

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  if (size <= 0) return "another process";
  std::string pid(text.data(), static_cast<std::size_t>(size));
  return "process " + pid.substr(0, pid.find('\n'));
}

}  // namespace

Result<FileLock> FileLock::take(const std::filesystem::path& path) {
  std::filesystem::path file = path;
  file += ".lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0)
    return fail(
        fmt::format("{}: cannot make the lock file {}: {}; the directory must exist and be writable for the "
                    "user that runs faultline",
                    path.string(), file.string(), std::strerror(errno)));
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return fail(fmt::format("{}: cannot be locked: {}", file.string(), std::strerror(errno)));
    return fail(fmt::format(
        "{}: another faultline ({}) runs on this file; end it, or give this one another store.path",
        path.string(), holder(descriptor)));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  // Only a help for people: the lock itself holds without it.
  if (::ftruncate(descriptor, 0) == 0) static_cast<void>(!::pwrite(descriptor, pid.data(), pid.size(), 0));
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

}  // namespace faultline::store
