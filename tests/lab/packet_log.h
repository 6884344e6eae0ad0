// What the emulated network did to each packet, for the comparison with what a prober says it saw, and how
// exact the lab itself was. Written by the network's thread only; read when that has ended.
#pragma once

#include "tests/lab/fate.h"
#include "tests/lab/packet.h"

#include <array>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace faultline::lab {

struct PacketRecord {
  std::uint64_t arrival_ns = 0;  // when the lab read it, since the lab's start
  std::uint64_t delay_ns = 0;    // that the network meant to hold it
  std::int64_t lateness_ns = 0;  // that it was held longer: held = delay + lateness. 0 if not answered
  std::uint32_t unseen_ns = 0;   // it may have waited this long before the lab read it (and as long as the
                                 // lab takes to wake up, if it slept)
  std::uint32_t host = 0;        // index of the address
  std::uint32_t count = 0;       // packets that the address had seen before
  std::uint32_t tag = 0;         // Parsed::tag
  Ask ask = Ask::echo;
  Verdict verdict = Verdict::answered;
};

// Values up to 1 ms in steps of 100 ns; what is above counts as 1 ms.
class Histogram {
 public:
  void add(std::int64_t ns);
  std::uint64_t count() const { return count_; }
  std::uint64_t above_100us() const { return above_100us_; }
  // The value below which this share (0 … 1) lies, in microseconds; 0 when empty.
  double quantile_us(double share) const;

 private:
  std::array<std::uint32_t, 10'001> buckets_{};
  std::uint64_t count_ = 0, above_100us_ = 0;
};

class PacketLog {
 public:
  // Keeps the first `limit` packets; those after it are counted.
  explicit PacketLog(std::size_t limit) : limit_(limit) { records_.reserve(limit); }

  void add(const PacketRecord& record) {
    if (records_.size() < limit_)
      records_.push_back(record);
    else
      ++left_out_;
  }
  std::span<const PacketRecord> records() const { return records_; }
  std::uint64_t left_out() const { return left_out_; }

  // CSV with a header line; `names` and `addresses` by host.
  void write_csv(std::ostream& out, std::span<const std::string> names,
                 std::span<const Address> addresses) const;

 private:
  std::size_t limit_;
  std::vector<PacketRecord> records_;
  std::uint64_t left_out_ = 0;
};

std::string_view name(Ask ask);

}  // namespace faultline::lab
