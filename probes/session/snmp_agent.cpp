#include "probes/session/snmp_agent.h"

#include "probes/async/cancellation.h"
#include "probes/async/deadline.h"
#include "probes/session/reach.h"
#include "probes/session/snmp_fd_set.h"
#include "probes/session/snmp_users.h"
#include "probes/session/snmp_value.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <net-snmp/net-snmp-config.h>
// After it, as the library wishes.
#include <net-snmp/library/snmp_transport.h>
#include <net-snmp/library/transform_oids.h>
#include <net-snmp/net-snmp-includes.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
// SNMP_MIN_MAX_LEN and what an Ethernet packet takes: agents need not fragment.
constexpr std::size_t kLargestMessage = 1472;

// What the kernel said of a packet that did not arrive.
std::optional<std::pair<Outcome, OutcomeReason>> from_errno(int error) {
  switch (error) {
    case ECONNREFUSED:
      return std::pair(Outcome::unreachable, OutcomeReason::port_unreachable);
    case EHOSTUNREACH:
      return std::pair(Outcome::unreachable, OutcomeReason::host_unreachable);
    case ENETUNREACH:
      return std::pair(Outcome::unreachable, OutcomeReason::net_unreachable);
    case EACCES:
    case EPERM:
      return std::pair(Outcome::unreachable, OutcomeReason::admin_prohibited);
    default:
      return std::nullopt;
  }
}

std::string question_text(int command, const std::vector<Oid>& oids) {
  std::string text = command == SNMP_MSG_GET ? "GET" : "GETNEXT";
  for (const Oid& oid : oids) text += ' ' + oid_text(oid);
  return text;
}

void tell_answer(const ExchangeWatch& watch, const SnmpAnswer& answer) {
  for (const SnmpVariable& variable : answer.variables)
    watch("<", fmt::format("{} = {}", oid_text(variable.oid), text_of(variable.value)));
  if (answer.outcome == Outcome::ok) return;
  const bool has_reason = answer.reason != OutcomeReason::none;
  watch("<", fmt::format("{}{}{}", name(answer.outcome), has_reason ? ": " : "",
                         has_reason ? name(answer.reason) : ""));
}

Outcome outcome_of_status(long status) {
  const bool is_refusal = status == SNMP_ERR_NOACCESS || status == SNMP_ERR_AUTHORIZATIONERROR;
  return is_refusal ? Outcome::refused : Outcome::malformed;
}

}  // namespace

struct SnmpAgent::Impl {
  asio::any_io_executor executor;
  std::shared_ptr<const SnmpIdentity> identity;
  Duration patience{};
  ExchangeWatch watch;
  void* handle = nullptr;
  netsnmp_session* session = nullptr;  // of the handle
  std::optional<asio::posix::stream_descriptor> socket;
  std::optional<FdSet> set;
  bool has_given_up = false;
  bool heard_nonsense = false;
  bool knows_engine = false;
  // The question under way.
  bool is_answered = false;
  int report = 0;  // of version 3, instead of an answer
  SnmpAnswer answer;

  Impl(asio::any_io_executor e, std::shared_ptr<const SnmpIdentity> i, Duration p)
      : executor(std::move(e)), identity(std::move(i)), patience(p) {}
  ~Impl() {
    if (socket) socket->release();  // the library closes it
    if (handle != nullptr) snmp_sess_close(handle);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void open(const std::string& address, std::uint16_t port, int retries, const std::string& engine);
  void set_engine(const std::string& engine);
  void fail_open(Outcome outcome, OutcomeReason reason) {
    answer.outcome = outcome;
    answer.reason = reason;
  }
  void take(const netsnmp_pdu& pdu);
  void finish(Outcome outcome, OutcomeReason reason) {
    is_answered = true;
    answer = {};
    answer.outcome = outcome;
    answer.reason = reason;
  }
  void finish_silent() {
    finish(heard_nonsense ? Outcome::malformed : Outcome::timed_out, OutcomeReason::none);
  }
  static int on_event(int operation, netsnmp_session* session, int, netsnmp_pdu* pdu, void* self) noexcept;
  void read();
  asio::awaitable<void> ask(netsnmp_pdu* pdu);
  asio::awaitable<void> discover();
  asio::awaitable<SnmpAnswer> question(int command, std::vector<Oid> oids);
};

void SnmpAgent::Impl::open(const std::string& address, std::uint16_t port, int retries,
                           const std::string& engine) {
  start_snmp_library();
  boost::system::error_code error;
  const auto literal = asio::ip::make_address(address, error);
  if (error) return fail_open(Outcome::not_measured, OutcomeReason::name_unresolved);
  std::string peer =
      literal.is_v6() ? fmt::format("udp6:[{}]:{}", address, port) : fmt::format("udp:{}:{}", address, port);
  SnmpCredentials mine = identity->credentials;  // the library's struct wants what it may write to
  netsnmp_session wanted;
  snmp_sess_init(&wanted);
  wanted.peername = peer.data();
  wanted.retries = std::max(retries, 1);  // version 3 sends again by itself when the clocks differ
  wanted.timeout = std::chrono::duration_cast<std::chrono::microseconds>(patience).count();
  wanted.sndMsgMaxSize = wanted.rcvMsgMaxSize = kLargestMessage;
  if (mine.version == SnmpVersion::v2c) {
    wanted.version = SNMP_VERSION_2c;
    wanted.community = reinterpret_cast<unsigned char*>(mine.community.data());
    wanted.community_len = mine.community.size();
  } else {
    wanted.version = SNMP_VERSION_3;
    wanted.securityModel = SNMP_SEC_MODEL_USM;
    wanted.securityName = mine.user.data();
    wanted.securityNameLen = mine.user.size();
    const bool has_auth = identity->auth_key.size > 0, has_privacy = identity->privacy_key.size > 0;
    wanted.securityLevel = has_privacy ? SNMP_SEC_LEVEL_AUTHPRIV
                           : has_auth  ? SNMP_SEC_LEVEL_AUTHNOPRIV
                                       : SNMP_SEC_LEVEL_NOAUTH;
    wanted.securityAuthProto =
        has_auth ? sc_get_auth_oid(auth_type_of(mine.auth_protocol), &wanted.securityAuthProtoLen)
                 : usmNoAuthProtocol;
    if (!has_auth) wanted.securityAuthProtoLen = OID_LENGTH(usmNoAuthProtocol);
    wanted.securityPrivProto =
        has_privacy ? sc_get_priv_oid(privacy_type_of(mine.privacy_protocol), &wanted.securityPrivProtoLen)
                    : usmNoPrivProtocol;
    if (!has_privacy) wanted.securityPrivProtoLen = OID_LENGTH(usmNoPrivProtocol);
    wanted.securityAuthKeyLen = identity->auth_key.size;
    std::copy_n(identity->auth_key.bytes.begin(), identity->auth_key.size, wanted.securityAuthKey);
    wanted.securityPrivKeyLen =
        std::min<std::size_t>(identity->privacy_key.size, sizeof wanted.securityPrivKey);
    std::copy_n(identity->privacy_key.bytes.begin(), wanted.securityPrivKeyLen, wanted.securityPrivKey);
  }
  handle = snmp_sess_open(&wanted);
  if (handle == nullptr) return fail_open(Outcome::not_measured, OutcomeReason::send_failed);
  session = snmp_sess_session(handle);
  session->flags |= SNMP_FLAGS_DONT_PROBE;  // the library would wait for the answer
  const int fd = snmp_sess_transport(handle)->sock;
  // Connected: the kernel drops what others send, and tells of ICMP errors.
  const asio::ip::udp::endpoint remote(literal, port);
  if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 ||
      connect(fd, remote.data(), static_cast<socklen_t>(remote.size())) != 0)
    return fail_open(Outcome::not_measured, OutcomeReason::no_route);
  ask_for_errors(fd, literal);
  socket.emplace(executor, fd);
  set.emplace(fd);
  if (session->version == SNMP_VERSION_3 && !engine.empty()) set_engine(engine);
}

void SnmpAgent::Impl::set_engine(const std::string& engine) {
  const auto copy = [&] { return static_cast<unsigned char*>(netsnmp_memdup(engine.data(), engine.size())); };
  session->securityEngineID = copy();
  session->securityEngineIDLen = engine.size();
  session->contextEngineID = copy();
  session->contextEngineIDLen = engine.size();
  knows_engine = introduce_snmp_user(*session, identity);
}

void SnmpAgent::Impl::take(const netsnmp_pdu& pdu) {
  if (pdu.errstat != SNMP_ERR_NOERROR) return finish(outcome_of_status(pdu.errstat), OutcomeReason::none);
  finish(Outcome::ok, OutcomeReason::none);
  for (const netsnmp_variable_list* v = pdu.variables; v != nullptr; v = v->next_variable)
    answer.variables.push_back({oid_of(v->name, v->name_length), value_of(*v)});
}

// Called by the library, out of its read, time-out and send functions.
int SnmpAgent::Impl::on_event(int operation, netsnmp_session* session, int, netsnmp_pdu* pdu,
                              void* self) noexcept {
  Impl& impl = *static_cast<Impl*>(self);
  if (impl.is_answered) return 1;
  switch (operation) {
    case NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE:
    case NETSNMP_CALLBACK_OP_SEC_ERROR:  // a report comes by one of them, or by both
      if (pdu->command == SNMP_MSG_RESPONSE) {
        impl.take(*pdu);
      } else if (pdu->command == SNMP_MSG_REPORT) {
        impl.report = snmpv3_get_report_type(pdu);
        // The library sets its idea of the agent's clock and sends again.
        if (impl.report != SNMPERR_NOT_IN_TIME_WINDOW) impl.finish(Outcome::refused, OutcomeReason::none);
      }
      break;
    case NETSNMP_CALLBACK_OP_TIMED_OUT:
      impl.finish_silent();
      break;
    case NETSNMP_CALLBACK_OP_SEND_FAILED: {
      const auto told = from_errno(session->s_errno);
      if (told)
        impl.finish(told->first, told->second);
      else
        impl.finish(Outcome::not_measured, OutcomeReason::send_failed);
      break;
    }
    default:
      break;
  }
  return 1;
}

void SnmpAgent::Impl::read() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket->native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (const auto told = from_errno(error)) return finish(told->first, told->second);
  session->s_snmp_errno = SNMPERR_SUCCESS;
  session->s_errno = 0;
  const int result = snmp_sess_read2(handle, set->ready());
  if (is_answered) return;
  if (session->s_snmp_errno == SNMPERR_BAD_RECVFROM) {
    if (const auto told = from_errno(session->s_errno)) finish(told->first, told->second);
  } else if (result != 0 || session->s_snmp_errno != SNMPERR_SUCCESS) {
    heard_nonsense = true;
  }
}

// Sends and waits; the answer is in `answer`. Takes the PDU.
asio::awaitable<void> SnmpAgent::Impl::ask(netsnmp_pdu* pdu) {
  is_answered = false;
  report = 0;
  answer = {};
  if (snmp_sess_async_send(handle, pdu, &Impl::on_event, this) == 0) {
    const auto told = from_errno(session->s_errno);
    snmp_free_pdu(pdu);
    if (told)
      finish(told->first, told->second);
    else
      finish(Outcome::not_measured, OutcomeReason::send_failed);
    co_return;
  }
  while (!is_answered) {
    // A cancellation that came between two waits would not end the second.
    if (const bool cancelled = co_await is_cancelled(); cancelled) {
      finish(Outcome::not_measured, OutcomeReason::cancelled);
      break;
    }
    if (has_given_up) {
      finish_silent();
      break;
    }
    // A little over the library's own time, so that it is up when it looks.
    const Deadline next_try(executor, patience + std::chrono::milliseconds(1), [this] { socket->cancel(); });
    const auto [error] = co_await socket->async_wait(asio::posix::descriptor_base::wait_read, kToken);
    if (!error) read();
    if (!is_answered) snmp_sess_timeout(handle);
  }
}

// Version 3: asks for the agent's engine (RFC 3414 §4), and makes the user known to it.
asio::awaitable<void> SnmpAgent::Impl::discover() {
  netsnmp_pdu* pdu = snmp_pdu_create(SNMP_MSG_GET);
  pdu->version = SNMP_VERSION_3;
  pdu->securityName = strdup("");
  pdu->securityNameLen = 0;
  pdu->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
  pdu->securityModel = SNMP_SEC_MODEL_USM;
  co_await ask(pdu);
  if (report == SNMPERR_UNKNOWN_ENG_ID && session->securityEngineIDLen > 0)
    knows_engine = introduce_snmp_user(*session, identity);
  else if (answer.outcome == Outcome::ok)
    answer.outcome = Outcome::malformed;  // an answer to a question that only a report fits
}

asio::awaitable<SnmpAnswer> SnmpAgent::Impl::question(int command, std::vector<Oid> oids) {
  if (!socket) co_return answer;  // it could not be opened
  if (session->version == SNMP_VERSION_3 && !knows_engine) {
    if (watch) watch(">", "which engine is it");
    co_await discover();
    if (watch && !knows_engine) tell_answer(watch, answer);
    if (!knows_engine) co_return std::exchange(answer, {});
    if (watch) watch("<", "one that is known now");
  }
  if (watch) watch(">", question_text(command, oids));
  netsnmp_pdu* pdu = snmp_pdu_create(command);
  for (const Oid& wanted : oids) {
    const std::vector<oid> name(wanted.begin(), wanted.end());
    snmp_add_null_var(pdu, name.data(), std::min<std::size_t>(name.size(), MAX_OID_LEN));
  }
  co_await ask(pdu);
  if (answer.outcome != Outcome::ok) knows_engine = false;  // it may be another device by now
  const bool is_whole = answer.variables.size() == oids.size();
  bool fits = is_whole;
  for (std::size_t i = 0; fits && i < oids.size(); ++i)
    fits = command != SNMP_MSG_GET || answer.variables[i].oid == oids[i];
  if (answer.outcome == Outcome::ok && !fits) {
    answer = {};
    answer.outcome = Outcome::malformed;
  }
  if (watch) tell_answer(watch, answer);
  co_return std::exchange(answer, {});
}

SnmpAgent::SnmpAgent(asio::any_io_executor executor, std::shared_ptr<const SnmpIdentity> identity,
                     const std::string& address, std::uint16_t port, Duration patience, int retries,
                     const std::string& engine_id)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(identity), patience)) {
  impl_->open(address, port, retries, engine_id);
}
SnmpAgent::~SnmpAgent() = default;

asio::awaitable<SnmpAnswer> SnmpAgent::get(std::vector<Oid> instances) {
  SnmpAnswer all;
  all.outcome = Outcome::ok;
  for (std::size_t from = 0; from < instances.size(); from += kVariablesPerQuestion) {
    const std::size_t to = std::min(instances.size(), from + kVariablesPerQuestion);
    // Moved: thousands may wait for their answers at once.
    std::vector<Oid> some(std::make_move_iterator(instances.begin() + static_cast<std::ptrdiff_t>(from)),
                          std::make_move_iterator(instances.begin() + static_cast<std::ptrdiff_t>(to)));
    SnmpAnswer part = co_await impl_->question(SNMP_MSG_GET, std::move(some));
    if (part.outcome != Outcome::ok) co_return part;
    std::move(part.variables.begin(), part.variables.end(), std::back_inserter(all.variables));
  }
  co_return all;
}

asio::awaitable<SnmpAnswer> SnmpAgent::get_next(std::vector<Oid> oids) {
  oids.resize(std::min(oids.size(), kVariablesPerQuestion));
  SnmpAnswer answer = co_await impl_->question(SNMP_MSG_GETNEXT, std::move(oids));
  co_return answer;
}

void SnmpAgent::tell(ExchangeWatch watch) {
  impl_->watch = std::move(watch);
}

void SnmpAgent::give_up() {
  impl_->has_given_up = true;
  if (impl_->socket) impl_->socket->cancel();
}

std::string SnmpAgent::engine_id() const {
  if (!impl_->knows_engine || impl_->session == nullptr) return {};
  return {reinterpret_cast<const char*>(impl_->session->securityEngineID),
          impl_->session->securityEngineIDLen};
}

}  // namespace faultline::session
