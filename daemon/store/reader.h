// Threads with a read connection each, that share one queue. Every job reads from one snapshot of the
// database. daemon/store only.
#pragma once

#include "daemon/store/job_queue.h"
#include "daemon/store/store.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace faultline::store {

class Readers {
 public:
  static Result<std::unique_ptr<Readers>> start(const std::filesystem::path& path, const Poster& post,
                                                unsigned count, std::size_t queue_limit);
  ~Readers();
  void push(QueuedJob job);
  std::uint64_t reads() const { return reads_; }
  std::uint64_t failed_reads() const { return failed_reads_; }

 private:
  Readers(Poster post, std::filesystem::path path, std::size_t queue_limit)
      : post_(std::move(post)), path_(std::move(path)), queue_(queue_limit) {}
  void run(Database database);

  Poster post_;
  std::filesystem::path path_;
  JobQueue queue_;
  std::atomic<std::uint64_t> reads_ = 0, failed_reads_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace faultline::store
