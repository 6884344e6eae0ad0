// An advisory lock on a file of its own, held while the process lives: two daemons never use one database.
// The kernel lets go of it however the process ends.
#pragma once

#include "rules/model/result.h"

#include <filesystem>

namespace faultline::store {

class FileLock {
 public:
  // Locks "<path>.lock", which it makes if need be and leaves behind; does not wait. The error names the
  // process that has the lock.
  static Result<FileLock> take(const std::filesystem::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace faultline::store
