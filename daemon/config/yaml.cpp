#include "daemon/config/yaml.h"

#include "daemon/config/text.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_map>

namespace faultline::config {
namespace {

Position position(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

// A construct that the whole file is refused for; caught in parse_yaml.
struct Refused {
  Position at;
  std::string message;
};

// Builds the tree from yaml-cpp's events, which still have marks, anchors and equal keys.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view file, Problems& problems) : file_(file), problems_(problems) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw Refused{position(mark), "a second document begins here; only one is read"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse(mark, "", anchor);
    YamlNode node;
    node.at = position(mark);
    value(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{position(mark), "aliases (*name) are not supported; write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    refuse(mark, tag, anchor);
    if (expects_key()) return key(mark, text);
    YamlNode node;
    node.kind = YamlKind::scalar;
    node.is_quoted = tag == "!";
    node.at = position(mark);
    node.text = text;
    value(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlKind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlKind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    YamlNode node;
    bool has_key = false;
    bool is_duplicate = false;  // the value to come is dropped
    std::string key;
    Position key_at;
    std::unordered_map<std::string, int> lines;  // of the keys so far
  };

  bool expects_key() const {
    return !frames_.empty() && frames_.back().node.kind == YamlKind::map && !frames_.back().has_key;
  }

  void refuse(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0) throw Refused{position(mark), "anchors (&name) are not supported; write the value out"};
    if (!tag.empty() && tag != "?" && tag != "!")
      throw Refused{position(mark), fmt::format("the tag {} is not supported; remove it", in_quotes(tag))};
  }

  void key(const YAML::Mark& mark, const std::string& text) {
    Frame& frame = frames_.back();
    const auto [known, is_new] = frame.lines.emplace(text, mark.line + 1);
    if (!is_new)
      problems_.add(file_, position(mark),
                    fmt::format("{}duplicate key {}, first given on line {}; remove one", path(),
                                in_quotes(text), known->second));
    frame.has_key = true;
    frame.is_duplicate = !is_new;
    frame.key = text;
    frame.key_at = position(mark);
  }

  void value(YamlNode node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    if (expects_key()) throw Refused{node.at, "a key must be a plain word"};
    Frame& frame = frames_.back();
    if (frame.node.kind == YamlKind::list) {
      frame.node.items.push_back(std::move(node));
      return;
    }
    if (!frame.is_duplicate)
      frame.node.entries.push_back({std::move(frame.key), frame.key_at, std::move(node)});
    frame.has_key = false;
  }

  void open(YamlKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse(mark, tag, anchor);
    if (expects_key()) throw Refused{position(mark), "a key must be a plain word"};
    if (frames_.size() >= kMaxYamlDepth)
      throw Refused{position(mark), fmt::format("nested deeper than {} levels", kMaxYamlDepth)};
    frames_.emplace_back();
    frames_.back().node.kind = kind;
    frames_.back().node.at = position(mark);
  }

  void close() {
    YamlNode node = std::move(frames_.back().node);
    frames_.pop_back();
    value(std::move(node));
  }

  // "profiles.cell: ", or empty at the top.
  std::string path() const {
    std::string path;
    for (const Frame& frame : frames_) {
      if (&frame == &frames_.back()) break;
      if (frame.node.kind == YamlKind::list)
        path += fmt::format("[{}]", frame.node.items.size());
      else
        path += (path.empty() ? "" : ".") + frame.key;
    }
    return path.empty() ? path : path + ": ";
  }

  std::string file_;
  Problems& problems_;
  int documents_ = 0;
  std::vector<Frame> frames_;
  YamlNode root_;
};

}  // namespace

std::optional<YamlDocument> parse_yaml(std::string_view text, std::string_view file, Problems& problems) {
  if (text.size() > kMaxYamlBytes) {
    problems.add(file, {}, fmt::format("has {} bytes; at most {} are read", text.size(), kMaxYamlBytes));
    return std::nullopt;
  }
  if (const auto bad = check_text(text)) {
    problems.add(file, bad->at, bad->message);
    return std::nullopt;
  }
  try {
    std::istringstream stream{std::string(without_byte_order_mark(text))};
    YAML::Parser parser(stream);
    TreeBuilder builder(file, problems);
    while (parser.HandleNextDocument(builder)) {
    }
    return YamlDocument{std::string(file), builder.take()};
  } catch (const Refused& refused) {
    problems.add(file, refused.at, refused.message);
  } catch (const YAML::Exception& error) {
    const Position at = error.mark.is_null() ? Position{} : position(error.mark);
    const bool has_tab = text.starts_with('\t') || text.find("\n\t") != std::string_view::npos;
    problems.add(
        file, at,
        fmt::format("is not YAML: {}{}", error.msg, has_tab ? "; indent with spaces, not with tabs" : ""));
  }
  return std::nullopt;
}

std::optional<YamlDocument> load_yaml(const std::filesystem::path& path, Problems& problems,
                                      std::string_view shown_as) {
  const std::string name = shown_as.empty() ? path.string() : std::string(shown_as);
  const Result<std::string> text = read_file(path, kMaxYamlBytes);
  if (!text) {
    problems.add(name, {}, text.error().message);
    return std::nullopt;
  }
  return parse_yaml(*text, name, problems);
}

}  // namespace faultline::config
