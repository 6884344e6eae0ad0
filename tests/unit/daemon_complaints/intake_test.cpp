#include "daemon/complaints/intake.h"

#include "rules/model/time_text.h"
#include "tests/unit/daemon_store/support.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::complaints {
namespace {

using store::kNoon;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ComplaintIntake : public testing::Test {
 protected:
  Intake read_body(std::string_view body) { return read(body, *topology_, key_, kNoon); }
  // One complaint with the two required fields and `more`.
  IntakeItem item(const std::string& more) {
    const Intake intake =
        read_body(R"({"id":"c-1","customer":"4711")" + (more.empty() ? "" : "," + more) + "}");
    EXPECT_EQ(intake.items.size(), 1U) << intake.refusal;
    return intake.items.empty() ? IntakeItem{} : intake.items[0];
  }
  static std::vector<std::string> pointers(const std::vector<Problem>& problems) {
    std::vector<std::string> found;
    for (const Problem& problem : problems) found.push_back(problem.pointer);
    return found;
  }

  std::shared_ptr<const Topology> topology_ = store::make_topology(3);
  HashKey key_{std::byte{1}, std::byte{2}};
};

TEST_F(ComplaintIntake, TakesEveryField) {
  const IntakeItem read = item(
      R"("received":"2026-03-14T11:58:00Z","began":"2026-03-14T12:40:00+01:00","channel":"phone","language":"de",
         "service":"mobile_data","symptom":"no data","text":"Nichts geht — seit heute früh\n","postcode":"01067",
         "place":{"latitude":52.3702,"longitude":-4.8952,"accuracy_m":50},"line":"cell-1","cell":"cell-2")");
  ASSERT_TRUE(read.record) << testing::PrintToString(pointers(read.errors));
  EXPECT_THAT(read.warnings, IsEmpty());
  const store::StoredComplaint& record = *read.record;
  EXPECT_EQ(record.id, "c-1");
  EXPECT_EQ(record.customer, customer_hash("4711", key_));
  EXPECT_EQ(record.received, kNoon - std::chrono::minutes(2));
  EXPECT_EQ(record.began, kNoon - std::chrono::minutes(20));
  EXPECT_EQ(record.channel + record.language + record.symptom + record.postcode, "phonedeno data01067");
  EXPECT_EQ(record.text, "Nichts geht — seit heute früh\n");
  EXPECT_EQ(record.service, Service::mobile_data);
  EXPECT_DOUBLE_EQ(record.place->latitude_deg, 52.3702);
  EXPECT_DOUBLE_EQ(record.place->longitude_deg, -4.8952);
  EXPECT_EQ(record.accuracy_m, 50);
  EXPECT_EQ(record.line + record.cell, "cell-1cell-2");
}

TEST_F(ComplaintIntake, NeedsNoMoreThanIdAndCustomer) {
  const IntakeItem read = item("");
  ASSERT_TRUE(read.record);
  EXPECT_EQ(read.record->received, kNoon);
  EXPECT_FALSE(read.record->began);
  EXPECT_FALSE(read.record->place);
  EXPECT_EQ(read.record->accuracy_m, 300);
}

TEST_F(ComplaintIntake, NamesEveryMistakeAtOnce) {
  const Intake intake = read_body(
      R"({"id":"","received":"yesterday","service":"pigeon","channel":7,
          "place":{"latitude":91,"longitude":"x","accuracy_m":-1}})");
  ASSERT_EQ(intake.items.size(), 1U);
  EXPECT_FALSE(intake.items[0].record);
  EXPECT_THAT(pointers(intake.items[0].errors),
              ElementsAre("/id", "/customer", "/received", "/channel", "/service", "/place/latitude",
                          "/place/longitude", "/place/accuracy_m"));
  EXPECT_EQ(intake.items[0].errors[5].expected, "a number from -90 to 90");
  EXPECT_THAT(intake.items[0].errors[4].expected, HasSubstr("one of unknown, mobile_voice"));
}

struct BadField {
  std::string field, pointer;
};
TEST_F(ComplaintIntake, RefusesBadFields) {
  const BadField cases[] = {
      {R"("id":null)", "/id"},
      {R"("id":5)", "/id"},
      {R"("id":"a b")", "/id"},
      {R"("id":"ü")", "/id"},
      {R"("id":")" + std::string(129, 'x') + '"', "/id"},
      {R"("customer":"")", "/customer"},
      {R"("customer":")" + std::string(257, 'x') + '"', "/customer"},
      {R"("began":"2026-03-14T12:00:01Z","received":"2026-03-14T12:00:00Z")", "/began"},
      {R"("began":"2023-03-14T12:00:00Z")", "/began"},
      {R"("received":"2023-03-14T12:00:00Z")", "/received"},
      {R"("received":"2026-03-15T12:00:01Z")", "/received"},
      {R"("received":"2026-02-30T12:00:00Z")", "/received"},
      {R"("received":"2026-03-14T12:00:00")", "/received"},
      {R"("received":1773489600)", "/received"},
      {R"("text":")" + std::string(4001, 'x') + '"', "/text"},
      {R"("text":"a\u0000b")", "/text"},
      {R"("place":[1,2])", "/place"},
      {R"("place":{"latitude":1})", "/place/longitude"},
      {R"("place":{"latitude":1e999,"longitude":1})", "/place/latitude"},
      {R"("place":{"latitude":1,"longitude":-180.1})", "/place/longitude"},
      {R"("place":{"latitude":1,"longitude":1,"accuracy_m":1e9})", "/place/accuracy_m"},
  };
  for (const BadField& c : cases) {
    std::string body = "{" + c.field;
    if (c.field.find("\"id\"") == std::string::npos) body += R"(,"id":"c-1")";
    if (c.field.find("\"customer\"") == std::string::npos) body += R"(,"customer":"4711")";
    const Intake intake = read_body(body + "}");
    ASSERT_EQ(intake.items.size(), 1U) << body.substr(0, 80) << intake.refusal;
    EXPECT_THAT(pointers(intake.items[0].errors), ElementsAre(c.pointer)) << body.substr(0, 80);
  }
}

TEST_F(ComplaintIntake, CountsCharactersNotBytes) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "ü";
  EXPECT_TRUE(item(R"("text":")" + text + '"').record);
  EXPECT_FALSE(item(R"("text":")" + text + "ü\"").record);
}

TEST_F(ComplaintIntake, TakesAClockAheadAsNow) {
  const IntakeItem skewed = item(R"("received":"2026-03-14T12:04:59Z","began":"2026-03-14T12:04:00Z")");
  ASSERT_TRUE(skewed.record);
  EXPECT_EQ(skewed.record->received, kNoon);
  EXPECT_EQ(skewed.record->began, kNoon);
  EXPECT_THAT(skewed.warnings, IsEmpty());
  const IntakeItem zone = item(R"("received":"2026-03-14T13:00:00Z")");
  ASSERT_TRUE(zone.record);
  EXPECT_EQ(zone.record->received, kNoon);
  EXPECT_THAT(pointers(zone.warnings), ElementsAre("/received"));
}

TEST_F(ComplaintIntake, TakesTheEdgesOfTheAgeLimit) {
  EXPECT_TRUE(item(R"("received":"2026-02-12T12:00:00Z")").record) << "30 days to the second";
  EXPECT_FALSE(item(R"("received":"2026-02-12T11:59:59Z")").record);
}

TEST_F(ComplaintIntake, TakesFillerPlacesAsNoPlace) {
  for (const char* place : {R"({"latitude":0,"longitude":0})", R"({"latitude":-1,"longitude":-1.0})"}) {
    const IntakeItem read = item(std::string(R"("place":)") + place);
    ASSERT_TRUE(read.record) << place;
    EXPECT_FALSE(read.record->place);
    EXPECT_THAT(pointers(read.warnings), ElementsAre("/place"));
  }
  EXPECT_TRUE(item(R"("place":{"latitude":0,"longitude":1})").record->place);
}

TEST_F(ComplaintIntake, KeepsUnknownEndpointsAndWarns) {
  const IntakeItem read = item(R"("line":"cell-99","cell":"cell-1")");
  ASSERT_TRUE(read.record);
  EXPECT_EQ(read.record->line, "cell-99");
  EXPECT_THAT(pointers(read.warnings), ElementsAre("/line"));
}

TEST_F(ComplaintIntake, WarnsOfUnknownFieldsWithEscapedPointers) {
  const IntakeItem read = item(R"("a/b~c":1,"place":{"latitude":1,"longitude":2,"altitude":3})");
  ASSERT_TRUE(read.record);
  EXPECT_THAT(pointers(read.warnings), ElementsAre("/place/altitude", "/a~1b~0c"));
}

TEST_F(ComplaintIntake, JudgesEachItemOfAnArrayForItself) {
  const Intake intake = read_body(R"([{"id":"a","customer":"x"},{"id":"b"},7,{"id":"c","customer":"x"}])");
  EXPECT_TRUE(intake.is_array);
  ASSERT_EQ(intake.items.size(), 4U);
  EXPECT_TRUE(intake.items[0].record);
  EXPECT_FALSE(intake.items[1].record);
  EXPECT_EQ(intake.items[1].id, "b");
  EXPECT_THAT(pointers(intake.items[2].errors), ElementsAre(""));
  EXPECT_TRUE(intake.items[3].record);
}

TEST_F(ComplaintIntake, RefusesBodiesAsAWhole) {
  std::string many = "[1";
  for (int i = 0; i < 1000; ++i) many += ",1";
  const std::pair<std::string, unsigned> cases[] = {{"", 400},
                                                    {"{", 400},
                                                    {"nonsense", 400},
                                                    {"\"text\"", 400},
                                                    {"[]", 400},
                                                    {"{} {}", 400},
                                                    {"{\"id\":NaN}", 400},
                                                    {"{\"id\":\"\xff\"}", 400},
                                                    {std::string(100, '['), 400},
                                                    {many + "]", 413},
                                                    {std::string(1024 * 1024 + 1, ' '), 413}};
  for (const auto& [body, status] : cases) {
    const Intake intake = read_body(body);
    EXPECT_EQ(intake.status, status) << body.substr(0, 40);
    EXPECT_TRUE(intake.items.empty());
    EXPECT_FALSE(intake.refusal.empty());
  }
}

TEST_F(ComplaintIntake, RepeatsNothingOfTheCustomerReference) {
  const std::string secret = "ann.smith@mail.example";
  for (const std::string& body : {R"({"id":"c-1","customer":")" + secret + "\"}",
                                  R"({"id":"c-1","customer":")" + secret + std::string(300, '!') + "\"}"}) {
    const Intake intake = read_body(body);
    for (const Problem& problem : intake.items.at(0).errors)
      EXPECT_THAT(problem.expected + problem.pointer, Not(HasSubstr("smith")));
  }
}

TEST_F(ComplaintIntake, HashesCustomersByTheKey) {
  EXPECT_EQ(customer_hash("4711", key_), customer_hash("4711", key_));
  EXPECT_NE(customer_hash("4711", key_), customer_hash("4712", key_));
  EXPECT_NE(customer_hash("4711", key_), customer_hash("4711", HashKey{}));
  // openssl dgst -sha256 -mac hmac -macopt hexkey:00…00 of "4711"
  EXPECT_EQ(fmt::format("{:016x}", customer_hash("4711", HashKey{})), "cf2747f7c3225189");
}

TEST_F(ComplaintIntake, ComparesContentButNotTheTimeOfReceipt) {
  const auto record = [&](const std::string& more) { return *item(more).record; };
  EXPECT_TRUE(same_content(record(""), record(R"("received":"2026-03-14T11:00:00Z")")));
  EXPECT_TRUE(
      same_content(record(R"("began":"2026-03-14T11:00:00Z")"), record(R"("began":"2026-03-14T11:00:00Z")")));
  for (const char* other : {R"("text":"x")", R"("service":"tv")", R"("cell":"cell-1")", R"("channel":"app")",
                            R"("began":"2026-03-14T11:00:00Z")", R"("place":{"latitude":1,"longitude":2})"})
    EXPECT_FALSE(same_content(record(""), record(other))) << other;
}

}  // namespace
}  // namespace faultline::complaints
