// Conformance of the kinds that ask a modem, an agent or files.
#include "tests/unit/probes_session/conformance.h"
#include "tests/unit/probes_session/datagram_peer.h"
#include "tests/unit/probes_session/fake_manager.h"
#include "tests/unit/probes_session/pty_modem.h"
#include "tests/unit/probes_session/stream_server.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace faultline::session {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using enum Situation;
using Reason = OutcomeReason;

constexpr Duration kSoon = 200ms;  // of what never comes

const std::string kServed =
    "+QENG: "
    "\"servingcell\",\"NOCONN\",\"LTE\",\"FDD\",440,10,2734811,235,6100,19,3,3,1684,-81,-10,-54,19,50\r\n";
const std::string kOk = "\r\nOK\r\n", kError = "\r\nERROR\r\n";

// A Quectel modem that says this of its signal, and knows nothing else.
void modem(Bench& bench, const std::string& signal) {
  const auto script = [=](const std::string& command) {
    if (command == "AT+CGMI") return "Quectel\r\n" + kOk;
    return command.starts_with("AT+QENG") ? signal : kError;
  };
  bench.target.device = bench.keep<PtyModem>(bench.io, script).device();
}

void manager(Bench& bench, ManagerAnswer answer) {
  bench.settings = {{"bus", bench.keep<FakeManager>(bench.io, answer).bus()}};
  bench.target.device = "/dev/ttyUSB2";
}

// One element of BER (ITU-T X.690), as SNMP is written in: all here are shorter than 128 bytes.
std::string element(char tag, const std::string& content) {
  return std::string{tag, static_cast<char>(content.size())} + content;
}
// Takes the first element off and gives its content.
std::string take(std::string& from) {
  std::size_t size = static_cast<unsigned char>(from.at(1)), header = 2;
  if (size > 128) {  // so many bytes of length follow
    const std::size_t count = size - 128;
    size = 0;
    for (std::size_t i = 0; i < count; ++i) size = size << 8U | static_cast<unsigned char>(from.at(2 + i));
    header += count;
  }
  std::string content = from.substr(header, size);
  from.erase(0, header + size);
  return content;
}
// The answer to a GET of version 2c for one variable: -85, or an error.
std::string snmp_answer(std::string message, char error = 0) {
  message = take(message);
  take(message);  // the version
  const std::string community = take(message);
  std::string question = take(message);
  const std::string id = take(question);
  take(question);  // error status and index
  take(question);
  std::string variables = take(question), variable = take(variables);
  const std::string oid = take(variable);
  const std::string answered = element('\x30', element('\x06', oid) + element('\x02', "\xAB"));
  return element('\x30',
                 element('\x02', "\x01") + element('\x04', community) +
                     element('\xA2', element('\x02', id) + element('\x02', std::string{error}) +
                                         element('\x02', std::string(1, '\0')) + element('\x30', answered)));
}
constexpr char kNoAccess = 6;  // RFC 3416 §3

void snmp_at(Bench& bench, const std::string& port) {
  DeviceValue value;
  value.column = *parse_oid("1.3.6.1.4.1.99999.1.1");
  DeviceProfile profile{"row", "", {}, {}, {value}};
  bench.target.device_profiles = std::make_shared<const DeviceProfiles>(DeviceProfiles{profile});
  bench.target.agent = ":" + port + "/7";
  bench.settings = {{"profile", "row"}};
}
void snmp(Bench& bench, const DatagramPeer::Script& script, Duration time_limit = kFarTooLong) {
  snmp_at(bench, bench.keep<DatagramPeer>(bench.io, script).port());
  bench.time_limit = time_limit;
}

// A folder that goes with the bench.
struct Folder {
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "faultline-conformance-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for the test");
    path = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path path;
};
const fs::path& pm_folder(Bench& bench) {
  const fs::path& path = bench.keep<Folder>().path;
  bench.settings = {{"directory", path.string()}, {"object", "Cell"}, {"utilisation", "Used / Total"}};
  return path;
}
std::string pm_xml(int cells) {
  std::string text = "<measCollecFile><measData><measInfo><measTypes>Used Total</measTypes>";
  for (int i = 0; i < cells; ++i)
    text += "<measValue measObjLdn=\"Cell=cell-" + std::string(i == 0 ? "0417" : std::to_string(10'000 + i)) +
            "\"><measResults>40 100</measResults></measValue>";
  return text + "</measInfo></measData></measCollecFile>\n";
}
void pm_file(Bench& bench, const std::string& text) {
  std::ofstream(pm_folder(bench) / "A.xml") << text;
}

}  // namespace

KindCases modem_cases() {
  constexpr auto mute = [](Bench& b) {
    modem(b, "");
    b.time_limit = kSoon;
  };
  return {"modem",
          {{ok, Outcome::ok, Reason::none, [](Bench& b) { modem(b, kServed + kOk); }},
           {no_answer, Outcome::timed_out, Reason::none, mute},
           {refused, Outcome::refused, Reason::none, [](Bench& b) { modem(b, kError); }},
           {unreachable, Outcome::unreachable, Reason::not_registered,
            [](Bench& b) { modem(b, "+QENG: \"servingcell\",\"SEARCH\"\r\n" + kOk); }},
           {garbage, Outcome::malformed, Reason::none,
            [](Bench& b) { modem(b, "\x01\xFF%$,,,\r\n+QENG\r\n" + kOk); }},
           // Half a line: no value is taken from it.
           {half_an_answer, Outcome::timed_out, Reason::none,
            [](Bench& b) {
              modem(b, kServed.substr(0, kServed.rfind("9,50")));
              b.time_limit = kSoon;
            }},
           {cancelled, Outcome::not_measured, Reason::cancelled, mute}}};
}

KindCases modemmanager_cases() {
  constexpr auto mute = [](Bench& b) {
    const auto say_nothing = [](const std::string&) { return std::optional<StreamReply>(); };
    b.settings = {{"bus", "tcp:host=127.0.0.1,port=" + b.keep<StreamServer>(b.io, say_nothing).port()}};
    b.time_limit = kSoon;
  };
  return {"modemmanager",
          {{ok, Outcome::ok, Reason::none, [](Bench& b) { manager(b, ManagerAnswer::modem); }},
           {no_answer, Outcome::not_measured, Reason::source_silent, mute},
           {refused, Outcome::not_measured, Reason::error_answer,
            [](Bench& b) { manager(b, ManagerAnswer::denied); }},
           {unreachable, Outcome::unreachable, Reason::not_registered,
            [](Bench& b) { manager(b, ManagerAnswer::searching); }},
           {garbage, Outcome::malformed, Reason::none, [](Bench& b) { manager(b, ManagerAnswer::nonsense); }},
           {half_an_answer, Outcome::not_measured, Reason::device_gone,
            [](Bench& b) { manager(b, ManagerAnswer::hangs_up); }},
           {cancelled, Outcome::not_measured, Reason::cancelled, mute}}};
}

KindCases snmp_cases() {
  constexpr auto mute = [](Bench& b) {
    const auto says_nothing = [](const std::string&) { return ""; };
    snmp(b, says_nothing, kSoon);
  };
  return {"snmp",
          {{ok, Outcome::ok, Reason::none,
            [](Bench& b) { snmp(b, [](const std::string& question) { return snmp_answer(question); }); }},
           {no_answer, Outcome::timed_out, Reason::none, mute},
           {refused, Outcome::refused, Reason::none,
            [](Bench& b) {
              snmp(b, [](const std::string& question) { return snmp_answer(question, kNoAccess); });
            }},
           {unreachable, Outcome::unreachable, Reason::host_unreachable,
            [](Bench& b) {
              if (aim_at_dead_neighbour(b)) snmp_at(b, "161");
            }},
           {garbage, Outcome::malformed, Reason::none,
            [](Bench& b) {
              const auto nonsense = [](const std::string&) { return "\x30\x05nonsense"; };
              snmp(b, nonsense, kSoon);
            }},
           {half_an_answer, Outcome::malformed, Reason::none,
            [](Bench& b) {
              const auto half = [](const std::string& question) {
                const std::string whole = snmp_answer(question);
                return whole.substr(0, whole.size() / 2);
              };
              snmp(b, half, kSoon);
            }},
           {cancelled, Outcome::not_measured, Reason::cancelled, mute}}};
}

KindCases pm_file_cases() {
  constexpr int kMany = 60'000;  // cells: reading them takes far longer than it takes to be told to stop
  return {
      "pm_file",
      {{ok, Outcome::ok, Reason::none, [](Bench& b) { pm_file(b, pm_xml(3)); }},
       {no_answer, Outcome::not_measured, Reason::no_value, [](Bench& b) { pm_folder(b); }},
       does_not_apply(refused, "a directory that may not be read is one that is not there"),
       {unreachable, Outcome::not_measured, Reason::source_silent,
        [](Bench& b) { fs::remove_all(pm_folder(b)); }},
       {garbage, Outcome::not_measured, Reason::no_value, [](Bench& b) { pm_file(b, "<html></html>"); }},
       {half_an_answer, Outcome::not_measured, Reason::no_value,
        [](Bench& b) {
          const std::string whole = pm_xml(3);
          pm_file(b, whole.substr(0, whole.size() / 2));
        }},
       {cancelled, Outcome::not_measured, Reason::cancelled, [](Bench& b) { pm_file(b, pm_xml(kMany)); }}}};
}

}  // namespace faultline::session
