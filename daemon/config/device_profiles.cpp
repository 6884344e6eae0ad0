#include "daemon/config/device_profiles.h"

#include "daemon/config/names.h"
#include "daemon/config/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

// Made from probes/profiles/ by faultline_embed.
extern const char kCableProfiles[];
extern const char kCellularProfiles[];
extern const char kDslProfiles[];
extern const char kOpticalProfiles[];
extern const char kSensorProfiles[];

namespace faultline::config {
namespace {

using session::DeviceProfile;
using session::DeviceProfiles;
using session::DeviceValue;
using session::Oid;

constexpr std::size_t kMaxProfiles = 200;
constexpr std::size_t kMaxObjectIds = 32;
constexpr std::size_t kMaxSuffixParts = 8;
constexpr std::size_t kMaxConditions = 4;
constexpr std::size_t kMaxNumbers = 16;
constexpr std::size_t kMaxHelpBytes = 200;
constexpr std::size_t kMaxWhole = 4;

struct BuiltIn {
  const char* text;
  std::string_view file;
};
// The one list of them; the order is that of recognition among equals.
const std::array kBuiltIn = {
    BuiltIn{kCellularProfiles, "probes/profiles/cellular.yaml"},
    BuiltIn{kCableProfiles, "probes/profiles/cable.yaml"},
    BuiltIn{kDslProfiles, "probes/profiles/dsl.yaml"},
    BuiltIn{kOpticalProfiles, "probes/profiles/optical.yaml"},
    BuiltIn{kSensorProfiles, "probes/profiles/sensors.yaml"},
};

Oid read_oid(const Value& value, std::size_t most = session::kMaxOidParts) {
  // As it stands: 1.30 is no number here.
  if (!value.is_scalar()) {
    value.problem("expected an object identifier (such as 1.3.6.1.2.1.1)");
    return {};
  }
  auto oid = session::parse_oid(value.node().text);
  if (!oid) {
    value.problem(oid.error().message);
    return {};
  }
  if (oid->size() > most) {
    value.problem(fmt::format("has more than {} parts", most));
    return {};
  }
  return std::move(*oid);
}

Oid read_oid(Map& map, std::string_view key, std::size_t most = session::kMaxOidParts) {
  const std::optional<Value> value = map.find(key);
  return value ? read_oid(*value, most) : Oid{};
}

std::vector<double> read_numbers(Map& map, std::string_view key) {
  std::vector<double> numbers;
  for (const Value& item : map.list(key)) {
    if (numbers.size() == kMaxNumbers) {
      item.problem(fmt::format("more than {} numbers", kMaxNumbers));
      break;
    }
    if (const auto number = item.number(-1e18, 1e18)) numbers.push_back(*number);
  }
  return numbers;
}

std::optional<double> read_number(Map& map, std::string_view key) {
  double number = 0;
  return map.read(key, number, -1e18, 1e18) ? std::optional(number) : std::nullopt;
}

void read_factor(Map& map, std::string_view key, double& factor) {
  if (!map.read(key, factor, -1e12, 1e12) || factor != 0) return;
  factor = 1;
  map.problem(fmt::format("{} is 0; leave it out, or give how many raw units make one", key));
}

session::RowCondition read_condition(const Value& value) {
  session::RowCondition condition;
  Map map = value.map();
  if (const auto column = map.require("column")) condition.column = read_oid(*column);
  condition.equals = read_numbers(map, "equals");
  map.read("contains", condition.contains);
  if (condition.equals.empty() == condition.contains.empty())
    map.problem("give one of equals: [14] and contains: Rx");
  return condition;
}

// What makes a value a counter, and what then makes no sense.
void read_change(Map& map, DeviceValue& value) {
  session::Change change{};
  if (map.has("change") && map.read("change", change, session::kChangeNames)) value.change = change;
  const bool is_share = value.change == session::Change::share;
  const bool is_ratio = is_share || value.change == session::Change::share_of_time;
  for (const Value& item : map.list("of")) {
    if (value.whole.size() == kMaxWhole) {
      item.problem(fmt::format("more than {} columns", kMaxWhole));
      break;
    }
    value.whole.push_back(read_oid(item));
  }
  value.age_column = read_oid(map, "age");
  const bool names_itself =
      std::find(value.whole.begin(), value.whole.end(), value.column) != value.whole.end();
  if (is_share && (value.whole.size() < 2 || !names_itself))
    map.problem("change: share needs of: the columns that make the whole, this one among them");
  if (!is_share && map.has("of")) map.problem("of belongs to change: share");
  if (!map.has("change") && map.has("age"))
    map.problem("age belongs to a counter; say with change what is made of it");
  const bool is_scaled =
      value.bits != 0 || value.offset != 0 || !value.precision_column.empty() || !value.scale_column.empty();
  if (map.has("change") && is_scaled) map.problem("a change has no bits, offset, precision or scale");
  if (is_ratio && (value.divisor != 1 || value.multiplier != 1))
    map.problem("a share is 0 to 1 already: no divisor or multiplier");
}

std::optional<DeviceValue> read_value(const Value& item) {
  DeviceValue value;
  const std::size_t before = item.problems().count();
  Map map = item.map();
  if (const auto metric = map.require("metric"))
    if (const auto index = metric->choice(kMetricNames)) value.metric = static_cast<Metric>(*index);
  const bool has_column = map.has("column"), has_scalar = map.has("scalar");
  value.column = read_oid(map, "column");
  if (has_scalar) value.column = read_oid(map, "scalar");
  value.is_scalar = has_scalar;
  if (has_column == has_scalar) map.problem("give one of column (of a table) and scalar (with its .0)");
  value.suffix = read_oid(map, "suffix", kMaxSuffixParts);
  read_factor(map, "divisor", value.divisor);
  read_factor(map, "multiplier", value.multiplier);
  map.read("offset", value.offset, -1e12, 1e12);
  map.read("bits", value.bits, 2, 64);
  value.invalid = read_numbers(map, "invalid");
  value.minimum = read_number(map, "minimum");
  value.maximum = read_number(map, "maximum");
  value.precision_column = read_oid(map, "precision");
  value.scale_column = read_oid(map, "scale");
  for (const Value& condition : map.list("where")) {
    if (value.where.size() == kMaxConditions) {
      condition.problem(fmt::format("more than {} conditions", kMaxConditions));
      break;
    }
    value.where.push_back(read_condition(condition));
  }
  read_change(map, value);
  const bool needs_row = !value.suffix.empty() || !value.where.empty() || !value.precision_column.empty() ||
                         !value.scale_column.empty();
  if (value.is_scalar && needs_row) map.problem("a scalar has no row: no suffix, where, precision or scale");
  if (item.problems().count() != before) return std::nullopt;
  return value;
}

void read_values(Map& map, DeviceProfile& profile) {
  const std::optional<Value> list = map.require("values");
  if (!list) return;
  const std::vector<Value> items = list->list();
  if (list->is_list() && items.empty()) list->problem("is empty; a profile reads something");
  std::set<Metric> metrics;
  for (const Value& item : items) {
    if (profile.values.size() == session::kMaxProfileValues) {
      item.problem(fmt::format("more than {} values", session::kMaxProfileValues));
      break;
    }
    if (auto value = read_value(item)) {
      metrics.insert(value->metric);
      profile.values.push_back(std::move(*value));
    }
  }
  if (metrics.size() > session::kMaxProfileMetrics)
    list->problem(fmt::format("has {} metrics, and a round carries {}; make two profiles of it",
                              metrics.size(), session::kMaxProfileMetrics));
}

std::optional<DeviceProfile> read_profile(const std::string& name, const Value& value) {
  DeviceProfile profile;
  const std::size_t before = value.problems().count();
  profile.name = name;
  if (const auto problem = name_problem(name)) value.problem("name " + *problem);
  if (name == "auto")
    value.problem("auto is what the probe's option says for any profile; give another name");
  Map map = value.map();
  map.read("help", profile.help);
  if (profile.help.size() > kMaxHelpBytes)
    map.problem(fmt::format("help is longer than {} bytes", kMaxHelpBytes));
  for (const Value& item : map.list("object_ids")) {
    if (profile.object_ids.size() == kMaxObjectIds) {
      item.problem(fmt::format("more than {} object_ids", kMaxObjectIds));
      break;
    }
    profile.object_ids.push_back(read_oid(item));
  }
  profile.has = read_oid(map, "has");
  if (profile.object_ids.empty() && profile.has.empty())
    map.problem(
        "cannot be recognised; give object_ids (prefixes of sysObjectID), has (a table it must have), or "
        "both");
  read_values(map, profile);
  if (value.problems().count() != before) return std::nullopt;
  return profile;
}

DeviceProfiles read_document(const YamlDocument& document, Problems& problems) {
  DeviceProfiles profiles;
  Map root = Value(document, problems).map();
  const std::optional<Value> section = root.require("device_profiles");
  if (!section) return profiles;
  for (const auto& [name, value] : section->map().entries()) {
    if (profiles.size() == kMaxProfiles) {
      value.problem(fmt::format("more than {} profiles", kMaxProfiles));
      break;
    }
    if (auto profile = read_profile(name, value)) profiles.push_back(std::move(*profile));
  }
  return profiles;
}

void put_over(DeviceProfiles& all, DeviceProfiles profiles) {
  std::size_t added = 0;
  for (DeviceProfile& profile : profiles) {
    const auto known =
        std::find_if(all.begin(), all.end(), [&](const DeviceProfile& p) { return p.name == profile.name; });
    if (known != all.end())
      *known = std::move(profile);
    else
      all.insert(all.begin() + static_cast<std::ptrdiff_t>(added++), std::move(profile));
  }
}

}  // namespace

DeviceProfiles parse_device_profiles(std::string_view text, std::string_view shown_as, Problems& problems) {
  const auto document = parse_yaml(text, shown_as, problems);
  return document ? read_document(*document, problems) : DeviceProfiles{};
}

const std::shared_ptr<const DeviceProfiles>& built_in_device_profiles() {
  static const std::shared_ptr<const DeviceProfiles> profiles = [] {
    DeviceProfiles all;
    Problems problems;
    for (const BuiltIn& built_in : kBuiltIn) {
      DeviceProfiles some = parse_device_profiles(built_in.text, built_in.file, problems);
      all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    return std::make_shared<const DeviceProfiles>(std::move(all));
  }();
  return profiles;
}

std::shared_ptr<const DeviceProfiles> load_device_profiles(std::span<const std::filesystem::path> files,
                                                           Problems& problems) {
  if (files.empty()) return built_in_device_profiles();
  DeviceProfiles all = *built_in_device_profiles();
  for (const std::filesystem::path& file : files)
    if (const auto document = load_yaml(file, problems)) put_over(all, read_document(*document, problems));
  return std::make_shared<const DeviceProfiles>(std::move(all));
}

}  // namespace faultline::config
