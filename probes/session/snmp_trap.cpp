#include "probes/session/snmp_trap.h"

#include "probes/session/snmp_fd_set.h"
#include "probes/session/snmp_library.h"
#include "probes/session/snmp_value.h"

#include <arpa/inet.h>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <net-snmp/net-snmp-config.h>
// After it, as the library wishes.
#include <net-snmp/library/snmpUDPBaseDomain.h>
#include <net-snmp/library/snmp_transport.h>
#include <net-snmp/net-snmp-includes.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace faultline::session {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMostVariables = 64, kMostHexBytes = 512;
constexpr int kAtATime = 64;  // messages before the loop gets its turn
constexpr std::array<oid, 10> kUpTime = {1, 3, 6, 1, 2, 1, 1, 3, 0};
constexpr std::array<oid, 11> kTrapOid = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
constexpr std::array<std::uint32_t, 9> kGenericTraps = {1, 3, 6, 1, 6, 3, 1, 1, 5};

template <std::size_t N>
bool is(const netsnmp_variable_list& variable, const std::array<oid, N>& wanted, std::size_t size) {
  return variable.name_length == size && std::equal(wanted.begin(), wanted.begin() + size, variable.name);
}

// Text as it is, or in hexadecimal digits if it is none; numbers, names and addresses as they are read.
std::string field_of(const netsnmp_variable_list& variable) {
  if (variable.type == ASN_IPADDRESS && variable.val_len >= 4) {
    const unsigned char* a = variable.val.string;
    return fmt::format("{}.{}.{}.{}", a[0], a[1], a[2], a[3]);
  }
  const SnmpValue value = value_of(variable);
  if (value.kind == SnmpValue::Kind::none) return {};
  if (value.kind != SnmpValue::Kind::text) return text_of(value);
  const bool is_text =
      std::all_of(value.text.begin(), value.text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (is_text) return value.text;
  std::string hex;
  for (const char c : value.text.substr(0, kMostHexBytes))
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

std::string address_text(const void* data, int size) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  // UDP transports hand over this pair; the sender comes first.
  if (data == nullptr || size < static_cast<int>(sizeof(netsnmp_indexed_addr_pair))) return {};
  const auto* pair = static_cast<const netsnmp_indexed_addr_pair*>(data);
  const void* address = pair->remote_addr.sa.sa_family == AF_INET6
                            ? static_cast<const void*>(&pair->remote_addr.sin6.sin6_addr)
                            : static_cast<const void*>(&pair->remote_addr.sin.sin_addr);
  if (::inet_ntop(pair->remote_addr.sa.sa_family, address, text.data(), text.size()) == nullptr) return {};
  return text.data();
}

// RFC 3584 §3.1 (2) and (3).
Oid oid_of_version_1(const netsnmp_pdu& pdu) {
  if (pdu.trap_type >= 0 && pdu.trap_type < SNMP_TRAP_ENTERPRISESPECIFIC) {
    Oid generic(kGenericTraps.begin(), kGenericTraps.end());
    generic.push_back(static_cast<std::uint32_t>(pdu.trap_type + 1));
    return generic;
  }
  Oid specific = oid_of(pdu.enterprise, pdu.enterprise_length);
  specific.push_back(0);
  specific.push_back(static_cast<std::uint32_t>(pdu.specific_type));
  return specific;
}

SnmpTrap trap_of(const netsnmp_pdu& pdu) {
  SnmpTrap trap;
  trap.agent = address_text(pdu.transport_data, pdu.transport_data_length);
  trap.community.assign(reinterpret_cast<const char*>(pdu.community), pdu.community_len);
  if (pdu.command == SNMP_MSG_TRAP) {
    trap.oid = oid_of_version_1(pdu);
    const auto* a = pdu.agent_addr;
    if (a[0] != 0) trap.agent = fmt::format("{}.{}.{}.{}", a[0], a[1], a[2], a[3]);
  }
  for (const netsnmp_variable_list* v = pdu.variables; v != nullptr; v = v->next_variable) {
    if (is(*v, kUpTime, 9)) continue;
    if (is(*v, kTrapOid, kTrapOid.size())) {
      if (v->type == ASN_OBJECT_ID) trap.oid = oid_of(v->val.objid, v->val_len / sizeof(oid));
    } else if (trap.variables.size() < kMostVariables) {
      trap.variables.emplace_back(oid_of(v->name, v->name_length), field_of(*v));
    }
  }
  return trap;
}

}  // namespace

struct SnmpTrapPort::Impl {
  Sink sink;
  void* handle = nullptr;
  std::optional<asio::posix::stream_descriptor> socket;
  std::optional<FdSet> set;
  std::uint64_t garbage = 0;
  bool was_trap = false;
  std::shared_ptr<bool> is_open = std::make_shared<bool>(true);

  ~Impl() {
    if (socket) socket->release();  // the library closes it
    if (handle != nullptr) snmp_sess_close(handle);
  }
  static int on_event(int operation, netsnmp_session*, int, netsnmp_pdu* pdu, void* self) noexcept;
  void acknowledge(netsnmp_pdu& pdu) const;
  void wait();
  void read();
};

int SnmpTrapPort::Impl::on_event(int operation, netsnmp_session*, int, netsnmp_pdu* pdu,
                                 void* self) noexcept {
  Impl& impl = *static_cast<Impl*>(self);
  const bool is_trap =
      operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && pdu->version != SNMP_VERSION_3 &&
      (pdu->command == SNMP_MSG_TRAP || pdu->command == SNMP_MSG_TRAP2 || pdu->command == SNMP_MSG_INFORM);
  if (!is_trap) return 1;
  impl.was_trap = true;
  try {
    impl.sink(trap_of(*pdu));
    if (pdu->command == SNMP_MSG_INFORM) impl.acknowledge(*pdu);
  } catch (const std::exception&) {
    ++impl.garbage;  // memory ran out: the sender of an inform sends it again
  }
  return 1;
}

void SnmpTrapPort::Impl::acknowledge(netsnmp_pdu& pdu) const {
  netsnmp_pdu* answer = snmp_clone_pdu(&pdu);
  if (answer == nullptr) return;
  answer->command = SNMP_MSG_RESPONSE;
  answer->errstat = 0;
  answer->errindex = 0;
  if (snmp_sess_send(handle, answer) == 0) snmp_free_pdu(answer);
}

void SnmpTrapPort::Impl::wait() {
  // A message may have come, and its handler wait for its turn, when the port is closed.
  socket->async_wait(asio::posix::descriptor_base::wait_read,
                     [this, open = std::weak_ptr(is_open)](boost::system::error_code error) {
                       if (error || open.expired()) return;
                       read();
                       wait();
                     });
}

void SnmpTrapPort::Impl::read() {
  std::array<char, 1> peek{};
  for (int n = 0;
       n < kAtATime && ::recv(socket->native_handle(), peek.data(), 1, MSG_PEEK | MSG_DONTWAIT) >= 0; ++n) {
    was_trap = false;
    snmp_sess_read2(handle, set->ready());
    if (!was_trap) ++garbage;
  }
}

SnmpTrapPort::SnmpTrapPort(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SnmpTrapPort::~SnmpTrapPort() = default;

Result<std::unique_ptr<SnmpTrapPort>> SnmpTrapPort::open(const asio::any_io_executor& executor,
                                                         const std::string& address, std::uint16_t port,
                                                         Sink sink) {
  start_snmp_library();
  const bool is_v6 = address.find(':') != std::string::npos;
  const std::string name =
      is_v6 ? fmt::format("udp6:[{}]:{}", address, port) : fmt::format("udp:{}:{}", address, port);
  errno = 0;
  netsnmp_transport* transport = netsnmp_transport_open_server("faultline", name.c_str());
  if (transport == nullptr)
    return fail(fmt::format(
        "alarms.traps.listen: {}:{} cannot be opened: {}; is another receiver on it, or is the port "
        "below 1024 (redirect 162 to 1162)?",
        address, port, std::strerror(errno)));
  auto impl = std::make_unique<Impl>();
  impl->sink = std::move(sink);
  netsnmp_session wanted;
  snmp_sess_init(&wanted);
  wanted.version = SNMP_DEFAULT_VERSION;
  wanted.callback = &Impl::on_event;
  wanted.callback_magic = impl.get();
  wanted.authenticator = nullptr;  // communities are the caller's business
  wanted.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;
  impl->handle = snmp_sess_add(&wanted, transport, nullptr, nullptr);
  if (impl->handle == nullptr) return fail("alarms.traps.listen: libsnmp gives no session");
  const int fd = snmp_sess_transport(impl->handle)->sock;
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  impl->socket.emplace(executor, fd);
  impl->set.emplace(fd);
  impl->wait();
  return std::unique_ptr<SnmpTrapPort>(new SnmpTrapPort(std::move(impl)));
}

std::uint16_t SnmpTrapPort::port() const {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(impl_->socket->native_handle(), reinterpret_cast<sockaddr*>(&own), &size) != 0) return 0;
  return ntohs(own.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(own).sin6_port
                                         : reinterpret_cast<const sockaddr_in&>(own).sin_port);
}

std::uint64_t SnmpTrapPort::garbage() const {
  return impl_->garbage;
}

}  // namespace faultline::session
