// gzip (RFC 1952) of a text that comes in blocks, by zlib. One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace faultline::metrics {

class Gzip {
 public:
  Gzip();  // throws std::bad_alloc without memory
  ~Gzip();
  Gzip(Gzip&&) noexcept;
  Gzip& operator=(Gzip&&) noexcept;

  // The compressed block, ready to be sent. With `last`, ends the stream; call nothing afterwards.
  std::string deflate(std::string_view text, bool last);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// True if an Accept-Encoding header (RFC 9110 §12.5.3) takes gzip: named, or by "*", with a quality above 0.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace faultline::metrics
