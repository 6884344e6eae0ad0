// Ancillary data of a packet (cmsg(3)) into a buffer, without its macros' assumptions about alignment.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstring>

namespace faultline::packet {

// Writes one control message; gives the room that it takes.
template <typename T>
std::size_t put_control(std::byte* at, int level, int type, const T& value) {
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(sizeof value);
  header.cmsg_level = level;
  header.cmsg_type = type;
  std::memcpy(at, &header, sizeof header);
  std::memcpy(at + CMSG_LEN(0), &value, sizeof value);
  return CMSG_SPACE(sizeof value);
}

}  // namespace faultline::packet
