// Gives up what the process needed only to open its sockets. Capabilities belong to threads and a new thread
// has those of its maker: call it before anything starts one. Knows nothing of sockets; plain system calls.
#pragma once

#include "rules/model/result.h"

#include <string>
#include <vector>

namespace faultline::app {

// Takes CAP_NET_RAW and CAP_NET_ADMIN from all sets of the calling thread (effective, permitted, inheritable,
// ambient; from the bounding set where CAP_SETPCAP allows it), for good. Gives the names of those that it
// had, as capabilities(7) writes them in small letters; none is no error.
Result<std::vector<std::string>> drop_network_capabilities();

}  // namespace faultline::app
