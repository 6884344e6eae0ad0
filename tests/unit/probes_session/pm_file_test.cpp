// The pm_file probe: a real directory into which files are put whole, by halves and wrong.
#include "probes/session/pm_file.h"

#include "probes/session/pm_directory.h"
#include "tests/unit/probes_session/asking.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

namespace faultline::session {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string xml_of(const std::vector<std::pair<std::string, std::string>>& cells) {
  std::string text = "<measCollecFile><measData><measInfo><measTypes>Used Total Down</measTypes>";
  for (const auto& [cell, values] : cells)
    text += "<measValue measObjLdn=\"ENodeBFunction=1,EUtranCellFDD=" + cell + "\"><measResults>" + values +
            "</measResults></measValue>";
  return text + "</measInfo></measData></measCollecFile>\n";
}

// A directory of its own that goes with the test, and a clock that is at the present.
struct PmFiles : Asking {
  PmFiles() {
    std::string pattern = (fs::temp_directory_path() / "faultline-pm-XXXXXX").string();
    directory = mkdtemp(pattern.data());
  }
  ~PmFiles() override { fs::remove_all(directory); }

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(directory / name, std::ios::binary) << text;
  }
  ProbeOptions options(const Settings& more = {}) const {
    ProbeOptions made = ProbeOptions::defaults(pm_file_options());
    made.set("directory", directory.string());
    made.set("object", std::string("EUtranCellFDD"));
    made.set("utilisation", std::string("Used / Total"));
    made.set("availability_ratio", std::string("1 - Down / 900"));
    for (const auto& [name, text] : more)
      for (const OptionSpec& spec : pm_file_options())
        if (spec.name == name) made.set(name, parse_option(spec, text).value());
    return made;
  }
  PmDirectory watched(const Settings& more = {}) const {
    return PmDirectory(pm_settings(options(more)).value());
  }
  static Timestamp now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  // Position of the metric: by the order of the metrics.
  static float utilisation(const PmLook& look, const std::string& cell) { return look.values.at(cell)[0]; }
  static float availability(const PmLook& look, const std::string& cell) { return look.values.at(cell)[1]; }

  fs::path directory;
};

TEST_F(PmFiles, AreReadOnceEach) {
  PmDirectory files = watched();
  put("A1.xml", xml_of({{"cell-1", "40 100 0"}, {"cell-2", "50 100 90"}}));
  put("readme.txt", "<html>");
  const PmLook first = files.look(now());
  EXPECT_TRUE(first.is_readable);
  EXPECT_EQ(first.files, 1U);
  EXPECT_EQ(first.values.size(), 2U);
  EXPECT_EQ(utilisation(first, "cell-1"), 0.4F);
  EXPECT_EQ(availability(first, "cell-2"), 0.9F);
  EXPECT_EQ(files.look(now()).files, 0U);
  put("A2.xml", xml_of({{"cell-1", "60 100 0"}}));
  const PmLook second = files.look(now());
  EXPECT_EQ(second.files, 1U);
  EXPECT_EQ(second.values.size(), 1U);
  EXPECT_EQ(utilisation(second, "cell-1"), 0.6F);
  put("A2.xml", xml_of({{"cell-1", "710 1000 0"}}));
  EXPECT_EQ(utilisation(files.look(now()), "cell-1"), 0.71F) << "it was written anew";
}

TEST_F(PmFiles, ThatAreHalfWrittenAreWaitedFor) {
  PmDirectory files = watched();
  const std::string whole = xml_of({{"cell-1", "40 100 0"}});
  put("A.xml", whole.substr(0, 100));
  for (int i = 0; i < 2; ++i) {
    const PmLook look = files.look(now());
    EXPECT_EQ(look.files, 0U);
    EXPECT_TRUE(look.problems.empty());
  }
  put("A.xml", whole);
  EXPECT_EQ(utilisation(files.look(now()), "cell-1"), 0.4F);
}

TEST_F(PmFiles, OfCsvAreReadWhenTheyNoLongerGrow) {
  PmDirectory files = watched({{"format", "csv"}, {"files", "*.csv"}, {"column", "Cell"}, {"object", ""}});
  put("A.csv", "Cell,Used,Total,Down\ncell-1,40,100,0\n");
  EXPECT_EQ(files.look(now()).files, 0U) << "more may come";
  put("A.csv", "Cell,Used,Total,Down\ncell-1,40,100,0\ncell-2,1,");
  EXPECT_EQ(files.look(now()).files, 0U) << "more has come";
  put("A.csv", "Cell,Used,Total,Down\ncell-1,40,100,0\ncell-2,1,100,0\n");
  EXPECT_EQ(files.look(now()).files, 0U);
  const PmLook look = files.look(now());
  EXPECT_EQ(look.files, 1U);
  EXPECT_EQ(utilisation(look, "cell-2"), 0.01F);
  EXPECT_EQ(files.look(now()).files, 0U);
}

TEST_F(PmFiles, ThatAreWrongAreToldOfOnce) {
  PmDirectory files = watched({{"max_bytes", "1024"}});
  put("bad.xml", "<html></html>");
  put("long.xml", xml_of({{"cell-1", "40 100 0"}}) + std::string(1024, ' '));
  fs::create_directory(directory / "folder.xml");
  mkfifo((directory / "pipe.xml").c_str(), 0600);  // to read it would never end
  put("good.xml", xml_of({{"cell-1", "40 100 0"}}));
  const PmLook look = files.look(now());
  EXPECT_THAT(look.problems,
              testing::UnorderedElementsAre(StartsWith("bad.xml: line 1: is no measCollecFile"),
                                            StartsWith("long.xml: is longer than max_bytes, 1024")));
  EXPECT_EQ(look.files, 1U) << "the others are read all the same";
  EXPECT_TRUE(files.look(now()).problems.empty());
}

TEST_F(PmFiles, ThatAreOldAreNotRead) {
  PmDirectory files = watched();
  put("A.xml", xml_of({{"cell-1", "40 100 0"}}));
  PmDirectory later = watched();
  const PmLook look = later.look(now() + 61min);
  EXPECT_EQ(look.files, 0U);
  EXPECT_TRUE(look.problems.empty());
  put("B.xml", "<measCollecFile>");
  EXPECT_TRUE(files.look(now()).problems.empty());
  EXPECT_THAT(files.look(now() + 61min).problems,
              ElementsAre(StartsWith("B.xml: has no end and does not grow any more")));
  EXPECT_TRUE(files.look(now() + 62min).problems.empty());
}

TEST_F(PmFiles, OfADirectoryThatIsGoneAreNone) {
  PmDirectory files = watched();
  fs::remove_all(directory);
  EXPECT_FALSE(files.look(now()).is_readable);
}

TEST_F(PmFiles, TheirObjectsMayBeInSeveralBlocks) {
  const wire::PmFile file = wire::parse_pm_xml(
      "<measCollecFile>"
      "<measInfo><measTypes>Used</measTypes><measValue "
      "measObjLdn=\"EUtranCellFDD=c\"><measResults>40</measResults>"
      "</measValue></measInfo>"
      "<measInfo><measTypes>Total</measTypes><measValue "
      "measObjLdn=\"EUtranCellFDD=c\"><measResults>100</measResults>"
      "</measValue><measValue "
      "measObjLdn=\"EUtranCellFDD=c,Relation=1\"><measResults>7</measResults></measValue>"
      "</measInfo></measCollecFile>");
  const PmValuesOf values = values_in(file, pm_settings(options()).value());
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(values.at("c")[0], 0.4F);
  EXPECT_TRUE(std::isnan(values.at("c")[1])) << "Down is not there";
}

TEST_F(PmFiles, AreToldToEachEndpointOnce) {
  put("A.xml", xml_of({{"cell-1", "40 100 0"}, {"cell-2", "50 100 90"}}));
  ProbeOptions quick = options();
  quick.set("interval", Duration{1});  // so that each run looks again
  const auto probe = make_pm_file_probe(quick);
  const Round one = ask(*probe, target(1, "cell-1"));
  EXPECT_EQ(one.outcome, Outcome::ok) << name(one.reason);
  EXPECT_EQ(one.value_count, 2);
  EXPECT_EQ(value(one, Metric::utilisation), 0.4F);
  EXPECT_EQ(value(one, Metric::availability_ratio), 1);
  EXPECT_EQ(value(ask(*probe, target(2, "cell-2")), Metric::availability_ratio), 0.9F);
  for (const char* cell : {"cell-1", "cell-3"}) {
    const Round nothing = ask(*probe, target(cell == std::string("cell-1") ? 1 : 3, cell));
    EXPECT_EQ(nothing.outcome, Outcome::not_measured) << cell;
    EXPECT_EQ(nothing.reason, OutcomeReason::no_value) << cell;
  }
  put("B.xml", xml_of({{"cell-1", "60 100 0"}}));
  EXPECT_EQ(value(ask(*probe, target(1, "cell-1")), Metric::utilisation), 0.6F);
}

TEST_F(PmFiles, ThousandsOfCellsShareALook) {
  constexpr std::uint32_t kCells = 5'000;
  std::vector<std::pair<std::string, std::string>> cells;
  for (std::uint32_t i = 0; i < kCells; ++i)
    cells.emplace_back(std::to_string(i), std::to_string(i) + " 5000 0");
  put("A.xml", xml_of(cells));
  const auto probe = make_pm_file_probe(options());
  for (std::uint32_t i = 0; i < kCells; ++i) begin(*probe, target(i, std::to_string(i)));
  finish_all();
  for (const Run& run : runs)
    ASSERT_EQ(value(run.round, Metric::utilisation), static_cast<float>(run.round.endpoint.value) / 5000.0F);
}

TEST_F(PmFiles, OfAnUnreadableDirectorySayNothing) {
  fs::remove_all(directory);
  const auto probe = make_pm_file_probe(options());
  const Round round = ask(*probe, target(1, "cell-1"));
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::source_silent);
}

TEST_F(PmFiles, ALookThatIsCancelledIsTakenUpByTheNext) {
  put("A.xml", xml_of({{"cell-1", "40 100 0"}}));
  const auto probe = make_pm_file_probe(options());
  Run& first = begin(*probe, target(2, "cell-2"));
  Run& second = begin(*probe, target(1, "cell-1"));
  boost::asio::post(io, [&] { first.cancel_it(); });
  EXPECT_EQ(value(finish(second), Metric::utilisation), 0.4F);
  EXPECT_EQ(finish(first).outcome, Outcome::not_measured);
}

TEST_F(PmFiles, TheirOptionsAreCheckedTogether) {
  const auto problem = [&](const Settings& settings) -> std::string {
    const auto checked = check_pm_file_options(options(settings));
    return checked ? "" : checked.error().message;
  };
  EXPECT_EQ(problem({}), "");
  EXPECT_THAT(problem({{"directory", "relative"}}), StartsWith("directory: "));
  EXPECT_THAT(problem({{"files", "a/*.xml"}}), StartsWith("files: "));
  EXPECT_THAT(problem({{"format", "csv"}}), StartsWith("column: is needed"));
  EXPECT_THAT(problem({{"column", "Cell"}}), StartsWith("column: is of csv only"));
  EXPECT_EQ(problem({{"utilisation", "Used /"}}),
            "utilisation: character 7 of \"Used /\": expected a number, a counter or (");
  EXPECT_THAT(problem({{"utilisation", ""}, {"availability_ratio", ""}}), StartsWith("no formula is given"));
}

}  // namespace
}  // namespace faultline::session
