// A STAMP reflector for tests on a real UDP socket, in a thread of its own, that misbehaves as it is told.
#pragma once

#include "probes/packet/address.h"
#include "probes/wire/stamp.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <thread>
#include <vector>

namespace faultline::packet {

class TestReflector {
 public:
  using Reply = std::vector<std::byte>;
  // What to send back for the n-th packet (0, 1, …); `plain` is the reply of a good stateless reflector.
  using Script = std::function<std::vector<Reply>(std::size_t number, const Reply& plain)>;

  // Binds an address of loopback and a port that the kernel chooses.
  TestReflector(const IpAddress& address, wire::StampMode mode, Script script);
  ~TestReflector();

  std::uint16_t port() const { return port_; }
  std::size_t seen() const { return seen_; }
  // The traffic class byte of the latest packet, and where it came from.
  int traffic_class() const { return traffic_class_; }
  std::uint16_t sender_port() const { return sender_port_; }
  std::uint32_t sender_address() const { return sender_address_; }  // IPv4, network order
  std::size_t size() const { return size_; }

 private:
  void run();
  void serve_one();

  wire::StampMode mode_;
  Script script_;
  int socket_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> seen_ = 0;
  std::atomic<std::size_t> size_ = 0;
  std::atomic<int> traffic_class_ = 0;
  std::atomic<std::uint16_t> sender_port_ = 0;
  std::atomic<std::uint32_t> sender_address_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace faultline::packet
