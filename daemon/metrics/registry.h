// The daemon's own metrics: counters and gauges by name and labels, in the Prometheus text format. A thin
// layer, so that only daemon/metrics knows prometheus-cpp. Handles are cheap to copy, may be kept, and may be
// used from any thread while the registry lives.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  Counter() = default;                // does nothing
  void add(double amount = 1) const;  // amount >= 0

 private:
  friend class Registry;
  void* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;  // does nothing
  void set(double value) const;

 private:
  friend class Registry;
  void* gauge_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;  // does nothing
  void observe(double value) const;
  // Values that were counted elsewhere, by bucket (one more than there are bounds), and their sum.
  void add(const std::vector<double>& counts, double sum) const;

 private:
  friend class Registry;
  void* histogram_ = nullptr;
};

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The series of that name and labels, made if it is not there. Names begin with faultline_, counters end in
  // _total; HELP is that of the first call. A bad name throws std::invalid_argument (a bug).
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});

  // `bounds`: inclusive upper ones of the buckets, rising; the last bucket, for all that is above, is
  // implied.
  Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds);

  // Called on the main loop before every exposition, to set gauges from the state of now.
  void on_scrape(std::function<void()> refresh);
  void refresh() const;
  // The text format 0.0.4 of all series. Any thread.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::metrics
