// The database of one daemon and its threads: one writer that commits queued jobs in groups, and readers.
// The main loop hands in jobs and gets the result back through `post`; it never waits for the disk. What must
// be durable before it is acknowledged is acknowledged in `done`, which runs after the commit has reached the
// disk. A job uses the typed functions of complaints.h, incidents.h, events.h, tickets.h, outbox.h and so on.
#pragma once

#include "daemon/store/database.h"
#include "rules/model/result.h"
#include "rules/model/time.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace faultline::store {

using Job = std::function<Result<void>(Database&)>;
using Done = std::function<void(Result<void>)>;
// Runs a function on the main loop, e.g. [&io](auto f) { asio::post(io, std::move(f)); }. Called on the
// store's threads, so it must be safe from any thread.
using Poster = std::function<void(std::function<void()>)>;

// How long rows live. Zero = for ever. What has not ended never goes.
struct Retention {
  std::chrono::days complaints{400};   // since received
  std::chrono::days incidents{1100};   // since the end (closed, withdrawn, merged)
  std::chrono::days withdrawn{7};      // since the end of a suspicion that never opened
  std::chrono::days events{1100};      // since they happened
  std::chrono::days tickets{1100};     // since the last change of a closed or cancelled one
  std::chrono::days outbox{30};        // since delivered or rejected
  std::chrono::days maintenance{400};  // since the window's end
  std::chrono::days baselines{60};     // since the last update
};

struct StoreOptions {
  std::filesystem::path path;
  Poster post;  // empty: `done` runs on the store's own thread (tests, tools)
  Retention retention;
  std::size_t queue_limit = 100'000;  // jobs waiting; one more is refused at once ("store is overloaded")
  std::size_t group_limit = 1'000;    // jobs in one commit
  unsigned readers = 2;               // reader threads
  std::uintmax_t check_up_to_bytes = 256U << 20U;  // quick_check at open for files not larger than this
};

struct StoreCounters {
  std::uint64_t jobs = 0;         // written and committed
  std::uint64_t failed_jobs = 0;  // rolled back, refused or lost with their group's commit
  std::uint64_t commits = 0;
  std::uint64_t failed_commits = 0;
  std::uint64_t reads = 0;
  std::uint64_t failed_reads = 0;
  std::size_t waiting = 0;                   // write jobs queued now
  std::chrono::microseconds last_commit{0};  // how long the last commit took
  std::string last_error;  // of the last failed job or commit; empty after a commit that worked
};

class Store {
 public:
  // Takes the lock (path + ".lock"), checks and migrates the file, starts the threads. The error says which
  // of these it is and what to do: another faultline runs on the file; no such directory or not writable;
  // disk full; corrupt; of a newer version; not a faultline database.
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  // Commits all that is queued, runs or posts every `done`, closes, releases the lock.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Queues a job; jobs run in order. A job that fails or throws leaves nothing behind and harms no other; if
  // the group's commit fails, all jobs of the group fail. A job runs at most once, on the writer thread: it
  // must own what it captures. `done` (may be empty) is posted after the commit, in the order of the jobs.
  void write(Job job, Done done = {});
  // Queues a read on a reader's connection. It sees every job whose `done` has been called, or more.
  void read(Job job, Done done);
  // The same with an answer: work(Database&) → Result<T>, done(Result<T>).
  template <typename Work, typename Handler>
  void query(Work work, Handler done) {
    using Answer = std::invoke_result_t<Work, Database&>;
    auto answer = std::make_shared<std::optional<Answer>>();
    read(
        [answer, work = std::move(work)](Database& db) mutable -> Result<void> {
          answer->emplace(work(db));
          if (!**answer) return tl::make_unexpected((*answer)->error());
          return {};
        },
        [answer, done = std::move(done)](Result<void> result) mutable {
          if (!result) return done(Answer(tl::make_unexpected(result.error())));
          done(std::move(**answer));
        });
  }

  // The same, waiting for the result: for start-up, tools and tests. Never on the main loop of a running
  // daemon, never inside a job.
  Result<void> write_now(Job job);
  Result<void> read_now(Job job);
  template <typename Work>
  auto query_now(Work work) -> std::invoke_result_t<Work, Database&> {
    using Answer = std::invoke_result_t<Work, Database&>;
    std::optional<Answer> answer;
    auto result = read_now([&](Database& db) -> Result<void> {
      answer.emplace(work(db));
      if (!*answer) return tl::make_unexpected(answer->error());
      return {};
    });
    if (!result) return tl::make_unexpected(result.error());
    return std::move(*answer);
  }

  // Removes what is older than the retention, in slices of a few hundred rows between other jobs. Call it now
  // and then (every hour will do); a call while one is under way does nothing.
  void retain(Timestamp now);

  // A consistent copy of the running database: written beside `file`, synced, then renamed over it.
  void backup(std::filesystem::path file, Done done);

  // Secret of this installation for the keyed hash of customer references; made when the file was made.
  const std::array<std::byte, 32>& customer_key() const;
  StoreCounters counters() const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// `faultline backup`: copies the database of a daemon that runs (or not) from another process.
Result<void> backup_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace faultline::store
