// The endpoint table as text of the Prometheus exposition format 0.0.4, piece by piece. Pure; one thread.
#pragma once

#include "daemon/metrics/endpoint_table.h"
#include "daemon/metrics/family.h"

#include <cstddef>
#include <string>

namespace faultline::metrics {

class Renderer {
 public:
  Renderer(Snapshot snapshot, FamilySet families);

  // Appends text until `out` holds `limit` bytes or a line less than a kilobyte more, or until nothing is
  // left; false in the latter case. A family without any series does not appear.
  bool append(std::string& out, std::size_t limit);

 private:
  void append_chunk_rows(std::string& out, std::size_t limit);
  void append_line(std::string& out, const Row& row, std::string_view labels);

  Snapshot snapshot_;
  FamilySet families_;
  std::size_t family_ = 0;
  std::size_t chunk_ = 0;
  std::uint32_t row_ = 0;
  bool headed_ = false;
};

}  // namespace faultline::metrics
