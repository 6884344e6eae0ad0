#include "daemon/store/history.h"

#include "daemon/store/history_slots.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace faultline::store {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kSeriesPerJob = 8 * kSeriesPerBlock;  // about 50 ms of the writer where slots are new

// What is gathered of one series; its position in the list stays the same while the process runs.
struct Series {
  EndpointIndex endpoint;
  Metric metric = Metric::loss_ratio;
  std::uint32_t slot = kNone;  // known after its first flush
  Summary summary;
};

// One series on its way to the file.
struct Pending {
  std::uint32_t series = 0;
  EndpointIndex endpoint;
  Metric metric = Metric::loss_ratio;
  HistoryFile::SlotSummary values;
};

// What the jobs on the store's threads share with the History, and what may outlive it.
struct Shared {
  explicit Shared(HistoryFile opened) : file(std::move(opened)) {}
  HistoryFile file;
  std::atomic<std::uint64_t> flushes = 0, failed_flushes = 0;
};

// On the writer thread: finds or takes the slots of new series, then writes.
Result<void> write_out(Database& db, Shared& shared, std::vector<Pending>& batch, const Topology& topology,
                       Timestamp begins) {
  for (Pending& p : batch) {
    if (p.values.slot != kNone) continue;
    auto slot = take_slot(db, topology.endpoint(p.endpoint).name, p.metric, begins);
    if (!slot) return tl::make_unexpected(slot.error());
    p.values.slot = slot->slot;
    p.values.is_new = slot->is_new;
  }
  std::vector<HistoryFile::SlotSummary> values;
  for (const Pending& p : batch) values.push_back(p.values);
  std::sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.slot < b.slot; });
  return shared.file.merge(begins, values);
}

}  // namespace

struct History::Impl {
  Impl(HistoryFile file, Store& opened) : store(opened), shared(std::make_shared<Shared>(std::move(file))) {}
  Series& series_of(EndpointIndex endpoint, Metric metric);
  void write(std::vector<Pending> batch, Timestamp begins, Done done);
  void learn_slots(const std::vector<Pending>& batch);
  void release_stale(Timestamp now);

  Store& store;
  std::shared_ptr<Shared> shared;
  std::shared_ptr<const Topology> topology;
  std::vector<std::array<std::uint32_t, kMetricCount>> series_by_endpoint;  // position in series, or kNone
  std::vector<Series> series;
  std::optional<std::int64_t> open_interval;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // for answers that come after the end
};

Result<std::unique_ptr<History>> History::open(const std::filesystem::path& path, Store& store) {
  auto file = HistoryFile::open(path);
  if (!file) return tl::make_unexpected(file.error());
  return std::unique_ptr<History>(new History(std::make_unique<Impl>(std::move(*file), store)));
}

History::History(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
History::~History() {
  *impl_->alive = false;
}

void History::set_topology(std::shared_ptr<const Topology> topology, Timestamp now) {
  impl_->topology = topology;
  std::array<std::uint32_t, kMetricCount> none{};
  none.fill(kNone);
  impl_->series_by_endpoint.resize(topology->endpoints().size(), none);
  for (std::size_t i = 0; i < topology->endpoints().size(); ++i) {
    if (!topology->endpoints()[i].retired) continue;
    for (std::uint32_t& position : impl_->series_by_endpoint[i]) {
      if (position != kNone) impl_->series[position].summary = {};
      position = kNone;
    }
  }
  impl_->release_stale(now);
}

void History::Impl::release_stale(Timestamp now) {
  auto work = [scanned = topology](Database& db) { return stale_slots(db, *scanned); };
  auto release = [this, alive = alive, scanned = topology, now](Result<std::vector<std::uint32_t>> stale) {
    // A newer topology has its own scan: it may have an endpoint of these again.
    if (!*alive || scanned != topology || !stale || stale->empty()) return;
    store.write([slots = std::move(*stale), now](Database& db) -> Result<void> {
      for (std::uint32_t slot : slots)
        if (auto released = release_slot(db, slot, now); !released) return released;
      return {};
    });
  };
  store.query(std::move(work), std::move(release));
}

Series& History::Impl::series_of(EndpointIndex endpoint, Metric metric) {
  std::uint32_t& position = series_by_endpoint[endpoint.value][static_cast<std::size_t>(metric)];
  if (position == kNone) {
    position = static_cast<std::uint32_t>(series.size());
    series.push_back({endpoint, metric, kNone, {}});
  }
  return series[position];
}

void History::add(EndpointIndex endpoint, Metric metric, float value) {
  if (endpoint.value >= impl_->series_by_endpoint.size() || !std::isfinite(value)) return;
  if (impl_->topology->endpoint(endpoint).retired) return;
  impl_->series_of(endpoint, metric).summary.add(value);
}

void History::add(const Round& round) {
  if (round.outcome == Outcome::not_measured || round.on_demand) return;
  if (round.packets.sent > 0) {
    const auto sent = static_cast<float>(round.packets.sent);
    add(round.endpoint, Metric::loss_ratio, static_cast<float>(round.packets.lost()) / sent);
    add(round.endpoint, Metric::rtt_ms, round.rtt.median_ms);
    add(round.endpoint, Metric::ipdv_ms, round.rtt.ipdv_ms);
  }
  for (const MetricValue& value : round.metric_values()) add(round.endpoint, value.metric, value.value);
}

void History::roll(Timestamp now) {
  const std::int64_t interval = interval_of(now, Resolution::ten_minutes);
  if (impl_->open_interval && *impl_->open_interval != interval) flush(now);
  impl_->open_interval = interval;
}

void History::flush(Timestamp now, Done done) {
  const std::int64_t interval = impl_->open_interval.value_or(interval_of(now, Resolution::ten_minutes));
  const Timestamp begins(interval * length(Resolution::ten_minutes));
  std::vector<Pending> batch;
  for (std::size_t i = 0; i < impl_->series.size(); ++i) {
    Series& series = impl_->series[i];
    if (series.summary.count == 0) continue;
    const Summary summary = std::exchange(series.summary, {});
    batch.push_back(
        {static_cast<std::uint32_t>(i), series.endpoint, series.metric, {series.slot, false, summary}});
    if (batch.size() < kSeriesPerJob) continue;
    impl_->write(std::exchange(batch, {}), begins, {});
  }
  impl_->write(std::move(batch), begins, std::move(done));
}

void History::Impl::write(std::vector<Pending> pending, Timestamp begins, Done done) {
  auto batch = std::make_shared<std::vector<Pending>>(std::move(pending));
  store.write(
      [batch, begins, shared = shared, topology = topology](Database& db) -> Result<void> {
        if (batch->empty()) return {};
        Result<void> written = write_out(db, *shared, *batch, *topology, begins);
        ++(written ? shared->flushes : shared->failed_flushes);
        return written;
      },
      [this, batch, alive = alive, done = std::move(done)](Result<void> result) {
        if (*alive && result) learn_slots(*batch);
        if (done) done(std::move(result));
      });
}

void History::Impl::learn_slots(const std::vector<Pending>& batch) {
  for (const Pending& p : batch) series[p.series].slot = p.values.slot;
}

void History::query(std::string endpoint, Metric metric, Resolution resolution, Timestamp from,
                    Timestamp until, Handler done) {
  auto work = [shared = impl_->shared, endpoint = std::move(endpoint), metric, resolution, from,
               until](Database& db) -> Result<std::vector<HistoryPoint>> {
    auto slot = find_slot(db, endpoint, metric);
    if (!slot) return tl::make_unexpected(slot.error());
    if (!*slot) return std::vector<HistoryPoint>();
    const Timestamp since(interval_of((*slot)->assigned, Resolution::hour) * length(Resolution::hour));
    return shared->file.read((*slot)->slot, resolution, std::max(from, since), until);
  };
  impl_->store.query(std::move(work), std::move(done));
}

HistoryCounters History::counters() const {
  HistoryCounters counters;
  counters.flushes = impl_->shared->flushes;
  counters.failed_flushes = impl_->shared->failed_flushes;
  counters.damaged_pages = impl_->shared->file.damaged_pages();
  counters.series = static_cast<std::uint64_t>(std::count_if(
      impl_->series.begin(), impl_->series.end(), [](const Series& s) { return s.slot != kNone; }));
  return counters;
}

}  // namespace faultline::store
