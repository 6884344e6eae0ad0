#include "daemon/config/yaml.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace faultline::config {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

std::string problems_of(std::string_view text) {
  Problems problems;
  EXPECT_FALSE(parse_yaml(text, "x.yaml", problems));
  return problems.text();
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

TEST(Yaml, KeepsScalarsAsTheyStandWithTheirPlace) {
  Problems problems;
  const auto document = parse_yaml("a: 010\nb: [no, \"1e3\", ~]\n", "x.yaml", problems);
  ASSERT_TRUE(document);
  ASSERT_TRUE(problems.empty());
  const auto& entries = document->root.entries;
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].value.text, "010");
  EXPECT_EQ(entries[0].value.at.column, 4);
  EXPECT_EQ(entries[1].key_at.line, 2);
  ASSERT_EQ(entries[1].value.items.size(), 3U);
  EXPECT_EQ(entries[1].value.items[0].text, "no");
  EXPECT_FALSE(entries[1].value.items[0].is_quoted);
  EXPECT_TRUE(entries[1].value.items[1].is_quoted);
  EXPECT_EQ(entries[1].value.items[2].kind, YamlKind::null);
}

TEST(Yaml, KeepsTheFirstOfTwoEqualKeysAndReportsTheSecond) {
  Problems problems;
  const auto document = parse_yaml("a: {b: 1, b: {deep: [2]}}\nc: 3\n", "x.yaml", problems);
  ASSERT_TRUE(document);
  EXPECT_EQ(problems.text(), "x.yaml:1:11: a: duplicate key \"b\", first given on line 1; remove one\n");
  ASSERT_EQ(document->root.entries.size(), 2U);
  ASSERT_EQ(document->root.entries[0].value.entries.size(), 1U);
  EXPECT_EQ(document->root.entries[0].value.entries[0].value.text, "1");
}

TEST(Yaml, TakesAByteOrderMarkAndWindowsLineEnds) {
  Problems problems;
  const auto document = parse_yaml(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n",
      "x.yaml", problems);
  ASSERT_TRUE(document) << problems.text();
  EXPECT_EQ(document->root.entries[1].value.text, "2");
}

TEST(Yaml, RefusesBytesThatAreNoUtf8Text) {
  EXPECT_EQ(problems_of("a: 1\nb: \0\n"s),
            "x.yaml:2:4: NUL byte; this is not a text file, or a damaged one\n");
  EXPECT_EQ(
      problems_of("a: caf\xE9\n"),
      "x.yaml:1:7: byte \\xE9 is not UTF-8; save the file as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8, if it is "
      "that)\n");
  EXPECT_EQ(problems_of("a: \x1B[31m\n"), "x.yaml:1:4: control character \\x1B; remove it\n");
  const std::string utf16 = "x.yaml:1:1: is UTF-16 text; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)\n";
  EXPECT_EQ(problems_of("\xFF\xFE"
                        "a\0:\0 \0"
                        "1\0"s),
            utf16);
  EXPECT_EQ(problems_of("\0a\0:\0 \0"
                        "1\0\n"s),
            utf16)
      << "without a mark";
}

TEST(Yaml, RefusesWhatIsTooDeepOrTooBig) {
  EXPECT_EQ(problems_of(repeated("[", 100) + repeated("]", 100)),
            "x.yaml:1:25: nested deeper than 24 levels\n");
  EXPECT_EQ(problems_of(repeated("{a: ", 100) + repeated("}", 100)),
            "x.yaml:1:97: nested deeper than 24 levels\n");
  EXPECT_EQ(problems_of(std::string(kMaxYamlBytes + 1, ' ')),
            "x.yaml: has 4194305 bytes; at most 4194304 are read\n");
}

TEST(Yaml, RefusesAnAliasBombAtItsFirstAnchor) {
  EXPECT_EQ(problems_of("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"),
            "x.yaml:1:4: anchors (&name) are not supported; write the value out\n");
}

TEST(Yaml, AMillionKeysTakeNoLongerThanTheirNumber) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  Problems problems;
  const auto document = parse_yaml(text, "x.yaml", problems);
  ASSERT_TRUE(document);
  { const Map map = Value(*document, problems).map(); }
  EXPECT_EQ(problems.count(), 200'000U);
  EXPECT_EQ(problems.sorted().size(), Problems::kKept);
  EXPECT_TRUE(problems.text().ends_with("and 199900 more problems\n"));
}

// Reads `text` as the value of `a` with `read`, and answers the problems.
template <typename Read>
std::string reading(std::string_view text, Read read) {
  Problems problems;
  const auto document = parse_yaml("a: " + std::string(text) + "\n", "x", problems);
  if (!document) return problems.text();
  {
    Map map = Value(*document, problems).map();
    read(map);
  }
  return problems.text();
}

TEST(YamlValue, ReadsIntegersStrictly) {
  int value = 0;
  const auto read = [&](Map& map) { map.read("a", value, -5, 99); };
  EXPECT_EQ(reading("42", read), "");
  EXPECT_EQ(value, 42);
  EXPECT_EQ(reading("-5", read), "");
  EXPECT_EQ(value, -5);
  EXPECT_EQ(reading("0", read), "");
  for (const std::string_view wrong : {"0x10", "1e1", "1_000", "+1", "4.0", "''", "five"})
    EXPECT_NE(reading(wrong, read).find("is not a whole number"), std::string::npos) << wrong;
  EXPECT_EQ(reading("-07", read), "x:1:4: a: \"-07\" has a leading zero; write it without\n");
  EXPECT_EQ(reading("99999999999999999999", read),
            "x:1:4: a: \"99999999999999999999\" is not a whole number\n");
  EXPECT_EQ(value, 0) << "a wrong value changes nothing";
}

TEST(YamlValue, ReadsNumbersStrictly) {
  double value = 7;
  const auto read = [&](Map& map) { map.read("a", value, 0, 1); };
  EXPECT_EQ(reading("0.25", read), "");
  EXPECT_EQ(value, 0.25);
  EXPECT_EQ(reading("5e-1", read), "");
  for (const std::string_view wrong : {".nan", "nan", "inf", ".inf", ".5", "0,5", "1.0.0", "half"})
    EXPECT_NE(reading(wrong, read).find("is not a number"), std::string::npos) << wrong;
  EXPECT_EQ(reading("1.01", read), "x:1:4: a: 1.01 is more than 1\n");
  EXPECT_EQ(value, 0.5);
}

TEST(YamlValue, ReadsDurationsWithTheirUnit) {
  Duration value{};
  const auto read = [&](Map& map) { map.read("a", value, 1s, 1h); };
  EXPECT_EQ(reading("5m", read), "");
  EXPECT_EQ(value, 5min);
  EXPECT_EQ(reading("5", read), "x:1:4: a: \"5\" has no unit (try 5s)\n");
  EXPECT_EQ(reading("500ms", read), "x:1:4: a: 500ms is less than 1s\n");
  EXPECT_EQ(reading("2h", read), "x:1:4: a: 2h is more than 3600s\n");
}

TEST(YamlValue, ReadsWordsOfAList) {
  constexpr std::array<std::string_view, 3> kWords = {"low", "middle", "high"};
  enum class Level : std::uint8_t { low, middle, high };
  Level level = Level::low;
  const auto read = [&](Map& map) { map.read("a", level, kWords); };
  EXPECT_EQ(reading("high", read), "");
  EXPECT_EQ(level, Level::high);
  EXPECT_EQ(reading("hihg", read),
            "x:1:4: a: \"hihg\" is none of: low, middle, high; did you mean \"high\"?\n");
}

TEST(YamlMap, FindsUnknownKeysByWhatWasAskedFor) {
  Problems problems;
  const auto document = parse_yaml("interval: 1\npackts: 2\nsomething: 3\n", "x", problems);
  ASSERT_TRUE(document);
  {
    Map map = Value(*document, problems).map();
    map.find("interval");
    map.find("packets");
  }
  EXPECT_EQ(problems.text(),
            "x:2:1: unknown key \"packts\"; did you mean \"packets\"?\nx:3:1: unknown key \"something\"\n");
}

TEST(YamlMap, AMissingKeyLeavesTheDefault) {
  std::string text = "default";
  bool flag = true;
  EXPECT_EQ(reading("1",
                    [&](Map& map) {
                      map.find("a");
                      EXPECT_FALSE(map.read("b", text));
                      EXPECT_FALSE(map.read("c", flag));
                      EXPECT_FALSE(map.map("d").read("e", text));
                    }),
            "");
  EXPECT_EQ(text, "default");
  EXPECT_TRUE(flag);
}

TEST(Problems, AreShownInTheOrderOfTheirPlaces) {
  Problems problems;
  problems.add("b", {7, 1}, "late");
  problems.add("a", {1, 1}, "other file");
  problems.add("b", {2, 9}, "second");
  problems.add("b", {2, 3}, "first");
  EXPECT_EQ(problems.text(), "b:2:3: first\nb:2:9: second\nb:7:1: late\na:1:1: other file\n");
}

TEST(Problems, ASuggestionIsNearOrNotThere) {
  constexpr std::array<std::string_view, 3> kWords = {"interval", "packets", "x"};
  EXPECT_EQ(nearest("intervall", kWords), "interval");
  EXPECT_EQ(nearest("packtes", kWords), "packets") << "a transposition is one mistake";
  EXPECT_EQ(nearest("timeout", kWords), std::nullopt);
  EXPECT_EQ(nearest("y", kWords), std::nullopt) << "not even one letter in common";
}

TEST(Problems, QuotedTextIsFitForATerminal) {
  EXPECT_EQ(in_quotes("a\x1B[2Jb\xFF"), "\"a\\x1B[2Jb\\xFF\"");
  EXPECT_EQ(in_quotes("Zürich"), "\"Zürich\"");
  EXPECT_LE(in_quotes(std::string(100'000, 'x')).size(), 70U);
}

}  // namespace
}  // namespace faultline::config
