// Jobs on their way to a thread of the store, with a limit and an orderly end. daemon/store only.
#pragma once

#include "daemon/store/store.h"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace faultline::store {

struct QueuedJob {
  Job job;
  Done done;
  bool done_here = false;  // call `done` on the store's thread instead of posting it
};

class JobQueue {
 public:
  explicit JobQueue(std::size_t limit) : limit_(limit) {}

  // False, and the job stays with the caller, if the queue is full or closed.
  bool push(QueuedJob& job) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || jobs_.size() >= limit_) return false;
      jobs_.push_back(std::move(job));
    }
    waiting_.notify_one();
    return true;
  }
  // Waits for at least one job and takes up to `most`; empty when the queue is closed and has run dry.
  std::vector<QueuedJob> take(std::size_t most) {
    std::unique_lock lock(mutex_);
    waiting_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, jobs_.size()));
    std::vector<QueuedJob> taken(std::make_move_iterator(jobs_.begin()),
                                 std::make_move_iterator(jobs_.begin() + count));
    jobs_.erase(jobs_.begin(), jobs_.begin() + count);
    return taken;
  }
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    waiting_.notify_all();
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return jobs_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<QueuedJob> jobs_;
  std::size_t limit_;
  bool closed_ = false;
};

// Calls the job; an exception becomes its error.
Result<void> call(Job& job, Database& db);
// Hands the result to `done`, here or through the poster.
void finish(QueuedJob& job, Result<void> result, const Poster& post);

}  // namespace faultline::store
