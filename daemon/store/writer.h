// The thread that owns the write connection: takes what has gathered in the queue, runs it in one transaction
// with a savepoint per job, commits, and only then says so. daemon/store only.
#pragma once

#include "daemon/store/job_queue.h"
#include "daemon/store/store.h"

#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace faultline::store {

class Writer {
 public:
  Writer(Database database, Poster post, std::size_t queue_limit, std::size_t group_limit);
  ~Writer();  // runs what is queued, then ends
  void push(QueuedJob job);
  StoreCounters counters() const;

 private:
  void run();
  void run_group(std::vector<QueuedJob>& group);
  // Runs jobs from `first` on in one open transaction, as far as it lasts; returns the first job not run.
  std::size_t run_transaction(std::vector<QueuedJob>& group, std::size_t first,
                              std::vector<Result<void>>& results);
  Result<void> run_job(Job& job);
  void count(const std::vector<Result<void>>& results);
  void count_commit(std::chrono::microseconds took, const Result<void>& result);

  Database database_;
  Poster post_;
  std::size_t group_limit_;
  JobQueue queue_;
  mutable std::mutex mutex_;  // counters_
  StoreCounters counters_;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace faultline::store
