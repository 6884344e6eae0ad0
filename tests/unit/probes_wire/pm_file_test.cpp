// Performance files in both layouts of 3GPP TS 32.435, CSV files, and what is neither.
#include "probes/wire/pm_file.h"

#include <gtest/gtest.h>

#include <string>

namespace faultline::wire {
namespace {

using State = PmFile::State;

const std::string kHead = R"(<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="MeasDataCollection.xsl"?>
<measCollecFile xmlns="http://www.3gpp.org/ftp/specs/archive/32_series/32.435#measCollec">
  <fileHeader fileFormatVersion="32.435 V10.0" vendorName="Acme" dnPrefix="DC=a1.example">
    <fileSender localDn="SubNetwork=1,ManagedElement=7" elementType="eNodeB"/>
    <measCollec beginTime="2026-11-29T14:00:00+01:00"/>
  </fileHeader>
  <measData>
    <managedElement localDn="SubNetwork=1,ManagedElement=7" userLabel="north"/>
)";
const std::string kTail = R"(  </measData>
  <fileFooter><measCollec endTime="2026-11-29T14:15:00+01:00"/></fileFooter>
</measCollecFile>
)";
const std::string kByPosition = R"(    <measInfo measInfoId="1">
      <granPeriod duration="PT900S" endTime="2026-11-29T14:15:00+01:00"/>
      <measTypes>RRC.ConnEstabAtt  RRC.ConnEstabSucc
                 Down</measTypes>
      <measValue measObjLdn="ENodeBFunction=1,EUtranCellFDD=cell-1">
        <measResults>234 230 NIL</measResults>
      </measValue>
      <measValue measObjLdn="ENodeBFunction=1,EUtranCellFDD=cell-2">
        <measResults>1e2 -0.5 900 77</measResults>
        <suspect>false</suspect>
      </measValue>
    </measInfo>
)";
const std::string kByNumber = R"(    <measInfo>
      <measType p="2">PrbUsed</measType><measType p="5">PrbTotal</measType>
      <measValue measObjLdn="EUtranCellFDD=cell-1"><r p="5">100</r><r p="2">40</r><r p="9">1</r><r>3</r></measValue>
      <measValue measObjLdn="EUtranCellFDD=cell-2"><suspect>true</suspect><r p="2">1</r></measValue>
    </measInfo>
)";

TEST(PmXml, ReadsValuesByTheirPosition) {
  const PmFile file = parse_pm_xml(kHead + kByPosition + kTail);
  ASSERT_EQ(file.state, State::whole) << file.problem;
  ASSERT_EQ(file.blocks.size(), 1U);
  const PmBlock& block = file.blocks[0];
  EXPECT_EQ(block.counters, (std::vector<std::string>{"RRC.ConnEstabAtt", "RRC.ConnEstabSucc", "Down"}));
  ASSERT_EQ(block.objects.size(), 2U);
  EXPECT_EQ(block.objects[0].name, "ENodeBFunction=1,EUtranCellFDD=cell-1");
  using Values = std::vector<std::pair<std::uint32_t, double>>;
  EXPECT_EQ(block.objects[0].values, (Values{{0, 234}, {1, 230}})) << "NIL is no number";
  EXPECT_EQ(block.objects[1].values, (Values{{0, 100}, {1, -0.5}, {2, 900}})) << "the fourth has no name";
}

TEST(PmXml, ReadsValuesByTheirNumber) {
  const PmFile file = parse_pm_xml(kHead + kByNumber + kByPosition + kTail);
  ASSERT_EQ(file.state, State::whole) << file.problem;
  ASSERT_EQ(file.blocks.size(), 2U);
  const PmBlock& block = file.blocks[0];
  EXPECT_EQ(block.counters, (std::vector<std::string>{"PrbUsed", "PrbTotal"}));
  ASSERT_EQ(block.objects.size(), 1U) << "what is suspect is left out";
  EXPECT_EQ(block.objects[0].values, (std::vector<std::pair<std::uint32_t, double>>{{1, 100}, {0, 40}}));
}

TEST(PmXml, TakesANameSpacePrefix) {
  const PmFile file = parse_pm_xml(
      R"(<p:measCollecFile xmlns:p="x"><p:measInfo><p:measTypes>A</p:measTypes><p:measValue measObjLdn="c">)"
      R"(<p:measResults>1</p:measResults></p:measValue></p:measInfo></p:measCollecFile>)");
  ASSERT_EQ(file.state, State::whole) << file.problem;
  EXPECT_EQ(file.blocks.at(0).objects.at(0).values.size(), 1U);
}

TEST(PmXml, IsUnfinishedUntilItsEnd) {
  const std::string whole = kHead + kByNumber + kByPosition + kTail;
  for (std::size_t size = 0; size < whole.size() - 1; ++size)
    ASSERT_EQ(parse_pm_xml(whole.substr(0, size)).state, State::unfinished) << size;
  EXPECT_EQ(parse_pm_xml(whole.substr(0, whole.size() - 1)).state, State::whole) << "but for the line end";
}

TEST(PmXml, RefusesWhatIsNone) {
  std::string deep = "<measCollecFile>";
  for (int i = 0; i < 100; ++i) deep += "<a>";
  for (const std::string& text : {std::string("<html></html>"), std::string("no XML"), kHead + "</wrong>",
                                  deep, kHead + kByNumber + kTail + "<again/>", std::string("\xFF\xFF<a>")}) {
    const PmFile file = parse_pm_xml(text);
    EXPECT_EQ(file.state, State::malformed) << text.substr(0, 60);
    EXPECT_TRUE(file.problem.starts_with("line ")) << file.problem;
    EXPECT_TRUE(file.blocks.empty());
  }
}

// So no entity can be made that grows or reads a file.
TEST(PmXml, RefusesADocumentType) {
  const PmFile file = parse_pm_xml(
      R"(<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><measCollecFile>&b;</measCollecFile>)");
  EXPECT_EQ(file.state, State::malformed);
  EXPECT_EQ(file.problem, "line 1: has a document type, which a performance file has not");
}

TEST(PmCsv, ReadsAColumnForEachCounter) {
  const PmFile file = parse_pm_csv(
      "time;Cell;Used;\"To;tal\"\r\n14:00;cell-1;40;100\r\n14:00;cell-2;;x\n14:00;;1;2\n"
      "14:00;\"cell \"\"3;\"\"\";-1.5",
      "Cell");
  ASSERT_EQ(file.state, State::whole) << file.problem;
  ASSERT_EQ(file.blocks.size(), 1U);
  EXPECT_EQ(file.blocks[0].counters, (std::vector<std::string>{"time", "Cell", "Used", "To;tal"}));
  ASSERT_EQ(file.blocks[0].objects.size(), 2U) << "without a name or a number there is nothing to tell";
  using Values = std::vector<std::pair<std::uint32_t, double>>;
  EXPECT_EQ(file.blocks[0].objects[0].name, "cell-1");
  EXPECT_EQ(file.blocks[0].objects[0].values, (Values{{2, 40}, {3, 100}}));
  EXPECT_EQ(file.blocks[0].objects[1].name, "cell \"3;\"");
  EXPECT_EQ(file.blocks[0].objects[1].values, (Values{{2, -1.5}}));
}

TEST(PmCsv, TakesCommasAndTabsToo) {
  for (const char* text : {"\xEF\xBB\xBF"
                           "Cell,A\nc,1\n",
                           "Cell\tA\nc\t1\n"}) {
    const PmFile file = parse_pm_csv(text, "Cell");
    ASSERT_EQ(file.state, State::whole) << text;
    EXPECT_EQ(file.blocks.at(0).objects.at(0).values.at(0).second, 1) << text;
  }
}

TEST(PmCsv, WithoutItsColumnIsMalformed) {
  EXPECT_EQ(parse_pm_csv("Cell,A\nc,1\n", "Zelle").problem, "line 1: has no column \"Zelle\"");
  EXPECT_EQ(parse_pm_csv("", "Cell").state, State::malformed);
  EXPECT_EQ(parse_pm_csv("Cell,A\nc,\"1\n", "Cell").problem, "ends within quotes");
  EXPECT_EQ(parse_pm_csv("Cell,\"A\nc,1\n", "Cell").state, State::malformed);
}

TEST(PartOfName, IsOfTheLastPartOnly) {
  const char* name = "ManagedElement=1,EUtranCellFDD=cell-1";
  EXPECT_EQ(part_of_name(name, "EUtranCellFDD"), "cell-1");
  EXPECT_EQ(part_of_name(name, "ManagedElement"), "") << "a part of it is not the thing itself";
  EXPECT_EQ(part_of_name(name, ""), name);
  EXPECT_EQ(part_of_name("cell-1", "EUtranCellFDD"), "");
  EXPECT_EQ(part_of_name("EUtranCellFDD=a=b", "EUtranCellFDD"), "a=b");
  EXPECT_EQ(part_of_name("", "x"), "");
}

}  // namespace
}  // namespace faultline::wire
