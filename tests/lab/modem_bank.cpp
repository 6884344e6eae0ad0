#include "tests/lab/modem_bank.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace faultline::lab {

ModemBank::ModemBank() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Result<std::unique_ptr<ModemBank>> ModemBank::open(const LabInventory& inventory, std::uint64_t seed,
                                                   const std::filesystem::path& directory) {
  std::unique_ptr<ModemBank> bank(
      new ModemBank);  // NOLINT(modernize-make-unique): the constructor is private
  const auto endpoints = inventory.topology->endpoints();
  for (std::uint32_t i = 0; i < endpoints.size(); ++i) {
    if (inventory.devices[i].empty()) continue;
    Address sector;  // its dice; an endpoint without an address has its index for one
    sector.bytes[15] = static_cast<std::uint8_t>(i);
    sector.bytes[14] = static_cast<std::uint8_t>(i >> 8);
    if (inventory.host_of[i] != AddressTable::kNone) sector = inventory.hosts[inventory.host_of[i]].address;
    const Technology technology = endpoints[i].technology;
    bank->terminals_.push_back(
        {EndpointIndex{i},
         directory / std::filesystem::path(inventory.devices[i]).filename(),
         Modem(healthy_signal(seed, sector, technology), technology, host_key(seed, sector) ^ 0x40DE),
         {},
         {}});
  }
  std::error_code ignored;
  if (!bank->terminals_.empty()) std::filesystem::create_directories(directory, ignored);
  for (Terminal& terminal : bank->terminals_)
    if (auto ok = connect(terminal); !ok) return tl::make_unexpected(ok.error());
  return bank;
}

ModemBank::~ModemBank() {
  stopping_ = true;
  const std::uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  for (Terminal& terminal : terminals_) disconnect(terminal);
}

Result<void> ModemBank::connect(Terminal& terminal) {
  const auto wrong = [&](const char* what) {
    return fail(fmt::format("modem {}: {}: {}", terminal.link.string(), what, std::strerror(errno)));
  };
  Descriptor master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, 128> path{};
  if (master.get() < 0 || grantpt(master.get()) != 0 || unlockpt(master.get()) != 0 ||
      ptsname_r(master.get(), path.data(), path.size()) != 0)
    return wrong("making a pty");
  Descriptor slave(::open(path.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios raw{};
  if (slave.get() < 0 || tcgetattr(slave.get(), &raw) != 0) return wrong("opening a pty");
  cfmakeraw(&raw);
  tcsetattr(slave.get(), TCSANOW, &raw);
  unlink(terminal.link.c_str());
  if (symlink(path.data(), terminal.link.c_str()) != 0) return wrong("making the link");
  terminal.master = std::move(master);
  terminal.slave = std::move(slave);
  return {};
}

void ModemBank::disconnect(Terminal& terminal) {
  if (terminal.master.get() < 0) return;
  unlink(terminal.link.c_str());
  terminal.slave = Descriptor();
  terminal.master = Descriptor();
}

void ModemBank::start() {
  if (!terminals_.empty()) thread_ = std::thread([this] { run(); });
}

void ModemBank::set_signal(EndpointIndex endpoint, const SignalShift& shift) {
  const std::lock_guard lock(mutex_);
  for (Terminal& terminal : terminals_) {
    if (terminal.endpoint != endpoint) continue;
    terminal.modem.set_shift(shift);
    const bool gone = shift.mode == ModemMode::gone;
    if (gone) disconnect(terminal);
    if (!gone && terminal.master.get() < 0) (void)connect(terminal);
  }
  const std::uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);  // the set of descriptors may be another
}

void ModemBank::serve(Terminal& terminal) {
  std::array<char, 512> bytes{};
  const ssize_t got = read(terminal.master.get(), bytes.data(), bytes.size());
  if (got <= 0) return;
  const std::string answer = terminal.modem.receive({bytes.data(), static_cast<std::size_t>(got)});
  (void)!write(terminal.master.get(), answer.data(), answer.size());
}

void ModemBank::run() {
  std::vector<pollfd> fds;
  while (!stopping_) {
    {
      const std::lock_guard lock(mutex_);
      fds.assign(1, {wake_.get(), POLLIN, 0});
      for (const Terminal& terminal : terminals_) fds.push_back({terminal.master.get(), POLLIN, 0});
    }
    poll(fds.data(), fds.size(), -1);
    std::uint64_t count = 0;
    if ((fds[0].revents & POLLIN) != 0) (void)!read(wake_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < terminals_.size(); ++i)
      if ((fds[i + 1].revents & POLLIN) != 0 && terminals_[i].master.get() == fds[i + 1].fd)
        serve(terminals_[i]);
  }
}

}  // namespace faultline::lab
