#include "daemon/store/store.h"

#include "daemon/store/file_lock.h"
#include "daemon/store/reader.h"
#include "daemon/store/retention.h"
#include "daemon/store/schema.h"
#include "daemon/store/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <limits>

namespace faultline::store {
namespace {

Result<std::array<std::byte, 32>> read_customer_key(Database& db) {
  std::array<std::byte, 32> key{};
  std::size_t size = 0;
  auto read = db.each("SELECT value FROM meta WHERE key = 'customer_key'", [&](const Row& row) {
    size = row.blob(0).size();
    if (size == key.size()) std::ranges::copy(row.blob(0), key.begin());
  });
  if (!read) return tl::make_unexpected(read.error());
  if (size != key.size())
    return fail(
        fmt::format("{}: meta.customer_key is missing or not 32 bytes long: put back a copy made by "
                    "`faultline backup`",
                    db.path().string()));
  return key;
}

Result<void> use_write_ahead_log(Database& db) {
  auto mode = db.first("PRAGMA journal_mode=WAL", [](const Row& row) { return row.text(0); });
  if (!mode) return tl::make_unexpected(mode.error());
  if (mode->value_or("") != "wal")
    return fail(
        fmt::format("{}: its file system cannot hold a write-ahead log (a network file system?); give a "
                    "store.path on a local disk",
                    db.path().string()));
  return db.script("PRAGMA synchronous=FULL;PRAGMA journal_size_limit=67108864;PRAGMA cache_size=-16384");
}

Result<Database> open_checked(const StoreOptions& options) {
  auto database = Database::open(options.path, OpenMode::read_write);
  if (!database) return database;
  Result<void> ready = check_integrity(*database, options.check_up_to_bytes);
  if (ready)
    ready = migrate(*database, migrations());  // before WAL: refuses another program's file untouched
  if (ready) ready = use_write_ahead_log(*database);
  if (!ready) return tl::make_unexpected(ready.error());
  return database;
}

}  // namespace

struct Store::Impl {
  Impl(FileLock held, StoreOptions given, std::array<std::byte, 32> key)
      : lock(std::move(held)), options(std::move(given)), customer_key(key) {}
  void retain_next(std::shared_ptr<std::vector<RetentionRule>> rules);

  FileLock lock;  // first: let go of last
  StoreOptions options;
  std::array<std::byte, 32> customer_key;
  std::atomic<bool> retaining = false;
  std::unique_ptr<Writer> writer;
  std::unique_ptr<Readers> readers;  // ends before the writer: a read's `done` here may still write
};

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  auto lock = FileLock::take(options.path);
  if (!lock) return tl::make_unexpected(lock.error());
  auto database = open_checked(options);
  if (!database) return tl::make_unexpected(database.error());
  auto key = read_customer_key(*database);
  if (!key) return tl::make_unexpected(key.error());
  auto readers =
      Readers::start(options.path, options.post, std::max(options.readers, 1U), options.queue_limit);
  if (!readers) return tl::make_unexpected(readers.error());
  auto impl = std::make_unique<Impl>(std::move(*lock), std::move(options), *key);
  impl->writer = std::make_unique<Writer>(std::move(*database), impl->options.post, impl->options.queue_limit,
                                          std::max<std::size_t>(impl->options.group_limit, 1));
  impl->readers = std::move(*readers);
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

void Store::write(Job job, Done done) {
  impl_->writer->push({std::move(job), std::move(done)});
}

void Store::read(Job job, Done done) {
  impl_->readers->push({std::move(job), std::move(done)});
}

Result<void> Store::write_now(Job job) {
  std::promise<Result<void>> result;
  impl_->writer->push({std::move(job), [&](Result<void> r) { result.set_value(std::move(r)); }, true});
  return result.get_future().get();
}

Result<void> Store::read_now(Job job) {
  std::promise<Result<void>> result;
  impl_->readers->push({std::move(job), [&](Result<void> r) { result.set_value(std::move(r)); }, true});
  return result.get_future().get();
}

void Store::retain(Timestamp now) {
  if (impl_->retaining.exchange(true)) return;
  impl_->retain_next(
      std::make_shared<std::vector<RetentionRule>>(retention_rules(impl_->options.retention, now)));
}

// One slice, then to the end of the queue again, so that retention never stands before a complaint for long.
void Store::Impl::retain_next(std::shared_ptr<std::vector<RetentionRule>> rules) {
  if (rules->empty()) {
    retaining = false;
    return;
  }
  auto more = std::make_shared<bool>(false);
  Job job = [rules, more](Database& db) -> Result<void> {
    auto removed = remove_slice(db, rules->back());
    if (!removed) return tl::make_unexpected(removed.error());
    *more = *removed;
    return {};
  };
  Done done = [this, rules, more](Result<void> result) {
    if (!result) {
      retaining = false;  // counted with its message; the next call tries again
      return;
    }
    if (!*more) rules->pop_back();
    retain_next(rules);
  };
  writer->push({std::move(job), std::move(done), true});
}

void Store::backup(std::filesystem::path file, Done done) {
  read([file = std::move(file)](Database& db) { return copy_database(db, file); }, std::move(done));
}

const std::array<std::byte, 32>& Store::customer_key() const {
  return impl_->customer_key;
}

StoreCounters Store::counters() const {
  StoreCounters counters = impl_->writer->counters();
  counters.reads = impl_->readers->reads();
  counters.failed_reads = impl_->readers->failed_reads();
  return counters;
}

Result<void> backup_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto database = Database::open(from, OpenMode::read_only);
  if (!database) return tl::make_unexpected(database.error());
  auto version = schema_version(*database);
  if (!version) return tl::make_unexpected(version.error());
  return copy_database(*database, to);
}

}  // namespace faultline::store
