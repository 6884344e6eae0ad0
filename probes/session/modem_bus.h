// ModemManager as it is seen over D-Bus (org.freedesktop.ModemManager1, version 1.6 and later): all modems
// with their properties in one answer. Alone knows sd-bus.
#pragma once

#include "probes/wire/modem_signal.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::session {

struct BusModem {
  std::string path;  // of the object on the bus
  std::string maker, model, imei, operator_name;
  std::vector<std::string> names;  // what a device may be called: ports ("ttyUSB2"), sysfs device, IMEI
  std::uint32_t refresh_s = 0;     // how often the signal is read; 0: never yet
  wire::ModemSignal signal;
};

enum class BusTrouble : std::uint8_t {
  none,
  no_bus,      // cannot be connected to, or it hung up
  no_manager,  // nobody on the bus is ModemManager
  denied,      // it, or polkit, does not let us
  strange,     // an answer that is none
};

class ModemBus {
 public:
  // `address` in D-Bus spelling ("unix:path=/run/dbus/system_bus_socket").
  ModemBus(const boost::asio::any_io_executor& executor, std::string address);
  ~ModemBus();
  ModemBus(const ModemBus&) = delete;
  ModemBus& operator=(const ModemBus&) = delete;

  // Connects if need be, and asks. Ends early by close(), then with no_bus.
  boost::asio::awaitable<BusTrouble> list(std::vector<BusModem>& modems);
  // Lets ModemManager read a modem's signal so often.
  boost::asio::awaitable<BusTrouble> set_refresh(std::string path, std::uint32_t seconds);
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::session
