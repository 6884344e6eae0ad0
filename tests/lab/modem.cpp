#include "tests/lab/modem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace faultline::lab {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kLongestCommand = 512;
constexpr std::string_view kNonsense =
    "\r\n+CESQ: 9\xff\x00,zz,,,999999999999999999999,\r\n\x07\x1b[2J+QENG: \"serv"sv;

// The index of the interval [base + (n - 1) × step, base + n × step) that holds the value (TS 27.007 §8.69).
long interval(double value, double base, double step, long top) {
  return std::clamp(static_cast<long>(std::floor((value - base) / step)) + 1, 0L, top);
}

std::string result(const std::string& lines) {
  return lines.empty() ? "\r\nOK\r\n" : "\r\n" + lines + "\r\n\r\nOK\r\n";
}

}  // namespace

SectorSignal healthy_signal(std::uint64_t seed, const Address& sector, Technology technology) {
  Dice dice(host_key(seed, sector) ^ static_cast<std::uint64_t>(technology));
  SectorSignal signal;
  signal.rsrp_dbm = -92 + 10 * dice.unit();
  signal.rsrq_db = -11 + 2 * dice.unit();
  signal.sinr_db = 12 + 8 * dice.unit();
  return signal;
}

Modem::Modem(SectorSignal healthy, Technology technology, std::uint64_t seed)
    : healthy_(healthy), technology_(technology), dice_(seed) {}

SectorSignal Modem::signal() const {
  return {healthy_.rsrp_dbm + shift_.rsrp_db, healthy_.rsrq_db + shift_.rsrq_db,
          healthy_.sinr_db + shift_.sinr_db};
}

SectorSignal Modem::noisy() {
  SectorSignal s = signal();
  s.rsrp_dbm += 2 * dice_.unit() - 1;
  s.rsrq_db += dice_.unit() - 0.5;
  s.sinr_db += 2 * dice_.unit() - 1;
  return s;
}

std::string Modem::receive(std::string_view bytes) {
  std::string out;
  if (shift_.mode == ModemMode::silent || shift_.mode == ModemMode::gone) return out;
  for (const char c : bytes) {
    if (echo_ && shift_.mode == ModemMode::normal) out += c;
    if (c != '\r' && c != '\n') {
      if (line_.size() < kLongestCommand) line_ += c;
      continue;
    }
    if (line_.empty()) continue;
    const std::string command = std::move(line_);
    line_.clear();
    out += shift_.mode == ModemMode::nonsense ? std::string(kNonsense) : answer(command);
  }
  return out;
}

std::string Modem::answer(std::string_view command) {
  std::string upper;
  for (const char c : command)
    if (c != ' ') upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (!upper.starts_with("AT")) return "\r\nERROR\r\n";
  if (upper == "ATE0" || upper == "ATE1") {
    echo_ = upper == "ATE1";
    return result("");
  }
  const bool service = !shift_.no_service;
  if (upper == "AT" || upper == "ATZ" || upper.starts_with("AT+CMEE=") || upper.starts_with("AT+CREG="))
    return result("");
  if (upper == "ATI") return result("Quectel\r\nEG25\r\nRevision: LAB1");
  if (upper == "AT+CGMI") return result("Quectel");
  if (upper == "AT+CGMM") return result("EG25");
  if (upper == "AT+CPIN?") return result("+CPIN: READY");
  if (upper == "AT+CSQ") return result(csq());
  if (upper == "AT+CESQ") return result(cesq());
  if (upper == "AT+QENG=\"SERVINGCELL\"") return result(qeng());
  if (upper == "AT+CREG?") return result(service ? "+CREG: 0,1" : "+CREG: 0,2");
  if (upper == "AT+CEREG?") return result(service ? "+CEREG: 0,1" : "+CEREG: 0,2");
  if (upper == "AT+COPS?") return result(service ? "+COPS: 0,2,\"00101\",7" : "+COPS: 0");
  return "\r\nERROR\r\n";
}

std::string Modem::csq() {
  if (shift_.no_service || technology_ == Technology::nr) return "+CSQ: 99,99";
  const double rssi = noisy().rsrp_dbm + 30;  // 100 resource blocks' worth, roughly
  return fmt::format("+CSQ: {},99", std::clamp(std::lround((rssi + 113) / 2), 0L, 31L));
}

std::string Modem::cesq() {
  const bool nr = technology_ == Technology::nr;
  if (shift_.no_service)
    return nr ? "+CESQ: 99,99,255,255,255,255,255,255,255" : "+CESQ: 99,99,255,255,255,255";
  const SectorSignal s = noisy();
  if (nr)
    return fmt::format("+CESQ: 99,99,255,255,255,255,{},{},{}", interval(s.rsrq_db, -43, 0.5, 126),
                       interval(s.rsrp_dbm, -156, 1, 126), interval(s.sinr_db, -23, 0.5, 127));
  return fmt::format("+CESQ: 99,99,255,255,{},{}", interval(s.rsrq_db, -19.5, 0.5, 34),
                     interval(s.rsrp_dbm, -140, 1, 97));
}

std::string Modem::qeng() {
  if (shift_.no_service) return "+QENG: \"servingcell\",\"SEARCH\"";
  const SectorSignal s = noisy();
  const long rsrp = std::lround(s.rsrp_dbm), rsrq = std::lround(s.rsrq_db), sinr = std::lround(s.sinr_db);
  if (technology_ == Technology::nr)
    return fmt::format(
        "+QENG: \"servingcell\",\"NOCONN\",\"NR5G-SA\",\"TDD\",001,01,1A2B3C4D5,335,1A2B,627264,78,12,"
        "{},{},{},1,-",
        rsrp, rsrq, sinr);
  return fmt::format(
      "+QENG: \"servingcell\",\"NOCONN\",\"LTE\",\"FDD\",001,01,1A2B3C4,135,1650,3,5,5,1A2B,{},{},{},{},"
      "12,-,33",
      rsrp, rsrq, rsrp + 30, sinr);
}

}  // namespace faultline::lab
