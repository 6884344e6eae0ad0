// Counters as a RAN exports them in files: 3GPP TS 32.435 XML (measCollecFile), and CSV with a line of names.
// Pure; untrusted bytes. Used by the pm_file probe, on a thread of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::wire {

// A measured object, such as a cell, with the counters of one block that are numbers for it.
struct PmObject {
  std::string name;                                      // measObjLdn, or what stands in the object's column
  std::vector<std::pair<std::uint32_t, double>> values;  // position in the block's counters, finite value
};
struct PmBlock {
  std::vector<std::string> counters;
  std::vector<PmObject> objects;
};

struct PmFile {
  enum class State : std::uint8_t {
    whole,
    unfinished,  // good so far, but its end is not there yet
    malformed,
  };
  State state = State::malformed;
  std::string problem;  // of a malformed one: "line 7: …"
  std::vector<PmBlock> blocks;
};

// Objects that the file itself calls suspect are left out, and so are values that are no numbers (NIL). A
// document type is refused, so there are no entities but XML's own five.
PmFile parse_pm_xml(std::string_view text);

// The first line names the columns; commas, semicolons or tabs between, whichever it has most of; quotes as
// RFC 4180. Whether more is to come cannot be seen: it is whole, or malformed without the column `object`.
PmFile parse_pm_csv(std::string_view text, std::string_view object);

// The value of a distinguished name's last part: "C2" of "ManagedElement=1,Cell=C2" for the part "Cell". The
// whole name if `part` is empty; nothing (an empty text) if the last part is of another kind.
std::string_view part_of_name(std::string_view name, std::string_view part);

}  // namespace faultline::wire
