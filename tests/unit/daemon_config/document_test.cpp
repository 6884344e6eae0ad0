// What docs/configuration.md and deploy/examples claim, held against the program.
#include "daemon/config/check.h"
#include "daemon/inventory/rows.h"
#include "probes/registry.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace faultline::config {
namespace {

namespace fs = std::filesystem;

const fs::path kDocument = fs::path(FAULTLINE_SOURCE_DIR) / "docs/configuration.md";
const fs::path kExamples = fs::path(FAULTLINE_SOURCE_DIR) / "deploy/examples";

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Part {
  std::size_t begin = 0, end = 0;
};
// Between the line of "<!-- name…" and the next "<!-- end -->".
Part find_part(const std::string& text, const std::string& name) {
  const std::size_t mark = text.find("<!-- " + name);
  const std::size_t begin = text.find('\n', mark) + 1;
  return {begin, text.find("<!-- end -->", begin)};
}

void expect_generated(const std::string& name, const std::string& expected) {
  std::string text = content(kDocument);
  const Part part = find_part(text, name);
  if (std::getenv("FAULTLINE_WRITE_DOCS") != nullptr) {
    text.replace(part.begin, part.end - part.begin, expected);
    std::ofstream(kDocument, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(text.substr(part.begin, part.end - part.begin), expected)
      << "write it anew with FAULTLINE_WRITE_DOCS=1";
}

std::string limits_in_words(const OptionSpec& spec) {
  if (spec.type == OptionType::choice) return std::string(spec.choices);
  if (spec.type == OptionType::flag) return "true false";
  if (spec.minimum == spec.maximum) return "";
  const char* unit = spec.type == OptionType::duration ? " s" : "";
  return fmt::format("{} to {}{}", spec.minimum, spec.maximum, unit);
}

TEST(Document, ListsEveryProbeWithItsOptions) {
  std::string expected;
  for (const ProbeKind& kind : probe_kinds()) {
    expected += fmt::format(
        "\n`{}` ({}, by {}): {}\n\n| option | default | limits | meaning |\n| --- | --- | --- | --- |\n",
        kind.name, kind.transport == ProbeTransport::packet ? "packets" : "session",
        kind.source == ProbeSource::address  ? "address"
        : kind.source == ProbeSource::device ? "device"
        : kind.source == ProbeSource::name   ? "name"
                                             : "agent or address",
        kind.help);
    for (const OptionSpec& spec : kind.options)
      expected += fmt::format("| `{}` | {} | {} | {} |\n", spec.name,
                              spec.fallback.empty() ? "" : fmt::format("`{}`", spec.fallback),
                              limits_in_words(spec), spec.help);
  }
  expect_generated("probes", expected + "\n");
}

TEST(Document, ListsTheWordsOfTheInventory) {
  std::string expected = "\nNode kinds: " + listed(kNodeKindNames) + ".\n\nEdges: " + listed(kEdgeKindNames) +
                         ".\n\n| technology | customers if the row names none |\n| --- | --- |\n";
  for (std::size_t i = 0; i < kTechnologyNames.size(); ++i)
    expected +=
        fmt::format("| {} | {} |\n", kTechnologyNames[i], default_customers(static_cast<Technology>(i)));
  expect_generated("words", expected + "\n");
}

void expect_columns(const std::string& name, std::span<const inventory::Column> columns) {
  const std::string text = content(kDocument);
  const Part part = find_part(text, name);
  const std::string table = text.substr(part.begin, part.end - part.begin);
  for (const inventory::Column& column : columns) {
    const std::size_t at = table.find(fmt::format("`{}`", column.name));
    ASSERT_NE(at, std::string::npos) << column.name;
    const std::string row = table.substr(at, table.find('\n', at) - at);
    EXPECT_EQ(row.find("| yes |") != std::string::npos, column.is_required) << row;
  }
}

TEST(Document, ListsEveryColumn) {
  expect_columns("node columns", inventory::kNodeColumns);
  expect_columns("endpoint columns", inventory::kEndpointColumns);
}

TEST(Document, ItsYamlIsGood) {
  const std::string text = content(kDocument);
  std::size_t blocks = 0;
  for (std::size_t at = text.find("```yaml\n"); at != std::string::npos;
       at = text.find("```yaml\n", at + 1)) {
    const std::size_t begin = at + 8;
    Problems problems;
    EXPECT_TRUE(parse_config(text.substr(begin, text.find("```", begin) - begin), "block", "", problems));
    EXPECT_EQ(problems.text(), "");
    ++blocks;
  }
  EXPECT_EQ(blocks, 5U);
}

// The table's keys are those that the reader asks for: each alone, with a wrong value, is found wrong or
// taken, but never unknown.
TEST(Document, NamesNoKeyThatIsUnknown) {
  const std::string text = content(kDocument);
  std::size_t keys = 0;
  for (std::size_t at = text.find("\n| `"); at != std::string::npos; at = text.find("\n| `", at + 1)) {
    std::string key = text.substr(at + 4, text.find('`', at + 4) - at - 4);
    if (at > text.find("Everything at once")) break;
    std::string yaml = "5";
    while (!key.empty()) {
      const std::size_t dot = key.rfind('.');
      std::string last = dot == std::string::npos ? key : key.substr(dot + 1);
      key = dot == std::string::npos ? "" : key.substr(0, dot);
      const bool is_list = last.ends_with("[]");
      if (is_list) last.resize(last.size() - 2);
      yaml = fmt::format("{{{}: {}}}", last, is_list ? "[" + yaml + "]" : yaml);
    }
    Problems problems;
    parse_config(yaml, "x", "", problems);
    EXPECT_EQ(problems.text().find("unknown key"), std::string::npos) << yaml << "\n" << problems.text();
    ++keys;
  }
  EXPECT_GE(keys, 24U);
}

TEST(Document, SaysHowLargeThingsMayBe) {
  const std::string text = content(kDocument);
  for (const std::string& fact :
       {fmt::format("at most {} MiB, at most {} levels", kMaxYamlBytes >> 20, kMaxYamlDepth),
        fmt::format("At most {} columns, {} KiB a row and {} GiB a file", inventory::CsvLimits{}.columns,
                    inventory::CsvLimits{}.row_bytes >> 10, inventory::kMaxTableBytes >> 30),
        fmt::format("0 to {}; empty or 0", inventory::kMaxCoverageM),
        fmt::format("1 to {}; empty", inventory::kMaxCustomers),
        fmt::format("at most {}. Nodes", inventory::kMaxParents)})
    EXPECT_NE(text.find(fact), std::string::npos) << fact;
}

TEST(Examples, ArePassedByCheck) {
  std::size_t seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kExamples)) {
    if (entry.path().filename() != "faultline.yaml") continue;
    Problems problems;
    const auto config = load_config(entry.path(), problems);
    ASSERT_TRUE(config) << problems.text();
    const auto inventory = inventory::load_inventory(*config, nullptr, problems);
    if (inventory.topology) inventory::load_maintenance(*config, *inventory.topology, problems);
    EXPECT_EQ(problems.text(), "");
    ++seen;
  }
  EXPECT_GE(seen, 2U);
}

}  // namespace
}  // namespace faultline::config
