#include "daemon/inventory/csv.h"

#include "daemon/inventory/rows.h"
#include "daemon/inventory/table.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace faultline::inventory {
namespace {

using namespace std::string_literals;
using Rows = std::vector<std::vector<std::string>>;

struct Read {
  Rows rows;
  std::string problems;
};

Read read_all(std::string_view text, CsvLimits limits = {}) {
  Read read;
  config::Problems problems;
  CsvReader reader(text, "x.csv", problems, limits);
  while (reader.next()) {
    auto& row = read.rows.emplace_back();
    for (const Cell& cell : reader.cells()) row.emplace_back(cell.text);
  }
  read.problems = problems.text();
  return read;
}

// As the nodes table reads it: the whole way from bytes to rows.
Read read_nodes(std::string_view text) {
  Read read;
  config::Problems problems;
  read_csv_table(text, "nodes.csv", kNodeColumns, problems, [&](const Row& row) {
    read.rows.push_back({std::string(row.text(0)), std::string(row.text(1))});
  });
  read.problems = problems.text();
  return read;
}

TEST(Csv, CutsRowsAsRfc4180Says) {
  const Read read = read_all("a,b,c\r\n\"1,5\",\"say \"\"hi\"\"\",\"two\nlines\"\n,,\nlast,row,x");
  EXPECT_EQ(read.problems, "");
  EXPECT_EQ(read.rows,
            (Rows{{"a", "b", "c"}, {"1,5", "say \"hi\"", "two\nlines"}, {"", "", ""}, {"last", "row", "x"}}));
}

TEST(Csv, LeavesOutCommentsAndBlankLines) {
  const Read read = read_all("# a comment, with a \" quote\n\n   \r\n\ta\n#\nb\n#no end");
  EXPECT_EQ(read.problems, "");
  EXPECT_EQ(read.rows, (Rows{{"\ta"}, {"b"}}));
}

TEST(Csv, AQuotedHashIsNoComment) {
  EXPECT_EQ(read_all("\"#1\",x\n").rows, (Rows{{"#1", "x"}}));
}

TEST(Csv, GoesOnAfterABadRow) {
  const Read read = read_all("a\nb\"c\n\"d\"e\nf\n");
  EXPECT_EQ(read.rows, (Rows{{"a"}, {"f"}}));
  EXPECT_EQ(read.problems,
            "x.csv:2:2: a quote inside a value; put the whole value in quotes and double the inner one\n"
            "x.csv:3:4: text after a closing quote; double a quote that is part of the text\n");
}

TEST(Csv, KnowsThePlaceOfACellAfterOneWithLines) {
  config::Problems problems;
  CsvReader reader("\"a\nb\",c\nd\n", "x.csv", problems);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.line(), 1);
  EXPECT_EQ(reader.cells()[1].at.line, 2);
  EXPECT_EQ(reader.cells()[1].at.column, 4);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.line(), 3);
}

TEST(Csv, AQuoteThatIsNeverClosedIsOneProblem) {
  std::string text = "a\n\"open\n";
  for (int i = 0; i < 100'000; ++i) text += "row,row\n";
  const Read read = read_all(text);
  EXPECT_EQ(read.rows.size(), 1U);
  EXPECT_EQ(read.problems,
            "x.csv:2:1: the quote that opens here is not closed within 65536 bytes; close it, or double it "
            "if it is "
            "part of the text\n");
}

TEST(Csv, AMillionColumnsAreOneProblem) {
  const std::string wide(1'000'000, ',');
  EXPECT_EQ(read_nodes(wide).problems, "nodes.csv:1:64: more than 64 columns\n");
  const Read in_a_row = read_nodes("name,kind\n" + wide + "\ncore-1,core\n");
  EXPECT_EQ(in_a_row.problems, "nodes.csv:2:64: more than 64 columns\n");
  EXPECT_EQ(in_a_row.rows, (Rows{{"core-1", "core"}})) << "the rest is read";
}

TEST(Csv, ALineOfAMegabyteIsOneProblem) {
  EXPECT_EQ(read_nodes("name,kind\n" + std::string(1'000'000, 'x') + ",core\ncore-1,core\n").problems,
            "nodes.csv:2:1: a row of more than 65536 bytes\n");
}

TEST(Csv, AMillionBadRowsAreOnePage) {
  std::string text = "name,kind\n";
  for (int i = 0; i < 300'000; ++i) text += "x\n";
  const std::string problems = read_nodes(text).problems;
  EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 101);
  EXPECT_TRUE(problems.ends_with("and 299900 more problems\n"));
}

TEST(Csv, RefusesBytesThatAreNoUtf8Text) {
  EXPECT_EQ(read_nodes("name,kind\ncore\0,core\n"s).problems,
            "nodes.csv:2:5: NUL byte; this is not a text file, or a damaged one\n");
  EXPECT_EQ(read_nodes("name,kind\nZ\xFCrich,core\n").problems,
            "nodes.csv:2:2: byte \\xFC is not UTF-8; save the file as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8, "
            "if it is "
            "that)\n");
  std::string utf16 = "\xFF\xFE";
  for (const char c : "name,kind\ncore,core\n"s) (utf16 += c) += '\0';
  EXPECT_EQ(read_nodes(utf16).problems,
            "nodes.csv:1:1: is UTF-16 text; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)\n");
}

TEST(Csv, TakesAByteOrderMarkAnyColumnOrderAndSpaces) {
  const Read read = read_nodes(
      "\xEF\xBB\xBF"
      "kind , name\r\n core,core-1 \r\n");
  EXPECT_EQ(read.problems, "");
  EXPECT_EQ(read.rows, (Rows{{"core-1", "core"}}));
}

}  // namespace
}  // namespace faultline::inventory
