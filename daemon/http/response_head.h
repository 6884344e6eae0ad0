// Status line and header fields of an answer as bytes (RFC 9112). Pure.
#pragma once

#include "daemon/http/message.h"

#include <ctime>
#include <string>

namespace faultline::http {

enum class Framing : std::uint8_t {
  length,   // Content-Length of the body
  chunked,  // Transfer-Encoding: chunked
  close     // until the connection ends (HTTP/1.0 without a length)
};

// Adds Date, Server, Content-Type, framing, Connection, X-Content-Type-Options, and Cache-Control: no-store
// if the response has none. Control characters in names and values of the response's headers are dropped.
std::string response_head(const HttpResponse& response, Framing framing, bool keep_alive, std::time_t now);
// One chunk of a chunked body: its size line; the block and "\r\n" follow it. The end is kLastChunk.
std::string chunk_head(std::size_t size);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace faultline::http
