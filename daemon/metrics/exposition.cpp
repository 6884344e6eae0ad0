#include "daemon/metrics/exposition.h"

#include "daemon/metrics/gzip.h"
#include "daemon/metrics/render.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace faultline::metrics {
namespace {

constexpr std::size_t kBlockBytes = 1000 * 1000;  // and a line: below 1 MiB

}  // namespace

// One thread and its queue of blocks to make.
class Exposition::Worker {
 public:
  Worker() : thread_([this] { work(); }) {}
  ~Worker() {
    {
      const std::scoped_lock lock(mutex_);
      ended_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(std::function<void()> job) {
    {
      const std::scoped_lock lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void work() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return ended_ || !jobs_.empty(); });
        if (ended_) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool ended_ = false;
  std::thread thread_;
};

class Exposition::Scrape : public http::BodySource, public std::enable_shared_from_this<Scrape> {
 public:
  Scrape(std::weak_ptr<Worker> worker, const Registry& registry, Snapshot snapshot, FamilySet families,
         bool gzip)
      : worker_(std::move(worker)), registry_(registry), renderer_(std::move(snapshot), families) {
    if (gzip) gzip_.emplace();
  }

  void next(Done done) override {
    const auto worker = worker_.lock();
    if (!worker) return done({}, true);
    worker->post([self = shared_from_this(), done = std::move(done)] { self->make_block(done); });
  }

 private:
  void make_block(const Done& done) {
    std::string text;
    text.reserve(kBlockBytes + 1024);
    if (!std::exchange(began_, true)) text = registry_.text();
    const bool more = renderer_.append(text, kBlockBytes);
    if (gzip_) text = gzip_->deflate(text, !more);
    done(std::move(text), !more);
  }

  std::weak_ptr<Worker> worker_;
  const Registry& registry_;
  Renderer renderer_;
  std::optional<Gzip> gzip_;
  bool began_ = false;
};

Exposition::Exposition(Registry& registry, EndpointTable& table, FamilySet families)
    : registry_(registry), table_(table), families_(families), worker_(std::make_shared<Worker>()) {}

Exposition::~Exposition() = default;

void Exposition::set_families(FamilySet families) {
  families_ = families;
}

std::shared_ptr<http::BodySource> Exposition::scrape(bool gzip) {
  registry_.refresh();
  return std::make_shared<Scrape>(worker_, registry_, table_.snapshot(), families_, gzip);
}

}  // namespace faultline::metrics
