// The text of a modem's answers: where it ends, its lines, its fields, its numbers.
#include "probes/wire/at_text.h"

#include <gmock/gmock.h>

namespace faultline::wire {
namespace {

using testing::ElementsAre;

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

TEST(AtLines, AreThoseOfThePrefixWithoutIt) {
  EXPECT_THAT(lines_of("AT+CSQ\r\r\n+CSQ: 17,99\r\n+CREG: 1\r\n +CSQ:18,99 \r\nOK\r\n", "+CSQ:"),
              ElementsAre("17,99", "18,99"));
  EXPECT_THAT(lines_of("", "+CSQ:"), ElementsAre());
  EXPECT_THAT(lines_of("CSQ: 1", "+CSQ:"), ElementsAre());
}

TEST(AtFields, LoseBlanksAndQuotesAndAreNeverBeyondTheEnd) {
  AtFields fields(R"("LTE", 5 ,,"a b")");
  ASSERT_EQ(fields.size(), 4U);
  EXPECT_EQ(fields[0], "LTE");
  EXPECT_EQ(fields[1], "5");
  EXPECT_EQ(fields[2], "");
  EXPECT_EQ(fields[3], "a b");
  EXPECT_EQ(fields[4], "");
  fields.drop(2);
  EXPECT_EQ(fields[1], "a b");
  fields.drop(9);
  EXPECT_EQ(fields.size(), 0U);
  EXPECT_LE(AtFields(std::string(1000, ',')).size(), 40U);
}

TEST(AtNumbers, AreWholeOrNothing) {
  EXPECT_EQ(integer("-12"), -12);
  EXPECT_EQ(level("-10.5", {-20, 0}), -10.5F);
  EXPECT_EQ(indexed("3", 10, -20, 0.5F), -18.5F);
  for (const char* text : {"", "-", "2x", " 2", "+2", "99999999999999999999", "nan", "inf", "1e1"}) {
    EXPECT_FALSE(integer(text)) << text;
    EXPECT_FALSE(level(text, {-200, 200})) << text;
    EXPECT_FALSE(indexed(text, 97, -141, 1)) << text;
  }
  EXPECT_FALSE(level("-21", {-20, 0}));
  EXPECT_FALSE(level("0.5", {-20, 0}));
  EXPECT_FALSE(indexed("0", 10, -20, 0.5F)) << "below the lowest";
  EXPECT_FALSE(indexed("11", 10, -20, 0.5F)) << "unknown";
}

}  // namespace
}  // namespace faultline::wire
