// The section `profiles`: which probes an access technology gets. What a probe can be set to is the probe's
// own affair (OptionSpec); this only checks one against the other.
#include "daemon/config/config_parts.h"
#include "daemon/config/names.h"
#include "probes/packet/settings.h"
#include "probes/registry.h"
#include "probes/session/snmp.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace faultline::config {
namespace {

constexpr std::size_t kMaxProfiles = 64;

const OptionSpec* find_spec(const ProbeKind& kind, std::string_view name) {
  const auto found = std::find_if(kind.options.begin(), kind.options.end(),
                                  [&](const OptionSpec& s) { return s.name == name; });
  return found == kind.options.end() ? nullptr : &*found;
}

ConfiguredProbe default_probe(const ProbeKind& kind) {
  return {index_of(kind), ProbeOptions::defaults(kind.options)};
}

// parse_option would take 010 for 10; other readers take it for 8.
bool has_leading_zero(const OptionSpec& spec, std::string_view text) {
  const bool is_number = spec.type == OptionType::integer || spec.type == OptionType::number;
  return is_number && text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

// An option named *_file is a path from the configuration's directory, and its content a secret.
Result<OptionValue> read_file_option(std::string_view text, const Config& config) {
  if (text.empty()) return std::string();
  const std::filesystem::path path = config.directory / text;
  if (auto secret = read_secret_file(path); !secret) return tl::make_unexpected(secret.error());
  return path.string();
}

Result<OptionValue> read_option(const OptionSpec& spec, std::string_view text, const Config& config) {
  if (has_leading_zero(spec, text))
    return fail(fmt::format("{} has a leading zero; write it without", in_quotes(text)));
  if (spec.type == OptionType::text && spec.name.ends_with("_file")) return read_file_option(text, config);
  return parse_option(spec, text);
}

// What concerns several options at once is the probe's or the packet engine's to say; its message begins with
// the option.
std::optional<std::string> together_problem(const ProbeKind& kind, const ProbeOptions& options,
                                            const Config& config) {
  if (kind.check != nullptr) {
    const Result<void> checked = kind.check(options);
    return checked ? std::nullopt : std::optional(checked.error().message);
  }
  if (kind.transport == ProbeTransport::packet) {
    const auto settings = packet::packet_settings(kind.name, index_of(kind), options);
    return settings ? std::nullopt : std::optional(settings.error().message);
  }
  if (kind.name != "snmp") return std::nullopt;
  const auto settings = session::snmp_settings(options);
  if (!settings) return settings.error().message;
  std::vector<std::string_view> names = {"auto"};
  for (const session::DeviceProfile& profile : *config.device_profiles) names.push_back(profile.name);
  const std::string& name = options.text("profile");
  if (std::find(names.begin(), names.end(), name) != names.end()) return std::nullopt;
  return fmt::format("profile: {} is no device profile; there are: {}{}", in_quotes(name), listed(names),
                     did_you_mean(name, names));
}

void check_together(const ProbeKind& kind, const ProbeOptions& options, const Value& value,
                    const Config& config) {
  const std::optional<std::string> problem = together_problem(kind, options, config);
  if (!problem) return;
  const std::string& message = *problem;
  Map map = value.map();
  map.entries();  // unknown keys have been reported
  const std::size_t colon = message.find(": ");
  const auto option = map.find(std::string_view(message).substr(0, colon));
  if (option && colon != std::string::npos)
    option->problem(std::string_view(message).substr(colon + 2));
  else
    value.problem(message);
}

ProbeOptions read_options(const ProbeKind& kind, const Value& value, const Config& config) {
  ProbeOptions options = ProbeOptions::defaults(kind.options);
  const std::size_t before = value.problems().count();
  {
    Map map = value.map();
    for (const OptionSpec& spec : kind.options) {
      const std::optional<Value> given = map.find(spec.name);
      if (!given) continue;
      if (!given->is_scalar()) {
        given->problem("expected a single value");
        continue;
      }
      Result<OptionValue> parsed = read_option(spec, given->node().text, config);
      if (parsed)
        options.set(spec.name, std::move(*parsed));
      else
        given->problem(parsed.error().message);
    }
  }
  if (value.problems().count() == before) check_together(kind, options, value, config);
  return options;
}

std::optional<ConfiguredProbe> read_probe(const Value& item, const std::string& path, const Config& config) {
  std::vector<std::string_view> names;
  for (const ProbeKind& kind : probe_kinds()) names.push_back(kind.name);

  std::string name;
  if (item.is_scalar()) {
    name = item.node().text;
  } else if (item.is_map() && item.node().entries.size() == 1) {
    name = item.node().entries.front().key;
  } else {
    item.problem("expected one probe, such as icmp or {icmp: {interval: 10s}}");
    return std::nullopt;
  }
  const ProbeKind* kind = find_probe_kind(name);
  if (kind == nullptr) {
    item.named(path).problem(fmt::format("unknown probe {}; there are: {}{}", in_quotes(name), listed(names),
                                         did_you_mean(name, names)));
    if (item.is_map()) item.map().entries();
    return std::nullopt;
  }
  if (item.is_scalar()) return default_probe(*kind);
  const Value options = item.map().entries().front().second.named(fmt::format("{}.{}", path, name));
  return ConfiguredProbe{index_of(*kind), read_options(*kind, options, config)};
}

void read_technologies(Map& map, Profile& profile, std::vector<std::pair<Technology, std::string>>& taken) {
  const std::optional<Value> list = map.require("technologies");
  if (!list) return;
  for (const Value& item : list->list()) {
    const std::optional<std::size_t> index = item.choice(kTechnologyNames);
    if (!index) continue;
    const auto technology = static_cast<Technology>(*index);
    const auto other =
        std::find_if(taken.begin(), taken.end(), [&](const auto& t) { return t.first == technology; });
    if (other != taken.end()) {
      item.problem(fmt::format("{} is already in profile {}; an endpoint's row can name another profile",
                               name(technology), in_quotes(other->second)));
      continue;
    }
    taken.emplace_back(technology, profile.name);
    profile.technologies.push_back(technology);
  }
}

void read_probes(Map& map, Profile& profile, const Config& config) {
  const std::optional<Value> list = map.require("probes");
  if (!list) return;
  const std::vector<Value> items = list->list();
  if (list->is_list() && items.empty()) list->problem("is empty; give at least one probe, such as icmp");
  for (const Value& item : items) {
    std::optional<ConfiguredProbe> probe = read_probe(item, list->path(), config);
    if (!probe) continue;
    const bool is_twice = std::any_of(profile.probes.begin(), profile.probes.end(),
                                      [&](const ConfiguredProbe& p) { return p.kind == probe->kind; });
    if (is_twice)
      item.named(list->path())
          .problem(fmt::format("{} is given twice; a profile has a probe once",
                               in_quotes(probe_kinds()[probe->kind].name)));
    else
      profile.probes.push_back(std::move(*probe));
  }
}

}  // namespace

std::vector<Profile> built_in_profiles() {
  const auto probe = [](Profile& profile, std::string_view kind_name,
                        std::span<const std::pair<std::string_view, std::string_view>> settings) {
    const ProbeKind* kind = find_probe_kind(kind_name);
    if (kind == nullptr) return;
    ConfiguredProbe configured = default_probe(*kind);
    for (const auto& [option, text] : settings)
      if (const OptionSpec* spec = find_spec(*kind, option))
        if (auto value = parse_option(*spec, text)) configured.options.set(option, std::move(*value));
    profile.probes.push_back(std::move(configured));
  };
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kIcmp = {
      {{"interval", "10s"}, {"packets", "5"}}};
  using enum Technology;
  std::vector<Profile> profiles = {{"cell", {lte, nr, umts, gsm}, {}},
                                   {"access", {gpon, xgspon, docsis, adsl, vdsl, fixed_wireless}, {}},
                                   {"ip", {ip, ethernet}, {}}};
  for (Profile& profile : profiles) probe(profile, "icmp", kIcmp);
  probe(profiles.front(), "modem", {});  // asked of the endpoints that have a device
  return profiles;
}

void read_profiles(Map& root, Config& config) {
  const std::optional<Value> section = root.find("profiles");
  if (!section) {
    config.profiles = built_in_profiles();
    return;
  }
  std::vector<std::pair<Technology, std::string>> taken;
  for (const auto& [profile_name, value] : section->map().entries()) {
    if (config.profiles.size() == kMaxProfiles) {
      value.problem(fmt::format("more than {} profiles", kMaxProfiles));
      break;
    }
    Profile profile;
    profile.name = profile_name;
    if (const auto problem = name_problem(profile_name)) value.problem("name " + *problem);
    Map map = value.map();
    read_technologies(map, profile, taken);
    read_probes(map, profile, config);
    config.profiles.push_back(std::move(profile));
  }
  if (config.profiles.empty() && section->is_null()) config.profiles = built_in_profiles();
}

}  // namespace faultline::config
