// A stream of STAMP packets (RFC 8762) at a bounded rate against a reflector, such as `faultline reflector`:
// how much of it arrives there, and how much comes back. What the throughput probe's method `stamp` does.
#pragma once

#include "probes/session/reach.h"
#include "rules/model/time.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace faultline::session {

struct LoadPlan {
  std::string host;  // address or name
  std::uint16_t port = 862;
  double bps = 0;                // of IP packets, headers included
  std::size_t packet_bytes = 0;  // of an IP packet, as RFC 9097 counts; a STAMP packet fits in
  Duration duration{};
};

// What became of the packets.
class LoadCount {
 public:
  // The sequence number of the first packet, random: it tells a reflector that copies it from one that
  // counts.
  explicit LoadCount(std::uint32_t first) : first_(first) {}

  void sent() { back_.push_back(false); }
  // An answer with the reflector's sequence number and the sender's.
  void answered(std::uint32_t reflector, std::uint32_t sender);

  std::uint32_t next_sequence() const { return first_ + static_cast<std::uint32_t>(back_.size()); }
  std::size_t sent_count() const { return back_.size(); }
  std::size_t received_count() const { return received_; }  // without duplicates
  // How many arrived at the reflector; nothing if it does not tell, for a copied number says nothing.
  std::optional<std::size_t> arrived_count() const;

 private:
  std::uint32_t first_;
  std::vector<bool> back_;  // by packet
  std::size_t received_ = 0;
  bool is_counting_ = false;                // the reflector gives numbers of its own
  std::uint32_t lowest_ = 0, highest_ = 0;  // of them
};

struct LoadCourse {
  LoadCount count{0};
  Duration lasted{};  // from the first packet to the last
  Attempt attempt;    // a socket that could not be opened, or what was refused
  bool is_unresolved = false;
  bool is_malformed = false;  // something came that is no STAMP
  bool is_cancelled = false;
};

// Bits a second of so many of the packets, at the rate at which they were sent; 0 if it is only one.
double rate_of(const LoadCourse& course, const LoadPlan& plan, std::size_t packets);

// By `time_limit` at the latest.
boost::asio::awaitable<LoadCourse> send_load(LoadPlan plan, Duration time_limit);

}  // namespace faultline::session
