// A recorded series of one line's measurements, and what the detector says of it: the daemon's detector with
// its rules, fed in order of time, nothing looked ahead. Nothing re-measures in a recording: a burst that is
// asked for does not come, and the scheduled rounds decide.
#pragma once

#include "rules/detect/detector.h"
#include "rules/model/detect_rules.h"
#include "rules/model/time.h"

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace faultline::accuracy {

struct Sample {
  Timestamp at;
  std::optional<double> value;  // empty: asked, not answered
};

// What a sample becomes: a round of three packets with that round trip in ms, or a reading of a quantity
// that no burst can repeat (throughput_bps, whatever it is in truth).
enum class Feed { rtt, reading };

struct Series {
  std::string name;
  std::vector<Sample> samples;
};

struct Change {
  detect::EventKind kind = detect::EventKind::degradation_began;  // or degradation_ended, baseline_shift
  std::size_t row = 0;    // where it began, ended (the first good row), or was taken as usual
  std::size_t known = 0;  // the row that told it
  double score = 0;       // of that row, robust standard deviations
};

// A header "# NAME", then a line "SECONDS VALUE" for each sample ("SECONDS -": not answered), and so on.
std::vector<Series> read_series(std::istream& in);

struct Judged {
  std::vector<Change> changes;
  std::vector<detect::Detector::Deviation> deviations;  // by row
};
Judged judge_series(const Series& series, Feed feed, const std::shared_ptr<const DetectRules>& rules);

}  // namespace faultline::accuracy
