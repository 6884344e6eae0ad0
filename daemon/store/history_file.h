// The ring file of history.h: pages of 4096 bytes, each holding one interval's summaries of 510 series, with
// a checksum. A page is written whole, so a block of series costs one write per interval, and a torn page is
// known by its checksum and read as empty. Reading is safe beside one writer.
#pragma once

#include "rules/model/result.h"
#include "rules/model/time.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace faultline::store {

enum class Resolution : std::uint8_t { ten_minutes, hour };

constexpr Duration length(Resolution resolution) {
  return resolution == Resolution::hour ? Duration(std::chrono::hours(1))
                                        : Duration(std::chrono::minutes(10));
}
inline constexpr std::uint32_t kTenMinuteColumns = 8 * 24 * 6;  // 8 days
inline constexpr std::uint32_t kHourColumns = 396 * 24;         // 13 months
inline constexpr std::uint32_t kSeriesPerBlock = 510;

// One interval of one series. Minimum, mean and maximum are kept with a relative error below 0.12 %, the
// minimum never too large and the maximum never too small; values beyond ±1e12 are cut, and those nearer to 0
// than 1e-4 are 0.
struct HistoryPoint {
  Timestamp begins;
  std::uint32_t count = 0;  // values; 65535 = that many or more
  float minimum = 0;
  float mean = 0;
  float maximum = 0;
};

// Values gathered for one series within one interval.
struct Summary {
  std::uint32_t count = 0;
  double sum = 0;
  float minimum = 0;
  float maximum = 0;

  void add(float value);
  void add(const Summary& other);
};

// 16 bits for a number; see HistoryPoint. `round` < 0 rounds down, > 0 up, 0 to the nearest.
std::uint16_t to_compact(double value, int round);
double from_compact(std::uint16_t compact);

// The number of an interval since 1970.
constexpr std::int64_t interval_of(Timestamp t, Resolution resolution) {
  return std::chrono::floor<Duration>(t).time_since_epoch() / length(resolution);
}

class HistoryFile {
 public:
  static Result<HistoryFile> open(const std::filesystem::path& path);
  ~HistoryFile();
  HistoryFile(HistoryFile&& other) noexcept;
  HistoryFile& operator=(HistoryFile&&) = delete;

  struct SlotSummary {
    std::uint32_t slot = 0;
    bool is_new = false;  // the slot has just been given to this series: what stands there is another's
    Summary summary;
  };
  // Merges summaries (sorted by slot) into the 10-minute interval that begins at `begins`, and makes the hour
  // around it anew from its 10-minute intervals.
  Result<void> merge(Timestamp begins, std::span<const SlotSummary> summaries);
  // Points of one slot in [from, until), oldest first, at most one ring of them.
  Result<std::vector<HistoryPoint>> read(std::uint32_t slot, Resolution resolution, Timestamp from,
                                         Timestamp until) const;
  std::uint64_t damaged_pages() const { return damaged_->load(); }

 private:
  struct Page;
  HistoryFile(int descriptor, std::filesystem::path path);
  // A page that is empty, damaged or of another interval reads as an empty one of `interval`.
  Result<Page> load(std::uint32_t block, Resolution resolution, std::int64_t interval) const;
  Result<void> save(std::uint32_t block, Resolution resolution, const Page& page);
  Result<void> forget(std::span<const SlotSummary> of_block, std::int64_t hour);
  Result<void> make_hour(std::uint32_t block, std::int64_t hour);

  int descriptor_ = -1;
  std::filesystem::path path_;
  std::unique_ptr<std::atomic<std::uint64_t>> damaged_;
};

}  // namespace faultline::store
