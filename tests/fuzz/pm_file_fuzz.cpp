// Any bytes as a performance file or a formula, by the first one: x XML, c CSV, f a formula. Values are
// finite and of a counter that there is, a prefix of a whole XML file is never malformed, a formula has a
// value or none.
#include "probes/wire/pm_file.h"
#include "probes/wire/pm_formula.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace faultline::wire;

void check(const PmFile& file) {
  if (file.state == PmFile::State::malformed && (file.problem.empty() || !file.blocks.empty())) std::abort();
  for (const PmBlock& block : file.blocks)
    for (const PmObject& object : block.objects) {
      if (part_of_name(object.name, "").size() < part_of_name(object.name, "Cell").size()) std::abort();
      for (const auto& [column, value] : object.values)
        if (column >= block.counters.size() || !std::isfinite(value)) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'c') {
    check(parse_pm_csv(text, "Cell"));
  } else if (data[0] == 'f') {
    const auto formula = PmFormula::parse(text);
    if (!formula) return formula.error().message.empty() ? std::abort(), 0 : 0;
    for (const double counter : {0.0, 1.0, -1e300, std::nan("")})
      if (std::isinf(formula->value(std::vector<double>(formula->counters().size(), counter)))) std::abort();
  } else {
    const PmFile file = parse_pm_xml(text);
    check(file);
    if (file.state == PmFile::State::whole &&
        parse_pm_xml(text.substr(0, text.size() / 2)).state == PmFile::State::malformed)
      std::abort();
  }
  return 0;
}
