// Complaints that lie near each other on the map and share no node that could be to blame: a hole in the
// radio coverage between two sites, a duct that the inventory does not know (algorithms C.4). Circles around
// the squares that callers are in are held against what is usual there, like a node of the topology in
// scan(). Called when a complaint came that no node explains, and seldom enough to stay cheap in a flood.
#pragma once

#include "rules/correlate/complaint_counts.h"
#include "rules/correlate/footprint.h"
#include "rules/correlate/grid.h"
#include "rules/correlate/usual.h"
#include "rules/model/correlate_rules.h"
#include "rules/model/hypothesis.h"

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace faultline::correlate {

// The callers of the map's squares, each customer once.
class Callers {
 public:
  struct Caller {
    Timestamp received;
    std::shared_ptr<const Spot> spot;
    bool is_attached = false;  // to an incident that lives on complaints
  };
  using Squares = std::map<Square, std::vector<Caller>>;

  void clear() { squares_.clear(); }
  void add(Timestamp received, const std::shared_ptr<const Spot>& spot, bool is_attached) {
    squares_[spot->square].push_back({received, spot, is_attached});
  }
  // Those of so many rows around a square.
  struct Rows {
    Squares::const_iterator first, last;
    Squares::const_iterator begin() const { return first; }
    Squares::const_iterator end() const { return last; }
  };
  Rows around(Square middle, std::int32_t rows) const {
    constexpr std::int32_t kLeast = std::numeric_limits<std::int32_t>::min();
    return {squares_.lower_bound({middle.row - rows, kLeast}),
            squares_.lower_bound({middle.row + rows + 1, kLeast})};
  }

 private:
  Squares squares_;
};

struct AreaQuestion {
  const Grid& grid;
  const Footprints& footprints;
  const Callers& callers;
  const ComplaintCounts::Times& open;  // of the whole network: ComplaintCounts::open
  const Usual& usual;
  const LocaliseRules& localise;
  const ScanRules& scan;
};

// The circle with the newest complaint in it that stands out most, if it passes the gate: an area of two
// sites or more. `by_topology`: what a node above that complaint is worth, in nats, if one passed; then the
// area must be clearly better, and many of its callers must have named no line or cell.
std::optional<Hypothesis> scan_area(const AreaQuestion& question, Square newest,
                                    std::optional<double> by_topology, Timestamp now);

}  // namespace faultline::correlate
