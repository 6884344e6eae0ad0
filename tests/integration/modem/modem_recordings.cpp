// Plays recorded answers of modems on ptys to the modem probe. Started by tests/integration/recordings.
//
//   modem_recordings < "MAKER<tab>ANSWER" lines
//
// ANSWER is what the modem once said, its lines parted by "\n" (backslash and n). Here it is said again to
// whatever command it is of: "+CESQ: …" to AT+CESQ, every line of that command together and OK. AT+CGMI gets
// MAKER, all else ERROR. For each line of input, in order, one of output: what came of the measurement by the
// probe's default options, as words parted by tabs: "outcome=ok", "reason=none", "rsrp_dbm=-81", …, and, if
// the modem says so, "cell=LTE cell 187, channel 1850, band 3".
#include "probes/registry.h"
#include "probes/session/session_probe.h"
#include "tests/unit/probes_session/pty_modem.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace faultline {
namespace {

std::vector<std::string> lines_of(std::string_view answer) {
  std::vector<std::string> lines;
  constexpr std::string_view kBreak = "\\n";
  while (!answer.empty()) {
    const std::size_t end = std::min(answer.find(kBreak), answer.size());
    lines.emplace_back(answer.substr(0, end));
    answer.remove_prefix(std::min(end + kBreak.size(), answer.size()));
  }
  return lines;
}

// "+CESQ" of the command AT+CESQ? and of the line "+CESQ: 99,…".
std::string_view name_of(std::string_view text) {
  if (text.starts_with("AT")) text.remove_prefix(2);
  std::size_t end = 1;
  while (end < text.size() &&
         ((text[end] >= 'A' && text[end] <= 'Z') || (text[end] >= '0' && text[end] <= '9')))
    ++end;
  return text.substr(0, std::min(end, text.size()));
}

std::string answer_to(std::string_view command, const std::string& maker,
                      const std::vector<std::string>& lines) {
  const std::string ok = "\r\nOK\r\n";
  if (command == "AT+CGMI") return "\r\n" + maker + "\r\n" + ok;
  std::string answer;
  for (const std::string& line : lines)
    if (line.starts_with(name_of(command)) && name_of(line) == name_of(command))
      answer += "\r\n" + line + "\r\n";
  return answer.empty() ? "\r\nERROR\r\n" : answer + ok;
}

std::string measure(const std::string& maker, const std::vector<std::string>& lines) {
  boost::asio::io_context io;
  session::PtyModem modem(io, [&](const std::string& command) { return answer_to(command, maker, lines); });
  const ProbeKind& kind = *find_probe_kind("modem");
  const auto probe = kind.make(ProbeOptions::defaults(kind.options));
  SessionTarget target{EndpointIndex{0}, "recorded", "", modem.device()};
  target.notes = std::make_shared<SessionNotes>();
  Round round;
  bool done = false;
  boost::asio::co_spawn(io, probe->run(target, std::chrono::seconds(20)),
                        [&](const std::exception_ptr& error, const Round& result) {
                          if (error) std::rethrow_exception(error);
                          round = result;
                          done = true;
                        });
  while (!done && io.run_one() > 0) {
  }
  std::string text = fmt::format("outcome={}\treason={}", name(round.outcome), name(round.reason));
  for (const MetricValue& value : round.metric_values())
    text += fmt::format("\t{}={}", name(value.metric), value.value);
  for (const SessionNote& note : target.notes->list)
    if (note.kind == SessionNote::Kind::fact && note.what == "cell") text += "\tcell=" + note.text;
  return text;
}

int main_with(std::istream& input) {
  for (std::string line; std::getline(input, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) {
      fmt::print(stderr, "modem_recordings: no maker and answer: {}\n", line);
      return 2;
    }
    fmt::print("{}\n", measure(line.substr(0, tab), lines_of(std::string_view(line).substr(tab + 1))));
  }
  return 0;
}

}  // namespace
}  // namespace faultline

int main() {
  return faultline::main_with(std::cin);
}
