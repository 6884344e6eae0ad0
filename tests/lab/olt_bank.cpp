#include "tests/lab/olt_bank.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace faultline::lab {
namespace {

constexpr std::int32_t kNoReading = 2147483647;  // of an ONU that is offline
constexpr double kNoise = 0.1;                   // dB
const Oid kSysDescr = {1, 3, 6, 1, 2, 1, 1, 1, 0};
const Oid kSysObjectId = {1, 3, 6, 1, 2, 1, 1, 2, 0};
const Oid kSysName = {1, 3, 6, 1, 2, 1, 1, 5, 0};
const Oid kHuaweiOlt = {1, 3, 6, 1, 4, 1, 2011, 2, 248};
constexpr std::uint32_t kTemperature = 1, kSent = 3, kReceived = 4;  // columns, °C and 0.01 dBm

Oid instance(std::uint32_t column, const OnuRow& row) {
  return {1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1, 2, 51, 1, column, row.port, row.onu};
}

}  // namespace

double OnuLight::shift_db(std::uint64_t now_ns) const {
  const std::uint64_t gone = now_ns - std::min(now_ns, changed_ns_);
  if (gone >= over_ns_) return to_db_;
  return from_db_ + (to_db_ - from_db_) * static_cast<double>(gone) / static_cast<double>(over_ns_);
}

void OnuLight::set(const LightShift& shift, std::uint64_t now_ns) {
  dark_ = shift.dark;
  if (shift.rx_db == to_db_) return;
  from_db_ = shift_db(now_ns);
  to_db_ = shift.rx_db;
  changed_ns_ = now_ns;
  over_ns_ = static_cast<std::uint64_t>(std::chrono::nanoseconds(shift.over).count());
}

std::optional<std::int32_t> OnuLight::reading(std::uint64_t now_ns) {
  const double noise = kNoise * (2 * dice_.unit() - 1);
  if (dark_) return std::nullopt;
  return static_cast<std::int32_t>(std::lround(100 * (level_dbm(now_ns) + noise)));
}

OltBank::OltBank(const LabInventory& inventory, std::uint64_t seed) {
  for (const LabOlt& place : inventory.olts) {
    Olt& olt = olts_[place.host];
    const std::uint64_t key = host_key(seed, inventory.hosts[place.host].address);
    olt.objects[kSysDescr] = std::string("Huawei Integrated Access Software");
    olt.objects[kSysObjectId] = kHuaweiOlt;
    olt.objects[kSysName] = fmt::format("lab-{}", to_string(inventory.hosts[place.host].address));
    for (const EndpointIndex endpoint : place.lines) {
      const OnuRow& row = *inventory.onu_of[endpoint.value];
      Onu onu{endpoint, OnuLight(mix(key ^ (std::uint64_t{row.port} << 32 | row.onu))), nullptr};
      Dice dice(key ^ endpoint.value);
      olt.objects[instance(kTemperature, row)] = static_cast<std::int32_t>(dice.between(38, 52));
      olt.objects[instance(kSent, row)] = static_cast<std::int32_t>(dice.between(180, 280));
      onu.received = &olt.objects[instance(kReceived, row)];  // its place in a map stays
      olt.onus.push_back(std::move(onu));
    }
  }
}

void OltBank::set_light(EndpointIndex endpoint, const LightShift& shift, std::uint64_t now_ns) {
  const std::lock_guard lock(mutex_);
  for (auto& [host, olt] : olts_)
    for (Onu& onu : olt.onus)
      if (onu.endpoint == endpoint) onu.light.set(shift, now_ns);
}

std::optional<std::string> OltBank::answer(std::uint32_t host, ConstBytes question, std::uint64_t now_ns) {
  const std::lock_guard lock(mutex_);
  const auto found = olts_.find(host);
  if (found == olts_.end()) return std::nullopt;
  Olt& olt = found->second;
  for (Onu& onu : olt.onus) *onu.received = onu.light.reading(now_ns).value_or(kNoReading);
  return snmp_answer(question, kOltCommunity, olt.objects);
}

}  // namespace faultline::lab
