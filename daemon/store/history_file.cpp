#include "daemon/store/history_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace faultline::store {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::uint64_t kPagesPerBlock = kTenMinuteColumns + kHourColumns;
constexpr std::array<char, 8> kMagic = {'F', 'L', 'H', 'I', 'S', 'T', '0', '1'};

std::uint32_t ring(Resolution resolution) {
  return resolution == Resolution::hour ? kHourColumns : kTenMinuteColumns;
}

// Page 0 is the file's header.
off_t page_offset(std::uint32_t block, Resolution resolution, std::int64_t interval) {
  const std::int64_t columns = ring(resolution);
  const std::int64_t column = ((interval % columns) + columns) % columns;
  const std::int64_t first = resolution == Resolution::hour ? kTenMinuteColumns : 0;
  const std::int64_t page =
      1 + static_cast<std::int64_t>(block) * static_cast<std::int64_t>(kPagesPerBlock) + first + column;
  return static_cast<off_t>(page * static_cast<std::int64_t>(kPageBytes));
}

Error trouble(const std::filesystem::path& path, std::string_view what) {
  const int error = errno;
  return Error{fmt::format("{}: history: cannot {}: {}{}", path.string(), what, std::strerror(error),
                           error == ENOSPC ? "; free some space, or set history.enabled to false" : "")};
}

// False with errno set; a short count is "no space" on writing.
bool write_all(int descriptor, const void* data, std::size_t size, off_t offset) {
  const ssize_t written = ::pwrite(descriptor, data, size, offset);
  if (written >= 0 && static_cast<std::size_t>(written) != size) errno = ENOSPC;
  return written == static_cast<ssize_t>(size);
}

}  // namespace

// As in the file, in the machine's byte order: the file does not travel between machines.
struct HistoryFile::Page {
  struct Record {
    std::uint16_t count = 0, minimum = 0, mean = 0, maximum = 0;
  };
  std::uint32_t checksum = 0;  // CRC-32 of all that follows
  std::uint32_t reserved = 0;
  std::int64_t interval = 0;
  std::array<Record, kSeriesPerBlock> records{};

  std::uint32_t sum() const {
    const auto* begin = reinterpret_cast<const Bytef*>(&reserved);
    return static_cast<std::uint32_t>(crc32(0, begin, sizeof(Page) - sizeof(checksum)));
  }
  Summary summary(std::size_t i) const {
    const Record& r = records[i];
    return {r.count, from_compact(r.mean) * r.count, static_cast<float>(from_compact(r.minimum)),
            static_cast<float>(from_compact(r.maximum))};
  }
  void set(std::size_t i, const Summary& s) {
    records[i] = {static_cast<std::uint16_t>(std::min<std::uint32_t>(s.count, UINT16_MAX)),
                  to_compact(s.minimum, -1), to_compact(s.sum / s.count, 0), to_compact(s.maximum, 1)};
  }
};

Result<HistoryFile> HistoryFile::open(const std::filesystem::path& path) {
  static_assert(sizeof(Page) == kPageBytes);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return tl::make_unexpected(trouble(path, "open"));
  HistoryFile file(descriptor, path);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return tl::make_unexpected(trouble(path, "look at"));
  std::array<char, 8> magic{};
  if (status.st_size == 0) {
    if (!write_all(descriptor, kMagic.data(), kMagic.size(), 0))
      return tl::make_unexpected(trouble(path, "write"));
  } else if (::pread(descriptor, magic.data(), magic.size(), 0) != static_cast<ssize_t>(magic.size()) ||
             magic != kMagic) {
    return fail(fmt::format(
        "{}: not a history file of this version; move it away (mv FILE FILE.old): a new one is made",
        path.string()));
  }
  return file;
}

HistoryFile::HistoryFile(int descriptor, std::filesystem::path path)
    : descriptor_(descriptor),
      path_(std::move(path)),
      damaged_(std::make_unique<std::atomic<std::uint64_t>>(0)) {}

HistoryFile::~HistoryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

HistoryFile::HistoryFile(HistoryFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      damaged_(std::move(other.damaged_)) {}

Result<HistoryFile::Page> HistoryFile::load(std::uint32_t block, Resolution resolution,
                                            std::int64_t interval) const {
  Page empty;
  empty.interval = interval;
  // A second look, because a reader may meet the writer in the middle of a page.
  for (int attempt = 0; attempt < 2; ++attempt) {
    Page page;
    const ssize_t size = ::pread(descriptor_, &page, sizeof page, page_offset(block, resolution, interval));
    if (size < 0) return tl::make_unexpected(trouble(path_, "read"));
    if (size == 0) return empty;
    const bool is_whole = size == static_cast<ssize_t>(sizeof page);
    if (is_whole && page.checksum == 0 && page.interval == 0) return empty;  // a hole
    if (is_whole && page.checksum == page.sum()) return page.interval == interval ? page : empty;
  }
  ++*damaged_;
  return empty;
}

Result<void> HistoryFile::save(std::uint32_t block, Resolution resolution, const Page& page) {
  Page summed = page;
  summed.checksum = summed.sum();
  if (!write_all(descriptor_, &summed, sizeof summed, page_offset(block, resolution, page.interval)))
    return tl::make_unexpected(trouble(path_, "write"));
  return {};
}

Result<void> HistoryFile::make_hour(std::uint32_t block, std::int64_t hour) {
  std::vector<Summary> sums(kSeriesPerBlock);
  for (std::int64_t part = 0; part < 6; ++part) {
    auto page = load(block, Resolution::ten_minutes, hour * 6 + part);
    if (!page) return tl::make_unexpected(page.error());
    for (std::size_t i = 0; i < kSeriesPerBlock; ++i) sums[i].add(page->summary(i));
  }
  Page page;
  page.interval = hour;
  for (std::size_t i = 0; i < kSeriesPerBlock; ++i)
    if (sums[i].count > 0) page.set(i, sums[i]);
  return save(block, Resolution::hour, page);
}

Result<void> HistoryFile::forget(std::span<const SlotSummary> of_block, std::int64_t hour) {
  const auto is_new = [](const SlotSummary& s) { return s.is_new; };
  if (std::none_of(of_block.begin(), of_block.end(), is_new)) return {};
  const std::uint32_t block = of_block.front().slot / kSeriesPerBlock;
  for (std::int64_t interval = hour * 6; interval < hour * 6 + 6; ++interval) {
    auto page = load(block, Resolution::ten_minutes, interval);
    if (!page) return tl::make_unexpected(page.error());
    for (const SlotSummary& s : of_block)
      if (s.is_new) page->records[s.slot % kSeriesPerBlock] = {};
    if (auto saved = save(block, Resolution::ten_minutes, *page); !saved) return saved;
  }
  return {};
}

Result<void> HistoryFile::merge(Timestamp begins, std::span<const SlotSummary> summaries) {
  const std::int64_t interval = interval_of(begins, Resolution::ten_minutes);
  const std::int64_t hour = interval_of(begins, Resolution::hour);
  while (!summaries.empty()) {
    const std::uint32_t block = summaries.front().slot / kSeriesPerBlock;
    const auto in_block = [&](const SlotSummary& s) { return s.slot / kSeriesPerBlock == block; };
    const auto end = std::find_if_not(summaries.begin(), summaries.end(), in_block);
    const auto of_block = summaries.first(static_cast<std::size_t>(end - summaries.begin()));
    summaries = summaries.subspan(of_block.size());
    if (auto forgotten = forget(of_block, hour); !forgotten) return forgotten;
    auto page = load(block, Resolution::ten_minutes, interval);
    if (!page) return tl::make_unexpected(page.error());
    for (const SlotSummary& s : of_block) {
      if (s.summary.count == 0) continue;
      Summary merged = page->summary(s.slot % kSeriesPerBlock);
      merged.add(s.summary);
      page->set(s.slot % kSeriesPerBlock, merged);
    }
    Result<void> saved = save(block, Resolution::ten_minutes, *page);
    if (saved) saved = make_hour(block, hour);
    if (!saved) return saved;
  }
  return {};
}

Result<std::vector<HistoryPoint>> HistoryFile::read(std::uint32_t slot, Resolution resolution, Timestamp from,
                                                    Timestamp until) const {
  std::vector<HistoryPoint> points;
  const std::int64_t end = interval_of(until - Duration(1), resolution) + 1;
  const std::int64_t first = std::max(interval_of(from, resolution), end - ring(resolution));
  for (std::int64_t interval = first; interval < end; ++interval) {
    auto page = load(slot / kSeriesPerBlock, resolution, interval);
    if (!page) return tl::make_unexpected(page.error());
    const Summary s = page->summary(slot % kSeriesPerBlock);
    if (s.count == 0) continue;
    points.push_back({Timestamp(interval * length(resolution)), s.count, s.minimum,
                      static_cast<float>(s.sum / s.count), s.maximum});
  }
  return points;
}

}  // namespace faultline::store
