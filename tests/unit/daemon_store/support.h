// What the store's tests share: a directory that goes with the test, a store in it, and a main loop by hand.
#pragma once

#include "daemon/store/store.h"
#include "rules/model/topology.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace faultline::store {

inline constexpr Timestamp kNoon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} +
                                 std::chrono::hours(12)};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "faultline-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::filesystem::path operator/(const char* name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The main loop of a test: what is posted waits until the test runs it.
class ManualLoop {
 public:
  Poster poster() {
    return [this](std::function<void()> f) {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(f));
      arrived_.notify_all();
    };
  }
  void run_one() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !posted_.empty(); });
    std::function<void()> f = std::move(posted_.front());
    posted_.pop_front();
    lock.unlock();
    f();
  }
  // Runs what comes until `is_true`.
  template <typename Condition>
  void run_until(Condition is_true) {
    while (!is_true()) run_one();
  }
  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return posted_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> posted_;
};

inline std::unique_ptr<Store> open_store(const std::filesystem::path& path, Poster post = {}) {
  StoreOptions options;
  options.path = path;
  options.post = std::move(post);
  auto store = Store::open(std::move(options));
  if (!store) {
    ADD_FAILURE() << store.error().message;
    return nullptr;
  }
  return std::move(*store);
}

// Opens and expects it to fail; the message.
inline std::string open_error(const std::filesystem::path& path) {
  StoreOptions options;
  options.path = path;
  auto store = Store::open(std::move(options));
  return store ? "it opened" : store.error().message;
}

// The value of a result that must be one.
template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

// One ring agg-7 with the sites s-1 … s-n, one cell on each (cell-1 …).
inline std::shared_ptr<const Topology> make_topology(int sites, const Topology* previous = nullptr) {
  std::vector<NodeRecord> nodes(1);
  nodes[0].node.name = "agg-7";
  nodes[0].node.kind = NodeKind::aggregation;
  std::vector<EndpointRecord> endpoints;
  for (int i = 1; i <= sites; ++i) {
    NodeRecord site;
    site.node.name = "s-" + std::to_string(i);
    site.parents.push_back({EdgeKind::transport, "agg-7"});
    EndpointRecord cell;
    cell.endpoint.name = "cell-" + std::to_string(i);
    cell.parents.push_back({EdgeKind::transport, site.node.name});
    nodes.push_back(std::move(site));
    endpoints.push_back(std::move(cell));
  }
  auto built = Topology::build(std::move(nodes), std::move(endpoints), previous);
  if (!built) ADD_FAILURE() << built.error().message;
  return built ? *built : nullptr;
}

}  // namespace faultline::store
