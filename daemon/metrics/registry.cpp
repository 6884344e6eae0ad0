#include "daemon/metrics/registry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <stdexcept>
#include <utility>

namespace faultline::metrics {

struct Registry::Impl {
  prometheus::Registry registry;
  std::map<std::string, prometheus::Family<prometheus::Counter>*, std::less<>> counters;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*, std::less<>> gauges;
  std::vector<std::function<void()>> refreshers;
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

namespace {

prometheus::Labels to_map(const Labels& labels) {
  return prometheus::Labels(labels.begin(), labels.end());
}

void demand(bool good, const std::string& name, const char* what) {
  if (!good) throw std::invalid_argument("metric " + name + ": " + what);
}

}  // namespace

Counter Registry::counter(const std::string& name, const std::string& help, const Labels& labels) {
  demand(name.starts_with("faultline_") && name.ends_with("_total"), name,
         "a counter's name is faultline_…_total");
  auto& family = impl_->counters[name];
  if (!family) family = &prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
  Counter counter;
  counter.counter_ = &family->Add(to_map(labels));
  return counter;
}

Gauge Registry::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  demand(name.starts_with("faultline_"), name, "a gauge's name begins with faultline_");
  auto& family = impl_->gauges[name];
  if (!family) family = &prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
  Gauge gauge;
  gauge.gauge_ = &family->Add(to_map(labels));
  return gauge;
}

Histogram Registry::histogram(const std::string& name, const std::string& help,
                              const std::vector<double>& bounds) {
  demand(name.starts_with("faultline_"), name, "a histogram's name begins with faultline_");
  Histogram histogram;
  histogram.histogram_ =
      &prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry).Add({}, bounds);
  return histogram;
}

void Registry::on_scrape(std::function<void()> refresh) {
  impl_->refreshers.push_back(std::move(refresh));
}

void Registry::refresh() const {
  for (const auto& refresher : impl_->refreshers) refresher();
}

std::string Registry::text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

void Counter::add(double amount) const {
  if (counter_) static_cast<prometheus::Counter*>(counter_)->Increment(amount);
}

void Histogram::observe(double value) const {
  if (histogram_) static_cast<prometheus::Histogram*>(histogram_)->Observe(value);
}

void Histogram::add(const std::vector<double>& counts, double sum) const {
  if (histogram_) static_cast<prometheus::Histogram*>(histogram_)->ObserveMultiple(counts, sum);
}

void Gauge::set(double value) const {
  if (gauge_) static_cast<prometheus::Gauge*>(gauge_)->Set(value);
}

}  // namespace faultline::metrics
