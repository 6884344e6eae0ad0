// The codecs of the vendors' commands: vectors of manuals and of real modems, what must be unknown, and every
// row of the recorded answers where they are at hand.
#include "probes/wire/modem_dialects.h"

#include "tests/unit/probes_wire/modem_case.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace faultline::wire {
namespace {

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

struct Vendor {
  const char* name;
  const char* dialect;
  const char* answer;
  Value rsrp, rsrq, sinr, rssi, rscp, ecio;  // of the serving carrier
};
std::string vendor_name(const testing::TestParamInfo<Vendor>& info) {
  return info.param.name;
}
struct Dialect : testing::TestWithParam<Vendor> {};
TEST_P(Dialect, IsReadAsItsMakerSays) {
  const Vendor& v = GetParam();
  const auto signal = find_modem_dialect(v.dialect)->parse(v.answer);
  ASSERT_TRUE(signal);
  const CarrierSignal serving = signal->serving() ? *signal->serving() : CarrierSignal{};
  EXPECT_EQ(serving.rsrp_dbm, v.rsrp);
  EXPECT_EQ(serving.rsrq_db, v.rsrq);
  EXPECT_EQ(serving.sinr_db.has_value(), v.sinr.has_value());
  if (v.sinr) {
    EXPECT_NEAR(serving.sinr_db.value_or(-99), *v.sinr, 1e-4);
  }
  EXPECT_EQ(serving.rssi_dbm, v.rssi);
  EXPECT_EQ(serving.rscp_dbm, v.rscp);
  EXPECT_EQ(serving.ecio_db, v.ecio);
}
INSTANTIATE_TEST_SUITE_P(
    Vectors, Dialect,
    testing::Values(
        Vendor{"QuectelShortLte", "qcsq", R"(+QCSQ: "LTE",-52,-81,195,-10)", -81, -10, 19, -52, {}, {}},
        Vendor{"QuectelShortNr", "qcsq", R"(+QCSQ: "NR5G",-75,4,-11)", -75, -11, 4, {}, {}, {}},
        Vendor{"QuectelShortWcdma", "qcsq", R"(+QCSQ: "WCDMA",-71,-79,-5)", {}, {}, {}, -71, -79, -5},
        Vendor{"QuectelShortGsm", "qcsq", R"(+QCSQ: "GSM",-61)", {}, {}, {}, -61, {}, {}},
        Vendor{"QuectelShortNone", "qcsq", R"(+QCSQ: "NOSERVICE")", {}, {}, {}, {}, {}, {}},
        Vendor{
            "QuectelShortOutOfRange", "qcsq", R"(+QCSQ: "LTE",85,-124,255,-18)", -124, -18, {}, {}, {}, {}},
        Vendor{"HuaweiLte", "hcsq", R"(^HCSQ:"LTE",39,27,86,18)", -114, -11, -3, -82, {}, {}},
        Vendor{"HuaweiLteUnquoted", "hcsq", "^HCSQ: LTE,33,40,135,11", -101, -14.5F, 6.8F, -88, {}, {}},
        Vendor{"HuaweiWcdma", "hcsq", R"(^HCSQ: "WCDMA",30,30,58)", {}, {}, {}, -91, -91, -3.5F},
        Vendor{"HuaweiGsm", "hcsq", R"(^HCSQ: "GSM",36,255)", {}, {}, {}, -85, {}, {}},
        Vendor{"HuaweiUnknown", "hcsq", R"(^HCSQ: "LTE",255,255,255,255)", {}, {}, {}, {}, {}, {}},
        Vendor{
            "TelitLte",
            "rfsts",
            R"(#RFSTS: "286 01",1795,-101,-67,-15,2242,,128,3,1,0B5D121,"286016339612498","Turkcell",3,3,108)",
            -101,
            -15,
            {},
            -67,
            {},
            {}},
        Vendor{"TelitLteWithRac",
               "rfsts",
               R"(#RFSTS: "310 260",66786,-101,-68,-13,2D18,255,,640,1,0,3089F02,"0","T-Mobile",3,66)",
               -101,
               -13,
               {},
               -68,
               {},
               {}},
        Vendor{"TelitGsm",
               "rfsts",
               R"(#RFSTS: "204 08",14,-83,0CBC,00,5,19,10,,BEE9,"204007930002270","NL KPN",0,2)",
               {},
               {},
               {},
               -83,
               {},
               {}},
        Vendor{"TelitGsmWithAnAreaOfDigits",
               "rfsts",
               R"(#RFSTS: "204 08",14,-83,1234,00,5,19,10)",
               {},
               {},
               {},
               -83,
               {},
               {}},
        Vendor{"TelitWcdma",
               "rfsts",
               R"(#RFSTS: "222 10",10788,73,-7.0,-81,-74,5403,01,-5,64,19,10,2)",
               {},
               {},
               {},
               -74,
               -81,
               -7},
        Vendor{"CinterionLte",
               "smoni",
               "^SMONI: 4G,6300,20,10,10,FDD,262,02,BF75,0345103,350,90,-101,-7,CONN",
               -101,
               -7,
               {},
               {},
               {},
               {}},
        Vendor{"CinterionLteWithADash",
               "smoni",
               "^SMONI: 4G,2850,7,20,20,FDD,262,02,C096,027430F,275,-,-113,-8,CONN",
               -113,
               -8,
               {},
               {},
               {},
               {}},
        Vendor{"CinterionUmts",
               "smoni",
               "^SMONI: 3G,10737,131,-5,-93,260,01,7D3D,C80BC9A,--,--,----,---,-,-5,-93,0,01,06",
               {},
               {},
               {},
               {},
               -93,
               -5},
        Vendor{"CinterionGsm",
               "smoni",
               "^SMONI: 2G,673,-80,262,07,4EED,A500,35,35,7,4,G,643,4,0,-80,0,S_FR",
               {},
               {},
               {},
               -80,
               {},
               {}},
        Vendor{"CinterionSearching", "smoni", "^SMONI: 2G,SEARCH,SEARCH", {}, {}, {}, {}, {}, {}},
        Vendor{"IntelLte", "xcesq", "+XCESQ: 0,99,99,255,255,19,46,32", -95, -10.5F, 16, {}, {}, {}},
        Vendor{
            "IntelLteInNoise", "xcesq", "+XCESQ: 0,99,99,255,255,1,20,-15", -121, -19.5F, -7.5F, {}, {}, {}},
        Vendor{"IntelGsm", "xcesq", "+XCESQ: 0,10,6,255,255,255,255,255", {}, {}, {}, -101, {}, {}}),
    vendor_name);

TEST(Dialect, TellsTheCellAndItsPlaceInTheSpectrum) {
  const auto lte = parse_smoni("^SMONI: 4G,6300,20,10,10,FDD,262,02,BF75,0345103,350,90,-101,-7,CONN")->lte;
  EXPECT_EQ(lte->physical_cell_id, 350U);
  EXPECT_EQ(lte->channel, 6300U);
  EXPECT_EQ(lte->band, 20U);
  const auto nr =
      parse_qeng(
          R"(+QENG: "servingcell","NOCONN","NR5G-SA","TDD",310,260,18666712F,335,794E00,516270,41,12,-75)")
          ->nr;
  EXPECT_EQ(nr->channel, 516270U);
  EXPECT_EQ(nr->band, 41U);
}

TEST(Dialect, SaysWhereItSeesNoNetwork) {
  EXPECT_EQ(parse_hcsq("^HCSQ: NOSERVICE")->registration, ModemRegistration::searching);
  EXPECT_EQ(parse_smoni("^SMONI: 4G,SEARCH")->registration, ModemRegistration::searching);
  EXPECT_EQ(parse_hcsq(R"(^HCSQ: "LTE",39,27,86,18)")->registration, ModemRegistration::unknown);
}

TEST(Dialect, IsChosenByTheMaker) {
  EXPECT_EQ(modem_dialect_of("AT+CGMI\r\r\nQuectel\r\n\r\nOK\r\n").name, "qeng");
  EXPECT_EQ(modem_dialect_of("huawei").name, "hcsq");
  EXPECT_EQ(modem_dialect_of("HUAWEI Technologies").name, "hcsq");
  EXPECT_EQ(modem_dialect_of("Telit").name, "rfsts");
  EXPECT_EQ(modem_dialect_of("Cinterion").name, "smoni");
  EXPECT_EQ(modem_dialect_of("Telit Cinterion").name, "smoni");
  EXPECT_EQ(modem_dialect_of("Fibocom Wireless Inc.").name, "xcesq");
  EXPECT_EQ(modem_dialect_of("SIMCOM INCORPORATED").name, "cesq");
  EXPECT_EQ(modem_dialect_of("").name, "qeng") << "of whom nothing is known is asked what most understand";
  EXPECT_EQ(find_modem_dialect("nothing"), nullptr);
}

TEST(Dialect, FindsNothingInOtherAnswers) {
  for (const ModemDialect& dialect : modem_dialects()) {
    EXPECT_FALSE(dialect.parse("")) << dialect.name;
    EXPECT_FALSE(dialect.parse("\r\nOK\r\n")) << dialect.name;
    EXPECT_FALSE(dialect.parse("+CREG: 1\r\nERROR\r\n")) << dialect.name;
  }
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

// By what it begins with.
const ModemDialect* dialect_of_line(const std::string& line) {
  const std::string name = line.substr(1, line.find(':') - 1);
  for (const ModemDialect& dialect : modem_dialects())
    if (std::equal(name.begin(), name.end(), dialect.name.begin(), dialect.name.end(),
                   [](char a, char b) { return a - 'A' + 'a' == b; }))
      return &dialect;
  return nullptr;
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

TEST(RecordedAnswers, OfEveryVendorAreReadAsTheirModemManagerReadsThem) {
  const auto rows = rows_of(kRecorded / "modemmanager_signal_cases.tsv");
  if (rows.empty()) GTEST_SKIP() << kRecorded << " is not here";
  int checked = 0;
  for (const Row& row : rows) {  // response tech rssi rscp ecio rsrp rsrq sinr note
    SCOPED_TRACE(row[0]);
    const ModemDialect* dialect = dialect_of_line(row[0]);
    ASSERT_NE(dialect, nullptr);
    const auto signal = dialect->parse(unescaped(row[0]));
    ASSERT_TRUE(signal);
    // Of these the table tells no values: the file that it is from keeps raw levels.
    if (dialect->name == "hcsq" && row[1] != "NONE") continue;
    const CarrierSignal serving = signal->serving() ? *signal->serving() : CarrierSignal{};
    EXPECT_EQ(serving.rssi_dbm, value_at(row[2], 0));
    EXPECT_EQ(serving.rscp_dbm, value_at(row[3], 0));
    EXPECT_EQ(serving.ecio_db, value_at(row[4], 0));
    EXPECT_EQ(serving.rsrp_dbm, value_at(row[5], 0));
    EXPECT_EQ(serving.rsrq_db, value_at(row[6], 0));
    EXPECT_EQ(serving.sinr_db, value_at(row[7], 0));
    ++checked;
  }
  EXPECT_GE(checked, 10);
}

}  // namespace
}  // namespace faultline::wire
