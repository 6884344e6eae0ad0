// A modem for tests: the far end of a pty on the test's own event loop. It answers each command as its script
// says; an empty text is silence.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/write.hpp>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace faultline::session {

class PtyModem {
 public:
  using Script = std::function<std::string(const std::string& command)>;

  PtyModem(boost::asio::io_context& io, Script script) : master_(io), script_(std::move(script)) {
    int master = -1;
    std::array<char, 128> path{};
    if (openpty(&master, &slave_, path.data(), nullptr, nullptr) != 0) throw std::runtime_error("openpty");
    termios settings{};
    tcgetattr(slave_, &settings);
    cfmakeraw(&settings);
    tcsetattr(slave_, TCSANOW, &settings);
    device_ = path.data();
    master_.assign(master);
    read();
  }
  ~PtyModem() { close(slave_); }

  const std::string& device() const { return device_; }
  const std::vector<std::string>& commands() const { return commands_; }
  void vanish() { master_.close(); }

 private:
  void read() {
    master_.async_read_some(boost::asio::buffer(bytes_),
                            [this](boost::system::error_code error, std::size_t count) {
                              if (error) return;
                              for (const char c : std::string(bytes_.data(), count)) {
                                if (c != '\r') {
                                  line_ += c;
                                  continue;
                                }
                                commands_.push_back(std::exchange(line_, {}));
                                const std::string answer = script_(commands_.back());
                                boost::system::error_code ignored;
                                if (master_.is_open())
                                  boost::asio::write(master_, boost::asio::buffer(answer), ignored);
                              }
                              if (master_.is_open()) read();
                            });
  }

  boost::asio::posix::stream_descriptor master_;
  int slave_ = -1;  // kept open, so that the probe's end coming and going is no hang-up
  Script script_;
  std::string device_, line_;
  std::vector<std::string> commands_;
  std::array<char, 256> bytes_{};
};

}  // namespace faultline::session
