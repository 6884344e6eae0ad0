// One descriptor in net-snmp's own kind of set, however large its number.
#pragma once

#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/types.h>

namespace faultline::session {

class FdSet {
 public:
  explicit FdSet(int fd) : fd_(fd) { netsnmp_large_fd_set_init(&set_, FD_SETSIZE); }
  ~FdSet() { netsnmp_large_fd_set_cleanup(&set_); }
  FdSet(const FdSet&) = delete;
  FdSet& operator=(const FdSet&) = delete;
  netsnmp_large_fd_set* ready() {  // the library takes it out again when it has read
    netsnmp_large_fd_setfd(fd_, &set_);
    return &set_;
  }

 private:
  int fd_;
  netsnmp_large_fd_set set_{};
};

}  // namespace faultline::session
