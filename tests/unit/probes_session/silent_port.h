// A TCP port of loopback whose queue of connections is full: what asks for one more hears nothing, as behind
// a filter.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <sys/socket.h>

#include <string>
#include <vector>

namespace faultline::session {

class SilentPort {
 public:
  explicit SilentPort(boost::asio::io_context& io) : listener_(io, boost::asio::ip::tcp::v4()) {
    listener_.bind({boost::asio::ip::address_v4::loopback(), 0});
    listener_.listen(0);
    for (int i = 0; i < 4; ++i) {  // more than the queue takes
      fillers_.emplace_back(io, boost::asio::ip::tcp::v4());
      fillers_.back().non_blocking(true);
      const boost::asio::ip::tcp::endpoint remote = listener_.local_endpoint();
      [[maybe_unused]] const int begun =
          ::connect(fillers_.back().native_handle(), remote.data(), static_cast<socklen_t>(remote.size()));
    }
  }
  std::string port() const { return std::to_string(listener_.local_endpoint().port()); }

 private:
  boost::asio::ip::tcp::acceptor listener_;
  std::vector<boost::asio::ip::tcp::socket> fillers_;
};

}  // namespace faultline::session
