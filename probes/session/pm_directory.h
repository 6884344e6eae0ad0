// A directory into which performance files are put: reads each one once, when it is whole, and works out what
// the formulas make of its counters. Blocks on the disk: for a thread of its own. Used by the pm_file probe.
#pragma once

#include "probes/option.h"
#include "probes/wire/pm_file.h"
#include "probes/wire/pm_formula.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"
#include "rules/model/round.h"
#include "rules/model/time.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace faultline::session {

struct PmSettings {
  std::string directory;  // absolute
  std::string pattern;    // of file names, as a shell has it
  bool is_csv = false;
  std::string column;  // of CSV: the object's
  std::string
      object;  // kind of the last part of an object's name whose value is the endpoint's; empty: all of it
  std::size_t most_bytes = 0;
  Duration max_age{};
  std::vector<std::pair<Metric, wire::PmFormula>> formulas;  // at most kMetricsPerRound
};
// The error's message begins with the option's name and a colon.
Result<PmSettings> pm_settings(const ProbeOptions& options);

// By position of the formula; NaN: no value.
using PmValues = std::array<float, kMetricsPerRound>;
using PmValuesOf = std::unordered_map<std::string, PmValues>;  // by endpoint name

// What the formulas make of one file. Objects of one name in several blocks are one.
PmValuesOf values_in(const wire::PmFile& file, const PmSettings& settings);

struct PmLook {
  bool is_readable = false;           // the directory
  std::size_t files = 0;              // that were read
  std::vector<std::string> problems;  // of files that are not looked at again unless they change
  PmValuesOf values;                  // of the files that were read, the newest value of each
};

class PmDirectory {
 public:
  explicit PmDirectory(PmSettings settings) : settings_(std::move(settings)) {}
  // Reads what has come or changed since the last look and is whole: XML by its end, CSV when it has not
  // changed from one look to the next. What is older than max_age at first sight is not read.
  PmLook look(Timestamp now);

 private:
  struct Seen {
    std::uint64_t size = 0;
    std::int64_t changed_ns = 0;  // since 1970
    bool is_done = false;
    bool operator==(const Seen&) const = default;
  };
  void visit(const std::string& name, Seen& seen, bool is_same, Timestamp now, PmLook& look) const;

  PmSettings settings_;
  std::map<std::string, Seen> seen_;  // by file name; only what is in the directory
};

}  // namespace faultline::session
