#include "daemon/store/reader.h"

#include <fmt/format.h>
#include <pthread.h>

#include <utility>

namespace faultline::store {

Result<std::unique_ptr<Readers>> Readers::start(const std::filesystem::path& path, const Poster& post,
                                                unsigned count, std::size_t queue_limit) {
  std::unique_ptr<Readers> readers(new Readers(post, path, queue_limit));
  for (unsigned i = 0; i < count; ++i) {
    auto database = Database::open(path, OpenMode::read_only);
    if (!database) return tl::make_unexpected(database.error());
    readers->threads_.emplace_back(
        [self = readers.get(), db = std::move(*database)]() mutable { self->run(std::move(db)); });
  }
  return readers;
}

Readers::~Readers() {
  queue_.close();
  for (std::thread& thread : threads_) thread.join();
}

void Readers::push(QueuedJob job) {
  if (queue_.push(job)) return;
  ++failed_reads_;
  finish(job,
         fail(fmt::format("{}: the store is overloaded or closing: too many reads wait", path_.string())),
         post_);
}

void Readers::run(Database database) {
  pthread_setname_np(pthread_self(), "store-reader");
  for (;;) {
    std::vector<QueuedJob> taken = queue_.take(1);
    if (taken.empty()) return;
    Result<void> result = database.run("BEGIN");
    if (result) result = call(taken.front().job, database);
    if (database.in_transaction())
      static_cast<void>(database.run("ROLLBACK"));  // nothing to keep: it only read
    ++(result ? reads_ : failed_reads_);
    taken.front().job = nullptr;
    finish(taken.front(), std::move(result), post_);
  }
}

}  // namespace faultline::store
