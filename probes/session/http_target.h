// What the http probe asks for: its `url` and `expected_status` options read. Pure.
#pragma once

#include "rules/model/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::session {

struct HttpTarget {
  bool tls = true;
  std::string host;  // a name or an address without brackets
  std::uint16_t port = 443;
  std::string path = "/";  // and query
  // As it stands in a request: an IPv6 address in brackets, a port that is not the scheme's.
  std::string host_header() const;
};

// "https://HOST[:PORT]/PATH", "http://…", or a path alone, which means https://{address}. Each {address}
// stands for `address`. A `port` other than 0 stands over the URL's.
Result<HttpTarget> parse_http_target(std::string_view url, std::string_view address, std::uint16_t port);

// Which statuses are good: "200-399", "200,204,301-308"; numbers from 100 to 599.
class StatusList {
 public:
  static Result<StatusList> parse(std::string_view text);
  bool contains(unsigned status) const;

 private:
  std::vector<std::pair<unsigned, unsigned>> ranges_;  // first and last
};

}  // namespace faultline::session
