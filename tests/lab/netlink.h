// The four rtnetlink requests that the lab's namespace needs (man 7 rtnetlink).
#pragma once

#include "rules/model/result.h"
#include "tests/lab/address.h"
#include "tests/lab/netns.h"

namespace faultline::lab {

class Netlink {
 public:
  static Result<Netlink> open();

  Result<void> set_up(unsigned interface, unsigned queue_length = 0);
  // Without duplicate address detection, so that an IPv6 address can be used at once.
  Result<void> add_address(unsigned interface, const Address& address);
  Result<void> add_default_route(unsigned interface, bool v6);

 private:
  explicit Netlink(Descriptor socket) : socket_(std::move(socket)) {}
  struct Request;
  Result<void> send(Request& request, const char* what);

  Descriptor socket_;
};

}  // namespace faultline::lab
