// Is a request on loopback really meant for us? A page in a browser can reach 127.0.0.1 under a name of its
// own (DNS rebinding), and can post to it across origins; both show in the Host and Origin headers. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace faultline::http {

// Name of a Host value without its port, in lower case, IPv6 without brackets; empty if malformed.
std::string host_name(std::string_view host);
// localhost, a loopback literal, or one of `allowed` (lower case).
bool is_allowed_host(std::string_view host, const std::vector<std::string>& allowed);
// True without Origin, or if the Origin (RFC 6454 §7: "http://host:port") names the same host and port as
// Host.
bool is_same_origin(std::string_view origin, std::string_view host);

}  // namespace faultline::http
