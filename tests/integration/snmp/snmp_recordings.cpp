// Reads what an agent is expected to say by the snmp probe itself. Started by tests/integration/recordings.
//
//   snmp_recordings PORT COMMUNITY < "OID<tab>VALUE" lines
//
// For each line, in order: OID, a tab, and one of
//   right PROFILE       the value came out exactly, by the profile that was recognised
//   named PROFILE       the same, by a profile that must be named (another one fits the device as well)
//   wrong PROFILE: …    another value
//   silent PROFILE: …   no value; the outcome
//   uncovered           no profile reads that OID
// " (none)" follows where the profile takes that value for "no value", so that no round would carry it.
#include "daemon/config/device_profiles.h"
#include "probes/async/task_group.h"
#include "probes/session/snmp.h"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace faultline {
namespace {

using session::DeviceReadings;
using session::Oid;

struct Expected {
  std::string text;
  Oid oid;
  double value = 0;
};

// A measurement: of which profile ("auto" or a name), at which row.
using Key = std::pair<std::string, Oid>;

class Play {
 public:
  Play(std::string port, std::string community) : port_(std::move(port)), community_(std::move(community)) {}

  // What each of these gave; measured together.
  void measure(const std::vector<Key>& keys) {
    TaskGroup tasks(io_.get_executor());
    for (const Key& key : keys)
      if (!results_.contains(key)) tasks.spawn(one(key));
    io_.restart();
    io_.run();
  }
  const DeviceReadings& result(const Key& key) const { return results_.at(key); }

 private:
  boost::asio::awaitable<void> one(Key key) {
    ProbeOptions options = ProbeOptions::defaults(session::snmp_options());
    options.set("community", community_);
    options.set("profile", key.first);
    auto settings = session::snmp_settings(options);
    session::SnmpProbe probe(std::move(*settings));
    SessionTarget target;
    target.endpoint = EndpointIndex{0};
    target.agent = "127.0.0.1:" + port_ + (key.second.empty() ? "" : "/" + session::oid_text(key.second));
    target.device_profiles = config::built_in_device_profiles();
    const Duration limit = std::chrono::seconds(20);
    DeviceReadings readings = co_await probe.read(std::move(target), limit);
    results_[key] = std::move(readings);
  }

  boost::asio::io_context io_;
  std::string port_, community_;
  std::map<Key, DeviceReadings> results_;
};

const session::Reading* find_reading(const DeviceReadings& readings, const Oid& instance) {
  for (const session::Reading& reading : readings.readings)
    if (reading.instance == instance) return &reading;
  return nullptr;
}

std::vector<Key> keys_of(const Oid& oid) {
  std::vector<Key> keys;
  for (const session::DeviceProfile& profile : *config::built_in_device_profiles())
    for (const session::DeviceValue& value : profile.values)
      if (const auto index = index_in(value, oid)) keys.emplace_back(profile.name, *index);
  return keys;
}

std::string verdict(const Play& play, const Expected& expected) {
  const auto keys = keys_of(expected.oid);
  if (keys.empty()) return "uncovered";
  std::string answer;
  const auto judge = [&](const Key& key, const char* right) {
    const DeviceReadings& readings = play.result(key);
    const auto* reading = find_reading(readings, expected.oid);
    if (reading == nullptr) return false;
    const bool is_right =
        std::abs(reading->value - expected.value) <= 1e-9 * std::max(1.0, std::abs(expected.value));
    const char* none = reading->is_none ? " (none)" : "";
    answer = is_right ? fmt::format("{} {}{}", right, readings.profile, none)
                      : fmt::format("wrong {}: {}{}", readings.profile, reading->value, none);
    return true;
  };
  for (const Key& key : keys)
    if (judge({"auto", key.second}, "right")) return answer;
  for (const Key& key : keys)
    if (judge(key, "named")) return answer;
  return fmt::format("silent {}: {}", keys.front().first, name(play.result(keys.front()).outcome));
}

int main_with(const std::string& port, const std::string& community) {
  std::vector<Expected> all;
  std::vector<Key> keys, automatic;
  for (std::string line; std::getline(std::cin, line);) {
    const std::size_t tab = line.find('\t');
    auto oid = session::parse_oid(line.substr(0, tab));
    if (tab == std::string::npos || !oid) {
      fmt::print(stderr, "snmp_recordings: no OID and value: {}\n", line);
      return 2;
    }
    all.push_back({line.substr(0, tab), *oid, std::stod(line.substr(tab + 1))});
    for (const Key& key : keys_of(all.back().oid)) {
      keys.push_back(key);
      automatic.emplace_back("auto", key.second);
    }
  }
  Play play(port, community);
  play.measure(automatic);
  play.measure(keys);
  for (const Expected& expected : all) fmt::print("{}\t{}\n", expected.text, verdict(play, expected));
  return 0;
}

}  // namespace
}  // namespace faultline

int main(int count, char** arguments) {
  if (count != 3) {
    std::fputs("usage: snmp_recordings PORT COMMUNITY < lines\n", stderr);
    return 2;
  }
  return faultline::main_with(arguments[1], arguments[2]);
}
