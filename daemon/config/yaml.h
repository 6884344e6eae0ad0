// The one strict YAML reader. parse_yaml makes a plain tree with line and column of every value; Value and
// Map read it with types, collecting every problem instead of stopping at the first, and find unknown keys
// by themselves: a key that nobody asked for is a mistake. Scalars stay text until a getter reads them, so
// that `010`, `no` and `1e3` never mean something by accident. Not here: anchors, aliases, tags, merge keys
// and multiple documents, all of which are refused.
//
//   Problems problems;
//   auto document = load_yaml("x.yaml", problems);
//   if (!document) return;
//   Value root(*document, problems);
//   Map map = root.map();
//   map.read("enabled", config.enabled);
//   map.read("interval", config.interval, 1s, 1h);
//   for (Value item : map.list("rules")) …
//   // ~Map reports the keys that were not asked for
#pragma once

#include "daemon/config/problem.h"
#include "rules/model/time.h"

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::config {

enum class YamlKind : std::uint8_t { null, scalar, list, map };

struct YamlEntry;

// One value with everything below it. A copy is a deep copy.
struct YamlNode {
  YamlKind kind = YamlKind::null;
  bool is_quoted = false;  // scalar in quotes or a block scalar: text, even if it looks like a number
  Position at;
  std::string text;                // scalar
  std::vector<YamlNode> items;     // list
  std::vector<YamlEntry> entries;  // map, in file order, no key twice
};
struct YamlEntry {
  std::string key;
  Position key_at;
  YamlNode value;
};

struct YamlDocument {
  std::string file;  // as problems name it
  YamlNode root;
};

// Limits of a file: what is larger belongs in a CSV file.
inline constexpr std::size_t kMaxYamlBytes = 4 << 20;
inline constexpr std::size_t kMaxYamlDepth = 24;

// Nothing if the text is no YAML at all (the problem says why); duplicate keys are reported, and the first
// is kept, so that the rest of the file is still checked. An empty text is a null root.
std::optional<YamlDocument> parse_yaml(std::string_view text, std::string_view file, Problems& problems);
// Reads the file first; `shown_as` is the name in problems (default: the path as given).
std::optional<YamlDocument> load_yaml(const std::filesystem::path& path, Problems& problems,
                                      std::string_view shown_as = {});

class Map;

// A value, its path in words ("profiles.cell") and the list its problems go to. A cheap view: document and
// problems must outlive it. Every typed getter adds a problem and answers nothing if the value is not of
// that type or not within the limits (both inclusive).
class Value {
 public:
  Value(const YamlDocument& document, Problems& problems);

  const YamlNode& node() const { return *node_; }
  const std::string& path() const { return path_; }
  const std::string& file() const { return *file_; }
  bool is_null() const { return node_->kind == YamlKind::null; }
  bool is_map() const { return node_->kind == YamlKind::map; }
  bool is_list() const { return node_->kind == YamlKind::list; }
  bool is_scalar() const { return node_->kind == YamlKind::scalar; }

  // Adds "path: message" at this value's place.
  void problem(std::string_view message) const;
  // The same value under another path, where the file's own nesting says too little or too much.
  Value named(std::string path) const { return {*node_, std::move(path), *file_, *problems_}; }
  Problems& problems() const { return *problems_; }

  std::optional<std::string> text() const;  // any scalar that is not empty
  std::optional<bool> flag() const;         // true or false, nothing else
  std::optional<std::int64_t> integer(std::int64_t minimum = std::numeric_limits<std::int64_t>::min(),
                                      std::int64_t maximum = std::numeric_limits<std::int64_t>::max()) const;
  std::optional<double> number(double minimum = std::numeric_limits<double>::lowest(),
                               double maximum = std::numeric_limits<double>::max()) const;
  std::optional<Duration> duration(Duration minimum = Duration::zero(),
                                   Duration maximum = Duration::max()) const;
  std::optional<std::size_t> choice(std::span<const std::string_view> words) const;  // index in words
  // The items; a problem and no items if it is no list.
  std::vector<Value> list() const;
  // A map to read from; a problem and an empty map if it is none.
  Map map() const;

 private:
  friend class Map;
  Value(const YamlNode& node, std::string path, const std::string& file, Problems& problems)
      : node_(&node), path_(std::move(path)), file_(&file), problems_(&problems) {}
  bool expect_scalar(std::string_view what) const;

  const YamlNode* node_;
  std::string path_;
  const std::string* file_;
  Problems* problems_;
};

// Reads a map key by key. Keys that were never asked for are reported by the destructor, each with the
// nearest one that was. `read` leaves the target as it is if the key is missing (the default stays) and
// answers whether it was set.
class Map {
 public:
  explicit Map(Value value);
  ~Map();
  Map(Map&& other) noexcept;
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;
  Map& operator=(Map&&) = delete;

  bool has(std::string_view key) const;
  // Marks the key as known.
  std::optional<Value> find(std::string_view key);
  // As find; a missing one is a problem of the map: `profiles.cell: "technologies" is missing`.
  std::optional<Value> require(std::string_view key);

  bool read(std::string_view key, std::string& target);
  bool read(std::string_view key, bool& target);
  bool read(std::string_view key, double& target, double minimum, double maximum);
  bool read(std::string_view key, Duration& target, Duration minimum = Duration::zero(),
            Duration maximum = Duration::max());
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) bool read(std::string_view key, Integer& target,
                                                   std::int64_t minimum, std::int64_t maximum) {
    const std::optional<Value> value = find(key);
    const auto number = value ? value->integer(minimum, maximum) : std::nullopt;
    if (number) target = static_cast<Integer>(*number);
    return number.has_value();
  }
  // An enumeration whose names are `words`, in the order of its values.
  template <typename Enum>
  requires std::is_enum_v<Enum>
  bool read(std::string_view key, Enum& target, std::span<const std::string_view> words) {
    const std::optional<Value> value = find(key);
    const auto index = value ? value->choice(words) : std::nullopt;
    if (index) target = static_cast<Enum>(*index);
    return index.has_value();
  }
  // The items of a list, or nothing; a list of texts.
  std::vector<Value> list(std::string_view key);
  bool read(std::string_view key, std::vector<std::string>& target);
  // Every entry as key and value, for maps whose keys are names; marks all of them as known.
  std::vector<std::pair<std::string, Value>> entries();
  // A map below this one; empty (and no problem) if the key is missing.
  Map map(std::string_view key);

  const Value& value() const { return value_; }
  void problem(std::string_view message) const { value_.problem(message); }

 private:
  Value value_;
  std::vector<std::string> known_;
  bool reports_ = true;
};

}  // namespace faultline::config
