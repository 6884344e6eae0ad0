#include "tests/lab/packet_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ostream>

namespace faultline::lab {

void Histogram::add(std::int64_t ns) {
  const std::int64_t bucket = std::clamp<std::int64_t>(ns / 100, 0, std::ssize(buckets_) - 1);
  ++buckets_[static_cast<std::size_t>(bucket)];
  ++count_;
  if (ns > 100'000) ++above_100us_;
}

double Histogram::quantile_us(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_ - 1));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  for (; bucket + 1 < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen > wanted) break;
  }
  return static_cast<double>(bucket) / 10.0;
}

std::string_view name(Ask ask) {
  static constexpr std::array<std::string_view, 7> kNames = {"ignored",    "malformed", "echo",    "stamp",
                                                             "udp_closed", "tcp_syn",   "tcp_done"};
  return kNames[static_cast<std::size_t>(ask)];
}

void PacketLog::write_csv(std::ostream& out, std::span<const std::string> names,
                          std::span<const Address> addresses) const {
  out << "arrival_ns,endpoint,address,count,protocol,tag,verdict,delay_ns,lateness_ns,unseen_ns\n";
  std::string line;
  for (const PacketRecord& r : records_) {
    line.clear();
    fmt::format_to(std::back_inserter(line), "{},{},{},{},{},{:08x},{},{},{},{}\n", r.arrival_ns,
                   names[r.host], to_string(addresses[r.host]), r.count, name(r.ask), r.tag, name(r.verdict),
                   r.delay_ns, r.lateness_ns, r.unseen_ns);
    out << line;
  }
}

}  // namespace faultline::lab
