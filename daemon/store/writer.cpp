#include "daemon/store/writer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace faultline::store {

Result<void> call(Job& job, Database& db) {
  try {
    return job(db);
  } catch (const std::exception& problem) {
    return fail(fmt::format("{}: a job of the store failed: {}", db.path().string(), problem.what()));
  }
}

void finish(QueuedJob& job, Result<void> result, const Poster& post) {
  if (!job.done) return;
  if (job.done_here || !post) return job.done(std::move(result));
  post([done = std::move(job.done), result = std::move(result)]() mutable { done(std::move(result)); });
}

Writer::Writer(Database database, Poster post, std::size_t queue_limit, std::size_t group_limit)
    : database_(std::move(database)),
      post_(std::move(post)),
      group_limit_(group_limit),
      queue_(queue_limit),
      thread_([this] { run(); }) {}

Writer::~Writer() {
  queue_.close();
  thread_.join();
}

void Writer::push(QueuedJob job) {
  if (queue_.push(job)) return;
  Result<void> refused = tl::make_unexpected(
      Error{fmt::format("{}: the store is overloaded or closing: too many writes wait for the disk",
                        database_.path().string()),
            true});
  count({refused});
  finish(job, std::move(refused), post_);
}

void Writer::run() {
  pthread_setname_np(pthread_self(), "store-writer");
  for (;;) {
    std::vector<QueuedJob> group = queue_.take(group_limit_);
    if (group.empty()) return;
    run_group(group);
  }
}

void Writer::run_group(std::vector<QueuedJob>& group) {
  std::vector<Result<void>> results(group.size());
  for (std::size_t first = 0; first < group.size();) first = run_transaction(group, first, results);
  count(results);
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i].job = nullptr;  // what it captured goes here, not on the main loop
    finish(group[i], std::move(results[i]), post_);
  }
}

std::size_t Writer::run_transaction(std::vector<QueuedJob>& group, std::size_t first,
                                    std::vector<Result<void>>& results) {
  const auto began = std::chrono::steady_clock::now();
  Result<void> transaction = database_.run("BEGIN IMMEDIATE");
  std::size_t next = first;
  while (transaction && next < group.size()) {
    results[next] = run_job(group[next].job);
    // Some failures (a full disk) make SQLite roll the whole transaction back: then nothing of it is true.
    if (!database_.in_transaction()) transaction = tl::make_unexpected(results[next].error());
    ++next;
  }
  if (transaction) transaction = database_.run("COMMIT");
  if (!transaction) {
    if (next == first) next = group.size();  // it did not even begin: neither would the next
    if (database_.in_transaction()) static_cast<void>(database_.run("ROLLBACK"));
    for (std::size_t i = first; i < next; ++i)
      if (results[i]) results[i] = transaction;
  }
  count_commit(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began),
      transaction);
  return next;
}

Result<void> Writer::run_job(Job& job) {
  if (auto begun = database_.run("SAVEPOINT job"); !begun) return begun;
  Result<void> result = call(job, database_);
  if (!database_.in_transaction() && result)
    return fail(fmt::format("{}: a job of the store ended the transaction", database_.path().string()));
  if (result) result = database_.run("RELEASE job");
  if (!result && database_.in_transaction()) {
    static_cast<void>(database_.run("ROLLBACK TO job"));
    static_cast<void>(database_.run("RELEASE job"));
  }
  return result;
}

void Writer::count(const std::vector<Result<void>>& results) {
  const std::lock_guard lock(mutex_);
  for (const auto& result : results) {
    ++(result ? counters_.jobs : counters_.failed_jobs);
    if (!result) counters_.last_error = result.error().message;
  }
}

void Writer::count_commit(std::chrono::microseconds took, const Result<void>& result) {
  const std::lock_guard lock(mutex_);
  ++(result ? counters_.commits : counters_.failed_commits);
  counters_.last_commit = took;
  counters_.last_error = result ? std::string() : result.error().message;
}

StoreCounters Writer::counters() const {
  StoreCounters counters;
  {
    const std::lock_guard lock(mutex_);
    counters = counters_;
  }
  counters.waiting = queue_.size();
  return counters;
}

}  // namespace faultline::store
