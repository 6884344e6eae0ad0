// The socket of one trace: packets that are to die on the way, and what the kernel's error queue says of
// them. Needs no privilege: UDP, or a ping socket where net.ipv4.ping_group_range allows it.
#pragma once

#include "rules/model/result.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faultline::session {

// The type of every packet on the way, as routers that spread load by flow see it.
enum class PathMethod : std::uint8_t {
  icmp,  // echo requests of one identifier and one checksum: one flow, one way
  udp,   // every packet to another port from 33434 on, as traceroute has always done: maybe several ways
};

// What came back for packet number `index`.
struct PathAnswer {
  std::uint16_t index = 0;
  std::string address;  // who says it
  bool is_endpoint = false;
  std::string_view refusal{};  // of a router that will not forward; else empty
};

class PathSocket {
 public:
  // The error says what the kernel does not allow.
  static Result<PathSocket> open(const boost::asio::any_io_executor& executor, boost::asio::ip::address to,
                                 PathMethod method);

  // False if the own kernel refuses it. `index` below 1,024.
  bool send(std::uint16_t index, int time_to_live);
  // What has come, without waiting.
  std::optional<PathAnswer> read();
  // Waits until something may have come, or until cancel() or close().
  boost::asio::awaitable<void> wait();
  void cancel();
  void close();
  bool is_open() const { return descriptor_.is_open(); }

 private:
  PathSocket(const boost::asio::any_io_executor& executor, int fd, boost::asio::ip::address to,
             PathMethod method);
  std::optional<PathAnswer> read_error();
  std::optional<PathAnswer> read_reply();

  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::ip::address to_;
  PathMethod method_;
};

}  // namespace faultline::session
