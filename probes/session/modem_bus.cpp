#include "probes/session/modem_bus.h"

#include "probes/async/cancellation.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <poll.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;

constexpr const char* kService = "org.freedesktop.ModemManager1";
constexpr const char* kRoot = "/org/freedesktop/ModemManager1";
constexpr std::string_view kModem = "org.freedesktop.ModemManager1.Modem";
constexpr std::string_view k3gpp = "org.freedesktop.ModemManager1.Modem.Modem3gpp";
constexpr std::string_view kSignal = "org.freedesktop.ModemManager1.Modem.Signal";
constexpr std::size_t kMostModems = 1'000;

struct Unref {
  void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Bus = std::unique_ptr<sd_bus, Unref>;
using Message = std::unique_ptr<sd_bus_message, Unref>;

// Reads a message from front to back. Once something is not what it should be, nothing more is read.
class Reader {
 public:
  explicit Reader(sd_bus_message* message) : message_(message) {}
  bool is_good() const { return good_; }

  // Goes through the elements of an array; `each` must read exactly one, or skip it.
  void array(const char* contents, const std::function<void()>& each) {
    if (!enter('a', contents)) return;
    while (good_ && sd_bus_message_at_end(message_, 0) == 0) each();
    leave();
  }
  // A dictionary's entries, by a text key.
  void entries(const char* contents, char key_type, const std::function<void(std::string_view key)>& each) {
    const std::string entry = std::string("{") + contents + "}";
    array(entry.c_str(), [&] {
      if (!enter('e', contents)) return;
      const char* key = nullptr;
      if (check(sd_bus_message_read_basic(message_, key_type, &key) > 0)) each(key);
      leave();
    });
  }
  // Goes into a variant of that type; one of another type is skipped.
  void variant(const char* contents, const std::function<void()>& inside) {
    char type = 0;
    const char* found = nullptr;
    if (!check(sd_bus_message_peek_type(message_, &type, &found) > 0)) return;
    if (type != 'v' || found == nullptr || std::strcmp(found, contents) != 0) return skip("v");
    if (!enter('v', contents)) return;
    inside();
    leave();
  }
  std::string text() {
    const char* value = nullptr;
    return check(sd_bus_message_read_basic(message_, 's', &value) > 0) ? value : "";
  }
  std::uint32_t number() {
    std::uint32_t value = 0;
    check(sd_bus_message_read_basic(message_, 'u', &value) > 0);
    return value;
  }
  double real() {
    double value = 0;
    check(sd_bus_message_read_basic(message_, 'd', &value) > 0);
    return value;
  }
  void skip(const char* types) { check(sd_bus_message_skip(message_, types) >= 0); }
  bool enter(char type, const char* contents) {
    return check(sd_bus_message_enter_container(message_, type, contents) > 0);
  }
  void leave() {
    if (good_) check(sd_bus_message_exit_container(message_) >= 0);
  }

 private:
  bool check(bool fine) {
    good_ = good_ && fine;
    return good_;
  }
  sd_bus_message* message_;
  bool good_ = true;
};

// One technology's values: a{sv} of doubles, those that are not known left out, or below any level.
std::optional<wire::CarrierSignal> read_carrier(Reader& reader, bool is_nr) {
  wire::CarrierSignal carrier;
  const auto within = [](double value, wire::LevelRange range) -> std::optional<float> {
    if (!(value >= static_cast<double>(range.low) && value <= static_cast<double>(range.high)))
      return std::nullopt;
    return static_cast<float>(value);
  };
  reader.variant("a{sv}", [&] {
    reader.entries("sv", 's', [&](std::string_view key) {
      double value = std::nan("");
      reader.variant("d", [&] { value = reader.real(); });
      if (key == "rsrp") carrier.rsrp_dbm = within(value, is_nr ? wire::kNrRsrp : wire::kLteRsrp);
      if (key == "rsrq") carrier.rsrq_db = within(value, is_nr ? wire::kNrRsrq : wire::kLteRsrq);
      if (key == "snr") carrier.sinr_db = within(value, wire::kSinr);
      if (key == "rssi") carrier.rssi_dbm = within(value, wire::kRssi);
      if (key == "rscp") carrier.rscp_dbm = within(value, wire::kRscp);
      if (key == "ecio") carrier.ecio_db = within(value, wire::kEcio);
    });
  });
  if (!carrier.has_values()) return std::nullopt;
  return carrier;
}

// MMModem3gppRegistrationState.
wire::ModemRegistration registration_of(std::uint32_t state) {
  switch (state) {
    case 1:
    case 5:
    case 6:  // home or roaming for SMS alone: it has a network
    case 7:
      return wire::ModemRegistration::registered;
    case 0:
    case 2:
      return wire::ModemRegistration::searching;
    case 3:
    case 8:  // emergency calls only
      return wire::ModemRegistration::limited;
    default:
      return wire::ModemRegistration::unknown;
  }
}

void read_property(Reader& reader, std::string_view interface, std::string_view name, BusModem& modem) {
  const auto text = [&](std::string& into) { reader.variant("s", [&] { into = reader.text(); }); };
  const auto also_a_name = [&] {
    std::string value;
    text(value);
    if (!value.empty()) modem.names.push_back(std::move(value));
  };
  if (interface == kModem && name == "Manufacturer") return text(modem.maker);
  if (interface == kModem && name == "Model") return text(modem.model);
  if (interface == kModem && name == "EquipmentIdentifier") return text(modem.imei);
  if (interface == kModem && name == "Device") return also_a_name();
  if (interface == kModem && name == "Ports")
    return reader.variant("a(su)", [&] {
      reader.array("(su)", [&] {
        if (!reader.enter('r', "su")) return;
        modem.names.push_back(reader.text());
        reader.number();
        reader.leave();
      });
    });
  if (interface == k3gpp && name == "OperatorName") return text(modem.operator_name);
  if (interface == k3gpp && name == "RegistrationState")
    return reader.variant("u", [&] { modem.signal.registration = registration_of(reader.number()); });
  if (interface == kSignal && name == "Rate")
    return reader.variant("u", [&] { modem.refresh_s = reader.number(); });
  if (interface == kSignal && name == "Lte") {
    modem.signal.lte = read_carrier(reader, false);
    return;
  }
  if (interface == kSignal && name == "Nr5g") {
    modem.signal.nr = read_carrier(reader, true);
    return;
  }
  if (interface == kSignal && name == "Umts") {
    modem.signal.umts = read_carrier(reader, false);
    return;
  }
  if (interface == kSignal && name == "Gsm") {
    modem.signal.gsm = read_carrier(reader, false);
    return;
  }
  reader.skip("v");
}

// a{oa{sa{sv}}}: objects, their interfaces, the properties of each.
bool read_modems(sd_bus_message* message, std::vector<BusModem>& modems) {
  Reader reader(message);
  reader.entries("oa{sa{sv}}", 'o', [&](std::string_view path) {
    BusModem modem;
    modem.path = path;
    bool is_modem = false;
    reader.entries("sa{sv}", 's', [&](std::string_view interface) {
      is_modem = is_modem || interface == kModem;
      reader.entries("sv", 's',
                     [&](std::string_view name) { read_property(reader, interface, name, modem); });
    });
    if (!modem.imei.empty()) modem.names.push_back(modem.imei);
    if (is_modem && modems.size() < kMostModems) modems.push_back(std::move(modem));
  });
  return reader.is_good();
}

BusTrouble trouble_of(sd_bus_message* answer) {
  if (sd_bus_message_is_method_error(answer, nullptr) == 0) return BusTrouble::none;
  const sd_bus_error* error = sd_bus_message_get_error(answer);
  const std::string_view name = error != nullptr && error->name != nullptr ? error->name : "";
  if (name == SD_BUS_ERROR_SERVICE_UNKNOWN || name == SD_BUS_ERROR_NAME_HAS_NO_OWNER)
    return BusTrouble::no_manager;
  if (name == SD_BUS_ERROR_ACCESS_DENIED || name.ends_with("Unauthorized")) return BusTrouble::denied;
  if (name == SD_BUS_ERROR_NO_REPLY || name == SD_BUS_ERROR_TIMEOUT) return BusTrouble::no_bus;
  return BusTrouble::strange;
}

}  // namespace

struct ModemBus::Impl {
  Impl(const asio::any_io_executor& executor, std::string a) : address(std::move(a)), descriptor(executor) {}

  bool connect() {
    sd_bus* made = nullptr;
    if (sd_bus_new(&made) < 0) return false;
    bus.reset(made);
    return sd_bus_set_address(made, address.c_str()) >= 0 && sd_bus_set_bus_client(made, 1) >= 0 &&
           sd_bus_start(made) >= 0;
  }

  static int on_answer(sd_bus_message* message, void* self, sd_bus_error*) {
    static_cast<Impl*>(self)->answer.reset(sd_bus_message_ref(message));
    return 0;
  }

  // Waits until the answer is there. The descriptor is a copy, so that the bus and Asio each close their own.
  asio::awaitable<BusTrouble> converse() {
    const auto token = asio::as_tuple(asio::use_awaitable);
    while (!answer) {
      if (const bool cancelled = co_await is_cancelled(); cancelled || closed) co_return BusTrouble::no_bus;
      const int done = sd_bus_process(bus.get(), nullptr);
      if (done < 0) co_return BusTrouble::no_bus;
      if (done > 0) continue;
      if (!descriptor.is_open()) {
        boost::system::error_code error;
        descriptor.assign(dup(sd_bus_get_fd(bus.get())), error);
        if (error) co_return BusTrouble::no_bus;
      }
      const int events = sd_bus_get_events(bus.get());
      if (events < 0) co_return BusTrouble::no_bus;
      const auto kind = (events & POLLOUT) != 0 ? Port::wait_write : Port::wait_read;
      co_await descriptor.async_wait(kind, token);
    }
    co_return trouble_of(answer.get());
  }

  using Port = asio::posix::stream_descriptor;
  std::string address;
  Port descriptor;
  Bus bus;
  Message answer;
  bool closed = false;
};

ModemBus::ModemBus(const asio::any_io_executor& executor, std::string address)
    : impl_(std::make_unique<Impl>(executor, std::move(address))) {}
ModemBus::~ModemBus() = default;

asio::awaitable<BusTrouble> ModemBus::list(std::vector<BusModem>& modems) {
  if (!impl_->bus && !impl_->connect()) co_return BusTrouble::no_bus;
  impl_->answer.reset();
  const int asked = sd_bus_call_method_async(impl_->bus.get(), nullptr, kService, kRoot,
                                             "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
                                             &Impl::on_answer, impl_.get(), "");
  if (asked < 0) co_return BusTrouble::no_bus;
  const BusTrouble trouble = co_await impl_->converse();
  if (trouble != BusTrouble::none) co_return trouble;
  if (!read_modems(impl_->answer.get(), modems)) co_return BusTrouble::strange;
  co_return BusTrouble::none;
}

asio::awaitable<BusTrouble> ModemBus::set_refresh(std::string path, std::uint32_t seconds) {
  if (!impl_->bus && !impl_->connect()) co_return BusTrouble::no_bus;
  impl_->answer.reset();
  const int asked = sd_bus_call_method_async(impl_->bus.get(), nullptr, kService, path.c_str(),
                                             std::string(kSignal).c_str(), "Setup", &Impl::on_answer,
                                             impl_.get(), "u", seconds);
  if (asked < 0) co_return BusTrouble::no_bus;
  const BusTrouble trouble = co_await impl_->converse();
  co_return trouble;
}

void ModemBus::close() {
  impl_->closed = true;
  boost::system::error_code ignored;
  impl_->descriptor.close(ignored);
}

}  // namespace faultline::session
