#include "rules/detect/baseline_codec.h"

#include "rules/detect/baseline.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

namespace faultline::detect {
namespace {

constexpr std::uint32_t kMagic = 0x4C42'4C46;  // "FLBL"

// FNV-1a, 64 bits: against accidents, not against people.
std::uint64_t checksum(std::span<const std::byte> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const std::byte b : bytes) hash = (hash ^ static_cast<std::uint8_t>(b)) * 0x100000001b3ULL;
  return hash;
}

class Writer {
 public:
  template <typename Number>
  void operator()(const Number& number) {
    if constexpr (std::is_same_v<Number, float>) {
      (*this)(std::bit_cast<std::uint32_t>(number));
    } else {
      const auto bits = static_cast<std::uint64_t>(number);
      for (std::size_t i = 0; i < sizeof(Number); ++i)
        bytes_.push_back(static_cast<std::byte>(bits >> (8 * i)));
    }
  }
  std::vector<std::byte>& bytes() { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <typename Number>
  void operator()(Number& number) {
    if constexpr (std::is_same_v<Number, float>) {
      std::uint32_t bits = 0;
      (*this)(bits);
      number = std::bit_cast<float>(bits);
    } else {
      if (rest_.size() < sizeof(Number)) {
        is_good_ = false;
        rest_ = {};
        return;
      }
      std::uint64_t bits = 0;
      for (std::size_t i = 0; i < sizeof(Number); ++i)
        bits |= std::uint64_t{static_cast<std::uint8_t>(rest_[i])} << (8 * i);
      number = static_cast<Number>(bits);
      rest_ = rest_.subspan(sizeof(Number));
    }
  }
  bool is_good() const { return is_good_; }
  bool is_done() const { return is_good_ && rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool is_good_ = true;
};

// One list of fields for both directions, so that they cannot differ.
template <typename Coder, typename Learnt>
void code_metric(Coder& code, Learnt& m) {
  for (auto& x : m.median) code(x);
  for (auto& x : m.samples_in) code(x);
  for (auto& x : m.scale) code(x);
  for (auto& x : m.daily) code(x);
  code(m.origin);
  code(m.step);
  code(m.level);
  code(m.correlation);
  code(m.today);
  code(m.samples);
  code(m.day);
  code(m.daily_next);
  code(m.daily_count);
}
// Since version 2.
template <typename Coder, typename Learnt>
void code_later(Coder& code, Learnt& m) {
  code(m.today_count);
}
template <typename Coder, typename Kept>
void code_past(Coder& code, Kept& past) {
  for (auto& week : past.weeks) {
    code(week.bad_minutes);
    code(week.suspicions);
    code(week.falls);
  }
  code(past.week);
  code(past.day);
  code(past.strained);
  code(past.measured);
  code(past.busy_hour);
  code(past.hour);
  code(past.rounds);
  code(past.strained_rounds);
  code(past.scale_day);
  code(past.scale_before);
}
template <typename Coder, typename Learnt>
void code_probe(Coder& code, Learnt& probe) {
  code(probe.probe);
  code(probe.interval_s);
  for (auto& x : probe.usual) code(x);
}

// No transformed value of any metric is near this.
bool is_sane(float x) {
  return std::isfinite(x) && std::abs(x) < 1e6F;
}

bool is_valid(const ContinuousMetric& m) {
  return is_sane(m.origin) && is_sane(m.level) && is_sane(m.today) && is_sane(m.step) && m.step > 0 &&
         m.correlation >= 0 && m.correlation < 1 && m.samples > 0 && m.daily_next < kDays &&
         m.daily_count <= kDays;
}

bool is_valid(const LearntProbe& probe) {
  if (probe.probe == kAnyProbe || !(probe.interval_s >= 0 && probe.interval_s < 1e7F)) return false;
  return std::all_of(probe.usual.begin(), probe.usual.end(),
                     [](float x) { return x == -1 || (x >= 0 && x <= 1); });
}

bool is_valid(const Past& past) {
  return (past.busy_hour < kHours || past.busy_hour == UINT8_MAX) && past.hour < kHours &&
         past.strained_rounds <= past.rounds && (past.strained & ~past.measured) == 0;
}

bool read_metrics(Reader& read, LearntProbe& probe, std::uint8_t version) {
  std::uint8_t count = 0;
  read(count);
  if (count > kMetricsPerProbe) return false;
  for (std::uint8_t i = 0; i < count; ++i) {
    ContinuousMetric m;
    std::uint8_t metric = 0;
    read(metric);
    code_metric(read, m);
    if (version >= 2) code_later(read, m);
    if (!read.is_good() || metric >= kMetricCount || !is_valid(m)) return false;
    m.metric = static_cast<Metric>(metric);
    for (const ContinuousMetric& other : probe.metrics)
      if (other.metric == m.metric) return false;
    probe.metrics.push_back(m);
  }
  return read.is_good();
}

}  // namespace

std::vector<std::byte> encode_baseline(std::span<const LearntProbe> probes, const Past& past) {
  if (probes.empty()) return {};
  Writer write;
  write(kMagic);
  write(kBaselineVersion);
  write(static_cast<std::uint8_t>(std::min(probes.size(), kMostProbes)));
  for (const LearntProbe& probe : probes.first(std::min(probes.size(), kMostProbes))) {
    code_probe(write, probe);
    write(static_cast<std::uint8_t>(probe.metrics.size()));
    for (const ContinuousMetric& m : probe.metrics) {
      write(static_cast<std::uint8_t>(m.metric));
      code_metric(write, m);
      code_later(write, m);
    }
  }
  code_past(write, past);
  write(checksum(write.bytes()));
  return std::move(write.bytes());
}

std::optional<std::vector<LearntProbe>> decode_baseline(std::span<const std::byte> bytes, Past* past) {
  constexpr std::size_t kSum = sizeof(std::uint64_t);
  if (bytes.size() < kSum) return std::nullopt;
  std::uint64_t sum = 0;
  Reader read_sum(bytes.last(kSum));
  read_sum(sum);
  const auto body = bytes.first(bytes.size() - kSum);
  if (sum != checksum(body)) return std::nullopt;

  Reader read(body);
  std::uint32_t magic = 0;
  std::uint8_t version = 0, count = 0;
  read(magic);
  read(version);
  read(count);
  if (magic != kMagic || version == 0 || version > kBaselineVersion || count == 0 || count > kMostProbes)
    return std::nullopt;
  std::vector<LearntProbe> probes;
  for (std::uint8_t i = 0; i < count; ++i) {
    LearntProbe probe;
    code_probe(read, probe);
    if (!read.is_good() || !is_valid(probe) || !read_metrics(read, probe, version)) return std::nullopt;
    for (const LearntProbe& other : probes)
      if (other.probe == probe.probe) return std::nullopt;
    probes.push_back(std::move(probe));
  }
  Past kept;
  if (version >= 2) code_past(read, kept);
  if (!read.is_done() || !is_valid(kept)) return std::nullopt;
  if (past != nullptr) *past = kept;
  return probes;
}

}  // namespace faultline::detect
