#include "probes/session/pm_directory.h"

#include "probes/session/metric_options.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <system_error>

namespace faultline::session {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMostFiles = 100'000;  // of a directory that are looked at
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

PmValues no_values() {
  PmValues values;
  values.fill(kNoValue);
  return values;
}

// For each formula: the values of its counters, in the formula's order.
using Counters = std::vector<std::vector<double>>;

Counters no_counters(const PmSettings& settings) {
  Counters counters;
  for (const auto& [metric, formula] : settings.formulas)
    counters.emplace_back(formula.counters().size(), kNone);
  return counters;
}

// Where each column of the block goes: (formula, place in it), any number of times.
using Places = std::vector<std::vector<std::pair<std::size_t, std::size_t>>>;

Places places_in(const wire::PmBlock& block, const PmSettings& settings) {
  std::unordered_map<std::string_view, std::size_t> columns;
  for (std::size_t i = 0; i < block.counters.size(); ++i) columns.emplace(block.counters[i], i);
  Places places(block.counters.size());
  for (std::size_t f = 0; f < settings.formulas.size(); ++f) {
    const auto& wanted = settings.formulas[f].second.counters();
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (const auto column = columns.find(wanted[i]); column != columns.end())
        places[column->second].emplace_back(f, i);
  }
  return places;
}

// As much of it as there was when it was looked at.
std::optional<std::string> read_file(const fs::path& path, std::uint64_t size) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text(size, '\0');
  file.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return std::nullopt;
  return text;
}

}  // namespace

PmValuesOf values_in(const wire::PmFile& file, const PmSettings& settings) {
  std::unordered_map<std::string, Counters> gathered;
  for (const wire::PmBlock& block : file.blocks) {
    const Places places = places_in(block, settings);
    for (const wire::PmObject& object : block.objects) {
      const std::string_view name = wire::part_of_name(object.name, settings.object);
      if (name.empty()) continue;
      auto [found, is_new] = gathered.try_emplace(std::string(name));
      if (is_new) found->second = no_counters(settings);
      for (const auto& [column, value] : object.values)
        for (const auto& [formula, place] : places[column]) found->second[formula][place] = value;
    }
  }
  PmValuesOf all;
  for (const auto& [name, counters] : gathered) {
    PmValues values = no_values();
    for (std::size_t f = 0; f < settings.formulas.size(); ++f) {
      const auto value = static_cast<float>(settings.formulas[f].second.value(counters[f]));
      if (std::isfinite(value)) values[f] = value;
    }
    if (std::any_of(values.begin(), values.end(), [](float v) { return !std::isnan(v); }))
      all.emplace(name, values);
  }
  return all;
}

Result<PmSettings> pm_settings(const ProbeOptions& options) {
  PmSettings settings;
  settings.directory = options.text("directory");
  if (!settings.directory.starts_with('/'))
    return fail(fmt::format("directory: \"{}\" is not an absolute path", settings.directory));
  settings.pattern = options.text("files");
  if (settings.pattern.empty() || settings.pattern.find('/') != std::string::npos)
    return fail(fmt::format("files: \"{}\" is no pattern of file names, such as *.xml", settings.pattern));
  settings.is_csv = options.text("format") == "csv";
  settings.column = options.text("column");
  if (settings.is_csv == settings.column.empty())
    return fail(settings.is_csv ? "column: is needed for csv: the column with the object's name"
                                : "column: is of csv only");
  settings.object = options.text("object");
  settings.most_bytes = static_cast<std::size_t>(options.integer("max_bytes"));
  settings.max_age = options.duration("max_age");
  auto given = given_metrics(
      options, "no formula is given; name a metric and its formula, such as utilisation: Used / Total");
  if (!given) return tl::make_unexpected(given.error());
  for (const auto& [metric, text] : *given) {
    auto formula = wire::PmFormula::parse(text);
    if (!formula) return fail(fmt::format("{}: {}", name(metric), formula.error().message));
    settings.formulas.emplace_back(metric, std::move(*formula));
  }
  return settings;
}

PmLook PmDirectory::look(Timestamp now) {
  PmLook look;
  std::error_code error;
  fs::directory_iterator entries(settings_.directory, error);
  if (error) return look;
  look.is_readable = true;
  std::map<std::string, Seen> present;
  for (; entries != fs::directory_iterator() && present.size() < kMostFiles; entries.increment(error)) {
    if (error) break;
    const std::string name = entries->path().filename();
    struct stat status {};
    if (fnmatch(settings_.pattern.c_str(), name.c_str(), FNM_PERIOD) != 0) continue;
    if (stat(entries->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    present[name] = Seen{static_cast<std::uint64_t>(status.st_size),
                         status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec, false};
  }
  std::vector<std::pair<std::int64_t, std::string>> in_order;  // the newest value wins
  in_order.reserve(present.size());
  for (const auto& [name, seen] : present) in_order.emplace_back(seen.changed_ns, name);
  std::sort(in_order.begin(), in_order.end());
  for (const auto& [changed, name] : in_order) {
    Seen& seen = present[name];
    const auto before = seen_.find(name);
    const bool is_same = before != seen_.end() && before->second.size == seen.size &&
                         before->second.changed_ns == seen.changed_ns;
    seen.is_done = is_same && before->second.is_done;
    if (!seen.is_done) visit(name, seen, is_same, now, look);
  }
  seen_ = std::move(present);
  return look;
}

void PmDirectory::visit(const std::string& name, Seen& seen, bool is_same, Timestamp now,
                        PmLook& look) const {
  const auto changed = std::chrono::nanoseconds(seen.changed_ns);
  const bool is_old = now.time_since_epoch() - changed > settings_.max_age;
  if (is_old) {
    if (is_same) look.problems.push_back(name + ": has no end and does not grow any more");
    seen.is_done = true;
    return;
  }
  if (seen.size > settings_.most_bytes) {
    look.problems.push_back(fmt::format("{}: is longer than max_bytes, {}", name, settings_.most_bytes));
    seen.is_done = true;
    return;
  }
  // An XML file shows its end; a CSV file only that nobody has written to it since the last look.
  if (settings_.is_csv != is_same) return;
  const auto text = read_file(fs::path(settings_.directory) / name, seen.size);
  if (!text) {
    look.problems.push_back(name + ": cannot be read");
    seen.is_done = true;
    return;
  }
  const wire::PmFile file =
      settings_.is_csv ? wire::parse_pm_csv(*text, settings_.column) : wire::parse_pm_xml(*text);
  if (file.state == wire::PmFile::State::unfinished) return;
  seen.is_done = true;
  if (file.state == wire::PmFile::State::malformed) {
    look.problems.push_back(fmt::format("{}: {}", name, file.problem));
    return;
  }
  ++look.files;
  for (const auto& [endpoint, values] : values_in(file, settings_)) {
    PmValues& latest = look.values.try_emplace(endpoint, no_values()).first->second;
    for (std::size_t f = 0; f < values.size(); ++f)
      if (!std::isnan(values[f])) latest[f] = values[f];
  }
}

}  // namespace faultline::session
