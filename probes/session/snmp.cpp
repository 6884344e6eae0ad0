#include "probes/session/snmp.h"

#include "probes/async/deadline.h"
#include "probes/async/resolver.h"
#include "probes/session/secret_file.h"
#include "probes/session/snmp_agent.h"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;

constexpr std::array kOptions = {
    OptionSpec{"interval", OptionType::duration, "60s", 1, 86'400, "", "time between two measurements"},
    OptionSpec{"timeout", OptionType::duration, "5s", 0.1, 60, "",
               "how long an agent may take for all its answers"},
    OptionSpec{"retries", OptionType::integer, "1", 0, 5, "",
               "how often a question is sent again within the timeout"},
    OptionSpec{"profile", OptionType::text, "auto", 0, 0, "",
               "name of a device profile; auto: what the agent's sysObjectID and tables fit"},
    OptionSpec{"version", OptionType::choice, "2c", 0, 0, "2c 3", "SNMP version"},
    OptionSpec{"community", OptionType::text, "public", 0, 0, "", "of version 2c"},
    OptionSpec{"community_file", OptionType::text, "", 0, 0, "",
               "file with the community; empty = what `community` says"},
    OptionSpec{"user", OptionType::text, "", 0, 0, "", "of version 3 (USM)"},
    OptionSpec{"auth_protocol", OptionType::choice, "sha256", 0, 0,
               "none md5 sha sha224 sha256 sha384 sha512",
               "of version 3; none: neither authentication nor privacy"},
    OptionSpec{"auth_password", OptionType::text, "", 0, 0, "", "pass phrase, 8 bytes or more"},
    OptionSpec{"auth_password_file", OptionType::text, "", 0, 0, "",
               "file with it; empty = what `auth_password` says"},
    OptionSpec{"privacy_protocol", OptionType::choice, "aes", 0, 0,
               "none des aes aes192 aes256 aes192c aes256c",
               "of version 3; aes is AES-128 (RFC 3826), c lengthens keys as Cisco does"},
    OptionSpec{"privacy_password", OptionType::text, "", 0, 0, "", "pass phrase, 8 bytes or more"},
    OptionSpec{"privacy_password_file", OptionType::text, "", 0, 0, "",
               "file with it; empty = what `privacy_password` says"},
};
constexpr std::array kMetrics = {Metric::rsrp_dbm,        Metric::rsrq_db,        Metric::sinr_db,
                                 Metric::rssi_dbm,        Metric::optical_rx_dbm, Metric::mer_db,
                                 Metric::upstream_snr_db, Metric::margin_down_db};

const Oid kSysObjectId = {1, 3, 6, 1, 2, 1, 1, 2};
// An index that the agent is asked for: rows that are looked at before the table is taken for one of many.
constexpr int kMostSteps = 8;
// Of a target that is not measured any more; longer than any measurement takes.
constexpr Duration kForgetAtLeast = std::chrono::minutes(10);

Result<std::string> secret_of(const ProbeOptions& options, const std::string& name) {
  const std::string& path = options.text(name + "_file");
  if (path.empty()) return options.text(name);
  auto secret = read_secret(path);
  if (!secret) return fail(fmt::format("{}_file: {}", name, secret.error().message));
  return secret;
}

std::size_t longest_prefix(const DeviceProfile& profile, const Oid& object_id) {
  std::size_t longest = 0;
  for (const Oid& prefix : profile.object_ids)
    if (is_below(object_id, prefix)) longest = std::max(longest, prefix.size());
  return longest;
}

// The profiles that fit, the one that names the device most exactly first.
std::vector<const DeviceProfile*> fitting(const DeviceProfiles& profiles, const Oid& object_id,
                                          const std::vector<Oid>& present) {
  std::vector<const DeviceProfile*> fit;
  for (const DeviceProfile& profile : profiles) {
    const bool by_id = profile.object_ids.empty() || longest_prefix(profile, object_id) > 0;
    const bool by_table =
        profile.has.empty() || std::find(present.begin(), present.end(), profile.has) != present.end();
    if (by_id && by_table) fit.push_back(&profile);
  }
  std::stable_sort(fit.begin(), fit.end(), [&](const auto* a, const auto* b) {
    return longest_prefix(*a, object_id) > longest_prefix(*b, object_id);
  });
  return fit;
}

struct Fit {
  SnmpAnswer answer;  // how it went, without variables
  std::vector<const DeviceProfile*> profiles;
};

// Asks the agent what it is, and which of the profiles' tables it has.
asio::awaitable<Fit> recognise(SnmpAgent& agent, const DeviceProfiles& profiles) {
  std::vector<Oid> subtrees{kSysObjectId};
  for (const DeviceProfile& profile : profiles)
    if (!profile.has.empty() && std::find(subtrees.begin(), subtrees.end(), profile.has) == subtrees.end())
      subtrees.push_back(profile.has);
  Oid object_id;
  std::vector<Oid> present;
  Fit fit;
  fit.answer.outcome = Outcome::ok;
  for (std::size_t from = 0; from < subtrees.size(); from += kVariablesPerQuestion) {
    const std::size_t to = std::min(subtrees.size(), from + kVariablesPerQuestion);
    std::vector<Oid> some(subtrees.begin() + static_cast<std::ptrdiff_t>(from),
                          subtrees.begin() + static_cast<std::ptrdiff_t>(to));
    SnmpAnswer answer = co_await agent.get_next(std::move(some));
    if (answer.outcome != Outcome::ok) {
      fit.answer = std::move(answer);
      co_return fit;
    }
    for (std::size_t i = 0; i < answer.variables.size(); ++i) {
      const SnmpVariable& next = answer.variables[i];
      if (next.value.kind == SnmpValue::Kind::none || !is_below(next.oid, subtrees[from + i])) continue;
      if (from + i == 0)
        object_id = next.value.oid;
      else
        present.push_back(subtrees[from + i]);
    }
  }
  fit.profiles = fitting(profiles, object_id, present);
  co_return fit;
}

struct OnlyIndex {
  SnmpAnswer answer;
  std::optional<Oid> index;  // nothing: no row, or more than one
};

// The index of the only row of the profile's tables.
asio::awaitable<OnlyIndex> find_only_index(SnmpAgent& agent, const DeviceProfile& profile) {
  OnlyIndex found;
  found.answer.outcome = Outcome::ok;
  for (const DeviceValue& value : profile.values) {
    if (value.is_scalar) continue;
    Oid at = value.column;
    for (int step = 0; step < kMostSteps; ++step) {
      std::vector<Oid> one{at};
      SnmpAnswer answer = co_await agent.get_next(std::move(one));
      if (answer.outcome != Outcome::ok) {
        found.answer = std::move(answer);
        co_return found;
      }
      const SnmpVariable& next = answer.variables.front();
      const bool is_onward = next.value.kind != SnmpValue::Kind::none && is_below(next.oid, value.column) &&
                             next.oid > at;  // an agent that goes round in circles ends here
      if (!is_onward) {
        if (found.index) co_return found;
        break;  // an empty column: the next one may have a row
      }
      at = next.oid;
      auto index = index_in(value, next.oid);
      if (!index) continue;
      if (found.index && *found.index != *index) {
        found.index.reset();
        co_return found;
      }
      found.index = std::move(index);
    }
    if (found.index) {  // more steps than one row has
      found.index.reset();
      co_return found;
    }
  }
  co_return found;
}

// Whether the row is there: has a state, or is of a profile that knows counters only. Counters alone may be
// those of the whole device.
bool fits_row(const DeviceProfile& profile, const std::vector<Reading>& readings) {
  const auto is_change = [](const auto& value) { return static_cast<bool>(value.change); };
  const bool knows_counters_only = std::all_of(profile.values.begin(), profile.values.end(), is_change);
  return std::any_of(readings.begin(), readings.end(),
                     [&](const Reading& r) { return !r.is_change || knows_counters_only; });
}

// Whether every state of the row means "none": an ONU without light, a modem without a cell. Counters count
// on meanwhile, and say nothing about that.
bool is_absent(const std::vector<Reading>& readings) {
  bool has_state = false;
  for (const Reading& reading : readings) {
    if (reading.is_change) continue;
    if (!reading.is_none) return false;
    has_state = true;
  }
  return has_state;
}

bool has_columns(const DeviceProfile& profile) {
  return std::any_of(profile.values.begin(), profile.values.end(),
                     [](const DeviceValue& v) { return !v.is_scalar; });
}

}  // namespace

std::span<const OptionSpec> snmp_options() {
  return kOptions;
}
std::span<const Metric> snmp_metrics() {
  return kMetrics;
}

Result<SnmpSettings> snmp_settings(const ProbeOptions& options) {
  SnmpCredentials credentials;
  credentials.version = options.text("version") == "3" ? SnmpVersion::v3 : SnmpVersion::v2c;
  credentials.user = options.text("user");
  credentials.auth_protocol = options.text("auth_protocol");
  credentials.privacy_protocol =
      credentials.auth_protocol == "none" ? "none" : options.text("privacy_protocol");
  const std::array<std::pair<const char*, std::string*>, 3> secrets = {
      {{"community", &credentials.community},
       {"auth_password", &credentials.auth_password},
       {"privacy_password", &credentials.privacy_password}}};
  for (const auto& [name, target] : secrets) {
    auto secret = secret_of(options, name);
    if (!secret) return tl::make_unexpected(secret.error());
    *target = std::move(*secret);
  }
  auto identity = make_snmp_identity(std::move(credentials));
  if (!identity) return tl::make_unexpected(identity.error());
  SnmpSettings settings;
  settings.identity = std::make_shared<const SnmpIdentity>(std::move(*identity));
  settings.retries = static_cast<int>(options.integer("retries"));
  settings.profile = options.text("profile");
  settings.interval = options.duration("interval");
  return settings;
}

std::unique_ptr<SessionProbe> make_snmp_probe(const ProbeOptions& options) {
  // Checked with the configuration; only a file that vanished since comes here. Then nothing is measured.
  return std::make_unique<SnmpProbe>(snmp_settings(options).value_or(SnmpSettings{}));
}

std::vector<Reading> SnmpProbe::take_readings(const DeviceProfile& profile, const Oid& row,
                                              std::span<const SnmpVariable> answers, Learnt& learnt) const {
  CounterLook look = look_at(profile, row, answers, now_());
  const auto elapsed = std::chrono::duration_cast<Duration>(look.at - learnt.counters.at);
  const Span span = learnt.counters.counts.empty() ? Span::too_long : judge_span(elapsed, limits_);
  const CounterLook* former = span == Span::good ? &learnt.counters : nullptr;
  auto readings = readings_of(profile, row, answers, former, elapsed);
  if (!fits_row(profile, readings)) return {};
  if (span != Span::too_short) learnt.counters = std::move(look);
  return readings;
}

void SnmpProbe::forget_stale(std::chrono::steady_clock::time_point now) {
  const Duration patience = std::max(limits_.longest, kForgetAtLeast);
  if (now - looked_for_stale_ < patience) return;
  looked_for_stale_ = now;
  std::erase_if(learnt_, [&](const auto& entry) { return now - entry.second.used > patience; });
}

asio::awaitable<DeviceReadings> SnmpProbe::converse(SnmpAgent& agent, const DeviceProfiles& profiles,
                                                    Oid index, Learnt& learnt) {
  DeviceReadings result;
  const bool is_named = settings_.profile != "auto";
  std::vector<const DeviceProfile*> candidates;
  if (const auto* known = find_profile(profiles, is_named ? settings_.profile : learnt.profile)) {
    candidates.push_back(known);
  } else if (!is_named) {
    Fit fit = co_await recognise(agent, profiles);
    result.outcome = fit.answer.outcome;
    result.reason = fit.answer.reason;
    if (result.outcome != Outcome::ok) co_return result;
    candidates = std::move(fit.profiles);
  }
  result.outcome = Outcome::malformed;  // it answers, but has nothing that a profile knows
  for (const DeviceProfile* profile : candidates) {
    Oid row = index.empty() ? learnt.index : index;
    if (row.empty() && has_columns(*profile)) {
      OnlyIndex only = co_await find_only_index(agent, *profile);
      if (only.answer.outcome != Outcome::ok) {
        result.outcome = only.answer.outcome;
        result.reason = only.answer.reason;
        co_return result;
      }
      if (only.index) row = *only.index;
    }
    std::vector<Oid> instances = instances_of(*profile, row);
    if (instances.empty()) continue;
    SnmpAnswer answer = co_await agent.get(std::move(instances));
    if (answer.outcome != Outcome::ok) {
      result.outcome = answer.outcome;
      result.reason = answer.reason;
      co_return result;
    }
    result.readings = take_readings(*profile, row, answer.variables, learnt);
    if (result.readings.empty()) continue;
    result.profile = profile->name;
    learnt.profile = profile->name;
    if (index.empty()) learnt.index = row;
    const bool absent = is_absent(result.readings);
    result.outcome = absent ? Outcome::unreachable : Outcome::ok;
    result.reason = absent ? OutcomeReason::not_registered : OutcomeReason::none;
    co_return result;
  }
  learnt.profile.clear();  // it may be another device by now
  learnt.index.clear();
  co_return result;
}

asio::awaitable<DeviceReadings> SnmpProbe::read(SessionTarget target, Duration time_limit) {
  DeviceReadings result;
  co_await asio::this_coro::throw_if_cancelled(
      false);  // a cancelled exchange is an outcome, not an exception
  const auto executor = co_await asio::this_coro::executor;
  const auto where = parse_agent(target.agent);
  if (!where || !settings_.identity || !target.device_profiles) co_return result;
  std::string host = where->host.empty() ? target.address : where->host;
  if (!is_literal_address(host)) {
    const auto known = target.names ? target.names->find(host) : ResolvedNames::const_iterator();
    if (!target.names || known == target.names->end()) {
      result.reason = OutcomeReason::name_unresolved;
      co_return result;
    }
    host = known->second;
  }
  const auto now = now_();
  forget_stale(now);
  Learnt& learnt = learnt_[target.address + ' ' + target.agent];
  learnt.used = now;
  const Duration patience = time_limit / (settings_.retries + 1);
  SnmpAgent agent(executor, settings_.identity, host, where->port, patience, settings_.retries,
                  learnt.engine_id);
  agent.tell(exchange_watch(target));
  const Deadline deadline(executor, time_limit, [&agent] { agent.give_up(); });
  const std::shared_ptr<const DeviceProfiles> profiles = target.device_profiles;
  result = co_await converse(agent, *profiles, where->index, learnt);
  learnt.engine_id = agent.engine_id();
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) {
    result = {};
    result.reason = OutcomeReason::cancelled;
  }
  co_return result;
}

asio::awaitable<Round> SnmpProbe::run(SessionTarget target, Duration time_limit) {
  Round round;
  round.endpoint = target.endpoint;
  co_await asio::this_coro::throw_if_cancelled(false);
  const DeviceReadings readings = co_await read(std::move(target), time_limit);
  round.outcome = readings.outcome;
  round.reason = readings.reason;
  const bool is_told = readings.outcome == Outcome::ok;  // counters of a row that is absent are not
  for (const Reading& reading : readings.readings)
    if (is_told && !reading.is_none) round.add(reading.metric, static_cast<float>(reading.value));
  co_return round;
}

}  // namespace faultline::session
