// Any bytes as a file of device profiles, and the same bytes as what an agent answers to them, twice:
// problems or profiles, readings that are numbers or none and shares that are shares, never otherwise.
#include "daemon/config/device_profiles.h"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace faultline;

std::vector<session::SnmpVariable> answers_of(const std::vector<session::Oid>& instances,
                                              std::string_view text, std::size_t skipped) {
  std::vector<session::SnmpVariable> answers;
  for (const session::Oid& instance : instances) {
    const std::size_t at = answers.size() + skipped;
    const std::uint64_t byte = text.empty() ? 0 : static_cast<unsigned char>(text[at % text.size()]);
    session::SnmpValue value;
    value.kind = at % 2 == 0 ? session::SnmpValue::Kind::text : session::SnmpValue::Kind::number;
    value.text = text.substr(at % (text.size() + 1));
    value.number = static_cast<double>(byte) * 1e7;
    if (at % 3 == 1) value.count = {byte * 0x0101'0101'0101'0101U, byte % 2 == 0 ? 32 : 64};
    answers.push_back({instance, std::move(value)});
  }
  return answers;
}

bool is_sound(const session::DeviceProfile& profile, const session::Reading& reading) {
  if (reading.is_none) return true;
  if (!std::isfinite(reading.value)) return false;
  for (const session::DeviceValue& value : profile.values) {
    const bool is_share =
        value.change == session::Change::share || value.change == session::Change::share_of_time;
    if (reading.is_change && is_share &&
        session::instance_of(value, session::Oid{7, 1}) == reading.instance && value.metric == reading.metric)
      return reading.value >= 0 && reading.value <= 1;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  config::Problems problems;
  const auto profiles = config::parse_device_profiles(text, "fuzz.yaml", problems);
  if (profiles.empty() && problems.empty()) return 0;  // a map without profiles
  const session::Oid index = {7, 1};
  for (const session::DeviceProfile& profile : profiles) {
    if (profile.values.size() > session::kMaxProfileValues) std::abort();
    const auto instances = session::instances_of(profile, index);
    const auto before = answers_of(instances, text, 0), answers = answers_of(instances, text, size / 2);
    const session::CounterLook look = session::look_at(profile, index, before, {});
    const Duration elapsed = std::chrono::seconds(size > 0 ? data[0] : 0);
    for (const auto* former : {static_cast<const session::CounterLook*>(nullptr), &look})
      for (const session::Reading& reading : session::readings_of(profile, index, answers, former, elapsed))
        if (!is_sound(profile, reading)) std::abort();
  }
  if (problems.text().size() > 1'000'000) std::abort();
  return 0;
}
