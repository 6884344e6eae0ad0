#include "tests/unit/probes_session/fake_manager.h"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace faultline::session {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;

namespace {

constexpr const char* kPath = "/org/freedesktop/ModemManager1/Modem/0";
constexpr const char* kModem = "org.freedesktop.ModemManager1.Modem";
constexpr const char* k3gpp = "org.freedesktop.ModemManager1.Modem.Modem3gpp";
constexpr const char* kSignal = "org.freedesktop.ModemManager1.Modem.Signal";
constexpr unsigned kHome = 1, kSearching = 2;  // MMModem3gppRegistrationState
constexpr unsigned kAtPort = 3, kRefresh_s = 10;

std::string fresh_name() {
  static int count = 0;
  return "faultline-manager-" + std::to_string(getpid()) + '-' + std::to_string(++count);
}

void add_modem(sd_bus_message* reply, bool is_searching) {
  const auto modem = [&](unsigned state, int values) {
    // What stands behind the number of values is read only as far as it says.
    return sd_bus_message_append(reply, "a{oa{sa{sv}}}", 1, kPath, 3, kModem, 3, "Manufacturer", "s",
                                 "Quectel", "EquipmentIdentifier", "s", "863586030000017", "Ports", "a(su)",
                                 1, "ttyUSB2", kAtPort, k3gpp, 1, "RegistrationState", "u", state, kSignal, 2,
                                 "Rate", "u", kRefresh_s, "Lte", "a{sv}", values, "rsrp", "d", -94.0, "rsrq",
                                 "d", -10.0);
  };
  const int added = is_searching ? modem(kSearching, 0) : modem(kHome, 2);
  if (added < 0) throw std::runtime_error("the answer of the fake manager cannot be written");
}

}  // namespace

struct FakeManager::Impl : std::enable_shared_from_this<FakeManager::Impl> {
  Impl(asio::io_context& io, ManagerAnswer a)
      : answer(a),
        name(fresh_name()),
        acceptor(io, stream_protocol::endpoint(std::string(1, '\0') + name)),
        descriptor(io) {}
  ~Impl() { hang_up(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void accept() {
    acceptor.async_accept([self = shared_from_this()](error_code error, stream_protocol::socket socket) {
      if (error) return;
      self->begin(socket.release());
      self->accept();
    });
  }
  void begin(int fd) {
    hang_up();
    sd_id128_t id;
    sd_id128_randomize(&id);
    if (sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 || sd_bus_set_server(bus, 1, id) < 0 ||
        sd_bus_start(bus) < 0)
      throw std::runtime_error("the fake manager's bus does not start");
    descriptor.assign(dup(fd));
    serve();
  }
  // Takes what is there, then waits for more.
  void serve() {
    for (int done = 1; bus != nullptr && done > 0;) {
      sd_bus_message* message = nullptr;
      done = sd_bus_process(bus, &message);
      if (done < 0) return hang_up();
      if (message != nullptr) reply_to(message);
      sd_bus_message_unref(message);
    }
    if (bus == nullptr) return;
    descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](error_code error) {
                            if (!error) self->serve();
                          });
  }
  void reply_to(sd_bus_message* message) {
    if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus", "Hello") > 0) {
      sd_bus_reply_method_return(message, "s", ":1.7");
      return;
    }
    if (sd_bus_message_is_method_call(message, nullptr, "GetManagedObjects") <= 0) return;
    if (answer == ManagerAnswer::hangs_up) return hang_up();
    if (answer == ManagerAnswer::denied) {
      sd_bus_reply_method_errorf(message, SD_BUS_ERROR_ACCESS_DENIED, "no");
      return;
    }
    if (answer == ManagerAnswer::nonsense) {
      sd_bus_reply_method_return(message, "s", "junk");
      return;
    }
    sd_bus_message* reply = nullptr;
    sd_bus_message_new_method_return(message, &reply);
    add_modem(reply, answer == ManagerAnswer::searching);
    sd_bus_send(bus, reply, nullptr);
    sd_bus_message_unref(reply);
  }
  void hang_up() {
    error_code ignored;
    descriptor.close(ignored);
    sd_bus_close_unref(std::exchange(bus, nullptr));
  }

  ManagerAnswer answer;
  std::string name;
  stream_protocol::acceptor acceptor;
  asio::posix::stream_descriptor descriptor;  // a copy, to wait on
  sd_bus* bus = nullptr;
};

FakeManager::FakeManager(asio::io_context& io, ManagerAnswer answer)
    : impl_(std::make_shared<Impl>(io, answer)) {
  impl_->accept();
}
FakeManager::~FakeManager() {
  error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->hang_up();
}
std::string FakeManager::bus() const {
  return "unix:abstract=" + impl_->name;
}

}  // namespace faultline::session
