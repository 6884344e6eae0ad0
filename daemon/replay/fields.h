// Typed reading of the fields of one JSON object; the first mistake is kept and told at the end. Private to
// daemon/replay.
#pragma once

#include "rules/model/result.h"
#include "rules/model/time.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace faultline::replay {

class Fields {
 public:
  explicit Fields(const boost::json::object& object) : object_(object) { seen_.insert("type"); }

  bool has(std::string_view key) const { return object_.contains(key); }
  std::string text(std::string_view key);  // must be there
  std::string text_or(std::string_view key, std::string_view otherwise);
  double number(std::string_view key, double otherwise, double minimum, double maximum);
  std::uint64_t whole(std::string_view key, std::uint64_t otherwise, std::uint64_t maximum);
  bool flag(std::string_view key, bool otherwise);
  Timestamp time(std::string_view key);  // must be there
  std::optional<Timestamp> time_if(std::string_view key);
  std::size_t choice(std::string_view key, std::span<const std::string_view> words, std::size_t otherwise);
  const boost::json::object* object(std::string_view key);  // null if not there
  const boost::json::array* list(std::string_view key);     // null if not there
  void wrong(std::string_view key, std::string_view what);

  // The first mistake, or a key that nobody asked for.
  std::optional<Error> error() const;

 private:
  const boost::json::value* find(std::string_view key);

  const boost::json::object& object_;
  std::set<std::string, std::less<>> seen_;
  std::optional<Error> first_;
};

}  // namespace faultline::replay
