// Any bytes as a file of device profiles, and the same bytes as what an agent answers to them: problems or
// profiles, readings that are numbers or none, never otherwise.
#include "daemon/config/device_profiles.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faultline;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  config::Problems problems;
  const auto profiles = config::parse_device_profiles(text, "fuzz.yaml", problems);
  if (profiles.empty() && problems.empty()) return 0;  // a map without profiles
  const session::Oid index = {7, 1};
  for (const session::DeviceProfile& profile : profiles) {
    if (profile.values.size() > session::kMaxProfileValues) std::abort();
    std::vector<session::SnmpVariable> answers;
    for (session::Oid& instance : session::instances_of(profile, index)) {
      session::SnmpValue value;
      value.kind =
          answers.size() % 2 == 0 ? session::SnmpValue::Kind::text : session::SnmpValue::Kind::number;
      value.text = text.substr(answers.size() % (size + 1));
      value.number = size > 0 ? data[answers.size() % size] * 1e7 : 0;
      answers.push_back({std::move(instance), std::move(value)});
    }
    for (const session::Reading& reading : session::readings_of(profile, index, answers))
      if (!reading.is_none && !std::isfinite(reading.value)) std::abort();
  }
  if (problems.text().size() > 1'000'000) std::abort();
  return 0;
}
