// The codec of modem answers: vectors of 3GPP TS 27.007 and of real modems, what must be unknown, and every
// row of the recorded answers where they are at hand.
#include "probes/wire/modem_signal.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace faultline::wire {
namespace {

using Value = std::optional<float>;
constexpr auto kNone = std::nullopt;

struct Case {
  const char* name;
  const char* answer;
  Value rsrp, rsrq, sinr, rssi;  // of the serving carrier
};
std::string case_name(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}
void expect(const ModemSignal& signal, const Case& c) {
  const CarrierSignal none;
  const CarrierSignal& serving = signal.serving() ? *signal.serving() : none;
  EXPECT_EQ(serving.rsrp_dbm, c.rsrp);
  EXPECT_EQ(serving.rsrq_db, c.rsrq);
  EXPECT_EQ(serving.sinr_db, c.sinr);
  EXPECT_EQ(serving.rssi_dbm, c.rssi);
}

struct Cesq : testing::TestWithParam<Case> {};
TEST_P(Cesq, GivesTheLowerEdgeOfTheInterval) {
  const auto signal = parse_cesq(GetParam().answer);
  ASSERT_TRUE(signal);
  expect(*signal, GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    Vectors, Cesq,
    testing::Values(
        Case{"Lte", "+CESQ: 99,99,255,255,20,47\r\n", -94, -10, kNone, kNone},
        Case{"Nr", "+CESQ: 99,99,255,255,255,255,65,75,75\r\n", -82, -11, 14, kNone},
        Case{"LteWhereBothAreThere", "+CESQ: 99,99,255,255,20,47,65,75,75\r\n", -94, -10, kNone, kNone},
        Case{"LowestKnown", "+CESQ: 99,99,255,255,1,1\r\n", -140, -19.5F, kNone, kNone},
        Case{"HighestKnown", "+CESQ: 99,99,255,255,34,97\r\n", -44, -3, kNone, kNone},
        Case{"NrEdges", "+CESQ: 99,99,255,255,255,255,126,126,127\r\n", -31, 19.5F, 40, kNone},
        Case{"BelowTheLowestIsUnknown", "+CESQ: 99,99,255,255,0,0\r\n", kNone, kNone, kNone, kNone},
        Case{"AboveTheTopIsUnknown", "+CESQ: 99,99,255,255,35,98\r\n", kNone, kNone, kNone, kNone},
        Case{"UnknownIsUnknown", "+CESQ: 99,99,255,255,255,255\r\n", kNone, kNone, kNone, kNone},
        Case{"GsmHasNoneOfThem", "+CESQ: 10,6,255,255,255,255\r\n", kNone, kNone, kNone, kNone},
        Case{"WithoutSpace", "+CESQ:99,99,255,255,12,40\r\n", -101, -14, kNone, kNone},
        Case{"NoNumberIsUnknown", "+CESQ: 99,99,255,255,2x,-47\r\n", kNone, kNone, kNone, kNone},
        Case{"TooBigForAnInteger", "+CESQ: 99,99,255,255,99999999999999999999,47\r\n", -94, kNone, kNone,
             kNone},
        Case{"EchoAndOtherLinesAround", "AT+CESQ\r\r\n+CREG: 1\r\n+CESQ: 99,99,255,255,20,47\r\n\r\nOK\r\n",
             -94, -10, kNone, kNone}),
    case_name);

TEST(Cesq, WithAnotherNumberOfFieldsIsNoAnswer) {
  for (const char* answer : {"", "OK\r\n", "+CESQ:", "+CESQ: 99,99,255,255,20\r\n",
                             "+CESQ: 99,99,255,255,20,47,65\r\n", "CESQ: 99,99,255,255,20,47\r\n"})
    EXPECT_FALSE(parse_cesq(answer)) << answer;
}

struct Qeng : testing::TestWithParam<Case> {};
TEST_P(Qeng, IsReadByPosition) {
  const auto signal = parse_qeng(GetParam().answer, LteSinrScale::db);
  ASSERT_TRUE(signal);
  expect(*signal, GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    Vectors, Qeng,
    testing::Values(
        Case{
            "OldLteLayout",
            R"(+QENG: "servingcell","NOCONN","LTE","FDD",440,10,2734811,235,6100,19,3,3,1684,-81,-10,-54,19,50)",
            -81, -10, 19, -54},
        Case{
            "NewLteLayout",
            R"(+QENG: "servingcell","NOCONN","LTE","FDD",460,01,5F1EA15,12,1650,3,5,5,DE10,-100,-12,-68,11,0,-32768,27)",
            -100, -12, 11, -68},
        Case{
            "NrStandaloneHasRsrqBeforeSinr",
            R"(+QENG: "servingcell","NOCONN","NR5G-SA","TDD",310,260,18666712F,335,794E00,516270,41,12,-75,-11,5,1,-)",
            -75, -11, 5, kNone},
        Case{"NrSecondaryHasSinrBeforeRsrq", R"(+QENG:"NR5G-NSA",460,01,747,-71,33,-11,627264,78,12,1)", -71,
             -11, 33, kNone},
        Case{
            "DashAndTheInvalidNumberAreUnknown",
            R"(+QENG: "servingcell","NOCONN","LTE","FDD",440,10,2734811,235,6100,19,3,3,1684,-,-32768,-54,-)",
            kNone, kNone, kNone, -54},
        Case{"OutOfRangeIsUnknown",
             R"(+QENG: "servingcell","NOCONN","LTE","FDD",440,10,2734811,235,6100,19,3,3,1684,-141,3,-24,41)",
             kNone, kNone, kNone, kNone},
        Case{"CutShort", R"(+QENG: "servingcell","NOCONN","LTE","FDD",440,10,2734811,235)", kNone, kNone,
             kNone, kNone},
        Case{"AnotherRadioTechnology",
             R"(+QENG: "servingcell","NOCONN","WCDMA",460,01,DE10,5F1EA15,10713,12,1,-80,-5)", kNone, kNone,
             kNone, kNone}),
    case_name);

TEST(Qeng, OfEnDcKeepsBothCarriersAndReportsTheAnchor) {
  const auto signal = parse_qeng(
      "AT+QENG=\"servingcell\"\r\r\n+QENG: \"servingcell\",\"NOCONN\"\r\n"
      "+QENG: \"LTE\",\"FDD\",460,01,5F1EA15,12,1650,3,5,5,DE10,-99,-12,-67,11,9,230,-\r\n"
      "+QENG:\"NR5G-NSA\",460,01,747,-71,33,-11,627264,78,12,1\r\n\r\nOK\r\n",
      LteSinrScale::db);
  ASSERT_TRUE(signal && signal->lte && signal->nr);
  EXPECT_EQ(signal->registration, ModemRegistration::registered);
  EXPECT_EQ(signal->lte->rsrp_dbm, -99);
  EXPECT_EQ(signal->lte->physical_cell_id, 12U);
  EXPECT_EQ(signal->nr->rsrp_dbm, -71);
  EXPECT_EQ(signal->nr->physical_cell_id, 747U);
  EXPECT_EQ(signal->serving(), &*signal->lte);
}

TEST(Qeng, ScaleOfTheLteSinrIsASettingAndNrHasDecibels) {
  constexpr auto kLte = R"(+QENG: "LTE","FDD",460,01,5F1EA15,12,1650,3,5,5,DE10,-99,-12,-67,11,9,230,-)";
  EXPECT_EQ(parse_qeng(kLte, LteSinrScale::index)->lte->sinr_db, 2);
  EXPECT_EQ(parse_qeng(kLte, LteSinrScale::db)->lte->sinr_db, 11);
  constexpr auto kNr = R"(+QENG:"NR5G-NSA",460,01,747,-71,13,-11,627264,78,12,1)";
  EXPECT_EQ(parse_qeng(kNr, LteSinrScale::index)->nr->sinr_db, 13);
}

TEST(Qeng, TellsTheRegistration) {
  const auto registration = [](const char* line) { return parse_qeng(line, LteSinrScale::db)->registration; };
  EXPECT_EQ(registration(R"(+QENG: "servingcell","SEARCH")"), ModemRegistration::searching);
  EXPECT_EQ(registration(R"(+QENG: "servingcell","LIMSRV","LTE")"), ModemRegistration::limited);
  EXPECT_EQ(registration(R"(+QENG: "servingcell","NOCONN")"), ModemRegistration::registered);
  EXPECT_EQ(registration(R"(+QENG: "servingcell","CONNECT")"), ModemRegistration::registered);
  EXPECT_EQ(registration(R"(+QENG: "servingcell","WHATEVER")"), ModemRegistration::unknown);
  EXPECT_EQ(registration(R"(+QENG: "servingcell")"), ModemRegistration::unknown);
}

TEST(Qeng, LinesOfNeighboursAndOfNothingGiveNoValues) {
  for (const char* line : {R"(+QENG: "neighbourcell intra","LTE",1650,12,-12,-100,-68,11,27)",
                           "+QENG:", R"(+QENG: "NR5G-NSA",)", R"(+QENG: ",)"}) {
    const auto signal = parse_qeng(line, LteSinrScale::db);
    ASSERT_TRUE(signal) << line;
    EXPECT_FALSE(signal->has_values()) << line;
  }
  EXPECT_FALSE(parse_qeng("OK\r\n", LteSinrScale::db));
}

TEST(AtResult, IsTheFirstWholeResultLine) {
  const auto r = at_result;
  EXPECT_EQ(r("\r\nOK\r\n"), AtResult::ok);
  EXPECT_EQ(r("AT+CESQ\r\r\n+CESQ: 1\r\n\r\nOK\r\n"), AtResult::ok);
  EXPECT_EQ(r("\r\nERROR\r\n"), AtResult::error);
  EXPECT_EQ(r("\r\n+CME ERROR: 10\r\n"), AtResult::error);
  EXPECT_EQ(r("\r\n+CMS ERROR: 500\r\n"), AtResult::error);
  EXPECT_EQ(r("\r\nCOMMAND NOT SUPPORT\r\n"), AtResult::error);
  EXPECT_EQ(r("\r\nOK\r\n\r\n+CREG: 1\r\n"), AtResult::ok) << "what comes after was not asked for";
  for (const char* unfinished :
       {"", "\r\n", "\r\nO", "\r\nOK", "+CME ERROR: 1", "OKAY\r\n", "NOT OK\r\n", "\r\n+CESQ: 1\r\n"})
    EXPECT_EQ(r(unfinished), AtResult::unfinished) << unfinished;
}

// ---- recorded answers, where they are at hand ----

using Row = std::vector<std::string>;

std::string unescaped(std::string text) {
  for (std::size_t at = 0; (at = text.find("\\n", at)) != std::string::npos;) text.replace(at, 2, "\r\n");
  return text + "\r\n";
}

// The rows of a table, "#" lines and the header left out.
std::vector<Row> rows_of(const std::filesystem::path& file) {
  std::vector<Row> rows;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    Row row;
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, '\t');) row.push_back(field);
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) rows.erase(rows.begin());
  return rows;
}

// "-82/-91": one value a carrier; "-" is none.
Value value_at(const std::string& text, std::size_t carrier) {
  std::istringstream parts(text);
  std::string part;
  for (std::size_t i = 0; i <= carrier; ++i)
    if (!std::getline(parts, part, '/')) return std::nullopt;
  if (part == "-") return std::nullopt;
  return std::strtof(part.c_str(), nullptr);
}

const std::filesystem::path kRecorded = FAULTLINE_SOURCE_DIR "/../shared/data/modem_at";

TEST(RecordedAnswers, OfQengAreReadAsPublished) {
  const auto rows = rows_of(kRecorded / "quectel_real_captures.tsv");
  if (rows.empty()) GTEST_SKIP() << kRecorded << " is not here";
  int checked = 0;
  for (const Row& row : rows) {  // src claim rat pci rsrp rsrq rssi sinr band check response
    ASSERT_EQ(row.size(), 11U);
    if (row[10].find("+QENG:") == std::string::npos) continue;
    SCOPED_TRACE(row[10]);
    const auto signal = parse_qeng(unescaped(row[10]), LteSinrScale::db);
    ASSERT_TRUE(signal);
    const bool has_lte = row[2].starts_with("LTE"), has_nr = row[2].find("NR5G") != std::string::npos;
    const auto check = [&](const std::optional<CarrierSignal>& carrier, std::size_t i) {
      ASSERT_TRUE(carrier);
      EXPECT_EQ(static_cast<float>(carrier->physical_cell_id.value_or(9999)), value_at(row[3], i));
      EXPECT_EQ(carrier->rsrp_dbm, value_at(row[4], i));
      EXPECT_EQ(carrier->rsrq_db, value_at(row[5], i));
      EXPECT_EQ(carrier->rssi_dbm, value_at(row[6], i));
      EXPECT_EQ(carrier->sinr_db, value_at(row[7], i));
    };
    if (has_lte) check(signal->lte, 0);
    if (has_nr) check(signal->nr, has_lte ? 1 : 0);
    ++checked;
  }
  EXPECT_GE(checked, 10);
}

TEST(RecordedAnswers, OfCesqAreReadAsPublished) {
  const auto rows = rows_of(kRecorded / "modemmanager_signal_cases.tsv");
  if (rows.empty()) GTEST_SKIP() << kRecorded << " is not here";
  int checked = 0;
  for (const Row& row : rows) {  // response tech rssi rscp ecio rsrp rsrq sinr note
    if (!row[0].starts_with("+CESQ:")) continue;
    SCOPED_TRACE(row[0]);
    const auto signal = parse_cesq(unescaped(row[0]));
    ASSERT_TRUE(signal);
    const CarrierSignal serving = signal->serving() ? *signal->serving() : CarrierSignal{};
    EXPECT_EQ(serving.rsrp_dbm, value_at(row[5], 0));
    EXPECT_EQ(serving.rsrq_db, value_at(row[6], 0));
    EXPECT_EQ(serving.sinr_db, value_at(row[7], 0));
    ++checked;
  }
  EXPECT_GE(checked, 2);
}

}  // namespace
}  // namespace faultline::wire
