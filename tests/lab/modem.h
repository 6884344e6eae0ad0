// What a cellular modem in a sector says to AT commands: AT, ATE, ATI, +CSQ and +CESQ (3GPP TS 27.007),
// +CREG?, +CEREG?, +COPS?, +CPIN? and Quectel's +QENG="servingcell". Pure; modem_bank.h has the terminals.
#pragma once

#include "tests/lab/dice.h"
#include "tests/lab/scenario.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace faultline::lab {

struct SectorSignal {
  double rsrp_dbm = -95, rsrq_db = -10, sinr_db = 15;
};
// A healthy sector's, by seed: RSRP -92 … -82 dBm, RSRQ -11 … -9 dB, SINR 12 … 20 dB.
SectorSignal healthy_signal(std::uint64_t seed, const Address& sector, Technology technology);

class Modem {
 public:
  Modem(SectorSignal healthy, Technology technology, std::uint64_t seed);

  void set_shift(const SignalShift& shift) { shift_ = shift; }
  // The bytes that a terminal sends, in any pieces; returns what the modem sends back. A command longer than
  // 512 bytes is dropped.
  std::string receive(std::string_view bytes);
  // As it is reported now, faults included, before the noise of ±1 dB that each answer adds.
  SectorSignal signal() const;

 private:
  std::string answer(std::string_view command);
  std::string cesq();
  std::string csq();
  std::string qeng();
  SectorSignal noisy();

  SectorSignal healthy_;
  Technology technology_;
  Dice dice_;
  SignalShift shift_;
  std::string line_;
  bool echo_ = true;
};

}  // namespace faultline::lab
