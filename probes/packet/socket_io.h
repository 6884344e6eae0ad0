// PacketIo over one ordinary socket: sendmmsg and recvmmsg in batches, receive times from the kernel, send
// times interpolated over the sending call, ICMP errors from the socket's error queue, lost replies from its
// drop counter. Read on the shard's tick only: nothing polls this socket.
#pragma once

#include "probes/packet/packet_io.h"
#include "probes/packet/socket_open.h"
#include "probes/packet/stamp_clock.h"

#include <memory>
#include <string>

namespace faultline::packet {

class SocketIo final : public PacketIo {
 public:
  // `clock` is shared by all sockets of a shard and outlives them.
  SocketIo(OpenedSocket socket, wire::IpVersion version, StampClock& clock);
  ~SocketIo() override;

  void send(std::span<Outgoing> packets) override;
  std::span<const Incoming> receive() override;
  std::uint64_t queue_drops() override;
  std::uint64_t clock_steps() const override;

 private:
  struct Buffers;
  std::size_t read(int flags);
  bool fill(Incoming& packet, std::size_t i, bool is_error);
  std::size_t prepare(std::span<Outgoing> packets);
  unsigned interface_index(const std::string& name);
  std::size_t send_some(std::span<Outgoing> packets, std::size_t first);
  std::size_t control_for(const PacketSettings& settings, std::byte* buffer);

  Socket socket_;
  wire::IpVersion version_;
  StampClock& clock_;
  std::unique_ptr<Buffers> buffers_;
  Nanos emptied_at_;
  std::string interface_name_;
  Nanos interface_asked_at_ = 0;
  unsigned interface_index_ = 0;
  bool strip_ip_header_;
  bool looks_empty_ = false;  // the last read found fewer packets than it asked for
};

}  // namespace faultline::packet
