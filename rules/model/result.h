// The result of something that may fail as expected (a parse, a config, a delivery). Network trouble is not
// an error but an Outcome (round.h); a bug is an exception.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace faultline {

// The message says where, what, and what was expected: "faultline.yaml:14:9: interval: "5" has no unit (try
// 5s)".
struct Error {
  std::string message;
  bool may_pass = false;  // not for what was asked but for what stands in its way: a full disk, a locked file
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::make_unexpected(Error{std::move(message)});
}

}  // namespace faultline
