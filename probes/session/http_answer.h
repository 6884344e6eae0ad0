// The answer to an HTTP/1 request, taken in piece by piece as it comes: status, and as much of the body as is
// wanted, kept or only counted. Pure; untrusted bytes. Interim answers (1xx) are passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace faultline::session {

class HttpAnswer {
 public:
  enum class State : std::uint8_t {
    unfinished,
    whole,     // or as much of it as is wanted
    malformed  // this is not HTTP
  };

  enum class Body : std::uint8_t { kept, counted };

  // `is_head`: of a HEAD request, which has no body whatever the header says. At most `most_body` bytes of
  // the body are taken.
  HttpAnswer(bool is_head, std::size_t most_body, Body what = Body::kept);
  ~HttpAnswer();
  HttpAnswer(const HttpAnswer&) = delete;
  HttpAnswer& operator=(const HttpAnswer&) = delete;

  State take(std::string_view bytes);
  // The connection was closed: some answers end so, others are unfinished for good.
  State end();

  State state() const;
  unsigned status() const;          // 0 until the header is whole
  const std::string& body() const;  // empty if it is only counted
  std::size_t body_size() const;    // taken so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::session
