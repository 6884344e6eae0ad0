// The text of a modem's answers (ITU-T V.250): whole lines, fields between commas, the result at the end, and
// numbers out of fields. Pure; the bytes are not trusted: what is missing, no number or out of range is
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace faultline::wire {

// Whether the answer is finished, by its first whole line that is a result: OK, ERROR, +CME ERROR: …,
// +CMS ERROR: …, COMMAND NOT SUPPORT (Huawei). What comes after it was not asked for.
enum class AtResult : std::uint8_t { unfinished, ok, error };
AtResult at_result(std::string_view answer);

// The lines that begin with the prefix ("+CESQ:"), less the prefix and the blanks around it.
std::vector<std::string_view> lines_of(std::string_view answer, std::string_view prefix);

// The first line that says something: no echo of a command and no result. Empty if there is none.
std::string_view first_text(std::string_view answer);

// The first 40 of them, less blanks and quotes.
class AtFields {
 public:
  explicit AtFields(std::string_view line);

  std::size_t size() const { return fields_.size(); }
  // Field i; empty beyond the last.
  std::string_view operator[](std::size_t i) const;
  void drop(std::size_t count);  // from the front

 private:
  std::vector<std::string_view> fields_;
};

struct LevelRange {
  float low, high;
};
std::optional<int> integer(std::string_view field);
std::optional<std::uint32_t> hexadecimal(std::string_view field);
// A decimal number of dB or dBm inside the range.
std::optional<float> level(std::string_view field, LevelRange range);
// An index n of 1 … top: base + step × n. Index 0 means "below the lowest" and has no value; above `top` is
// unknown.
std::optional<float> indexed(std::string_view field, int top, float base, float step);

}  // namespace faultline::wire
