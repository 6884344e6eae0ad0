#include "probes/wire/pm_file.h"

#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <unordered_map>

namespace faultline::wire {
namespace {

using State = PmFile::State;
constexpr std::size_t kMostDepth = 32;    // a good file has seven levels
constexpr int kPiece = 16 * 1024 * 1024;  // expat takes an int

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// The next word of a text with spaces between; empty at its end.
std::string_view next_word(std::string_view& text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kSpaces));
  text.remove_prefix(word.size());
  return word;
}

std::string_view without_prefix(std::string_view element) {
  return element.substr(element.find(':') + 1);  // npos + 1 is 0
}

class Reader {
 public:
  explicit Reader(PmFile& file) : file_(file), parser_(XML_ParserCreate(nullptr), XML_ParserFree) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), &on_start, &on_end);
    XML_SetCharacterDataHandler(parser_.get(), &on_text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), &on_doctype);
  }

  void read(std::string_view text) {
    XML_Status status = XML_STATUS_OK;
    while (status == XML_STATUS_OK && !text.empty()) {
      const auto piece = static_cast<int>(std::min<std::size_t>(text.size(), kPiece));
      status = XML_Parse(parser_.get(), text.data(), piece, 0);
      text.remove_prefix(static_cast<std::size_t>(piece));
    }
    if (status != XML_STATUS_OK) {
      if (problem_.empty()) problem_ = XML_ErrorString(XML_GetErrorCode(parser_.get()));
      file_.problem = fmt::format("line {}: {}", XML_GetCurrentLineNumber(parser_.get()), problem_);
      file_.state = State::malformed;
    } else {
      file_.state = is_closed_ ? State::whole : State::unfinished;
    }
    if (file_.state == State::malformed) file_.blocks.clear();
  }

 private:
  static Reader& self(void* data) { return *static_cast<Reader*>(data); }
  static void on_start(void* data, const XML_Char* name, const XML_Char** attributes) {
    self(data).start(without_prefix(name), attributes);
  }
  static void on_end(void* data, const XML_Char* name) { self(data).end(without_prefix(name)); }
  static void on_text(void* data, const XML_Char* text, int size) {
    Reader& reader = self(data);
    if (reader.wants_text_) reader.text_.append(text, static_cast<std::size_t>(size));
  }
  static void on_doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    self(data).refuse("has a document type, which a performance file has not");
  }
  void refuse(const char* why) {
    problem_ = why;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  static std::string_view attribute(const XML_Char** attributes, std::string_view wanted) {
    for (; *attributes != nullptr; attributes += 2)
      if (wanted == *attributes) return attributes[1];
    return {};
  }
  static std::uint32_t position(const XML_Char** attributes) {
    const std::string_view text = attribute(attributes, "p");
    std::uint32_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;  // 0, which no p has, if it is none
  }

  void start(std::string_view name, const XML_Char** attributes) {
    if (++depth_ > kMostDepth) return refuse("is nested too deeply");
    if (depth_ == 1 && name != "measCollecFile") return refuse("is no measCollecFile");
    wants_text_ = name == "measTypes" || name == "measType" || name == "measResults" || name == "r" ||
                  name == "suspect";
    text_.clear();
    p_ = position(attributes);
    if (name == "measInfo") {
      file_.blocks.emplace_back();
      columns_.clear();
    } else if (name == "measValue") {
      object_.emplace();
      object_->name = attribute(attributes, "measObjLdn");
      is_suspect_ = false;
    }
  }

  void end(std::string_view name) {
    --depth_;
    wants_text_ = false;
    if (depth_ == 0) is_closed_ = true;
    if (file_.blocks.empty()) return;
    PmBlock& block = file_.blocks.back();
    std::string_view rest = text_;
    if (name == "measTypes") {
      for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest))
        add_counter(block, static_cast<std::uint32_t>(block.counters.size() + 1), word);
    } else if (name == "measType") {
      add_counter(block, p_, next_word(rest));
    } else if (name == "measResults" && object_) {
      std::uint32_t p = 0;
      for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest))
        add_value(++p, word);
    } else if (name == "r" && object_) {
      add_value(p_, next_word(rest));
    } else if (name == "suspect") {
      is_suspect_ = next_word(rest) == "true";
    } else if (name == "measValue" && object_) {
      if (!is_suspect_ && !object_->values.empty()) block.objects.push_back(std::move(*object_));
      object_.reset();
    }
  }

  void add_counter(PmBlock& block, std::uint32_t p, std::string_view counter) {
    columns_[p] = static_cast<std::uint32_t>(block.counters.size());
    block.counters.emplace_back(counter);
  }
  void add_value(std::uint32_t p, std::string_view text) {
    const auto column = columns_.find(p);
    const auto value = number_of(text);
    if (column != columns_.end() && value) object_->values.emplace_back(column->second, *value);
  }

  PmFile& file_;
  std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser_;
  std::size_t depth_ = 0;
  bool is_closed_ = false;
  bool wants_text_ = false;
  bool is_suspect_ = false;
  std::uint32_t p_ = 0;
  std::string text_, problem_;
  std::unordered_map<std::uint32_t, std::uint32_t> columns_;  // of the block, by p
  std::optional<PmObject> object_;
};

}  // namespace

PmFile parse_pm_xml(std::string_view text) {
  PmFile file;
  Reader(file).read(text);
  return file;
}

std::string_view part_of_name(std::string_view name, std::string_view part) {
  if (part.empty()) return name;
  const std::size_t comma = name.rfind(',');
  const std::string_view last = comma == std::string_view::npos ? name : name.substr(comma + 1);
  const std::size_t equals = last.find('=');
  if (equals == std::string_view::npos || last.substr(0, equals) != part) return {};
  return last.substr(equals + 1);
}

}  // namespace faultline::wire
