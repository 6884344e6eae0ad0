// Answers of a Prometheus to an instant query, as they come and as they should not.
#include "probes/wire/prometheus.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace faultline::wire {
namespace {

using Kind = PrometheusAnswer::Kind;

std::string vector_of(const std::string& series) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + series + "]}}";
}
std::string series(const std::string& labels, const std::string& value) {
  return R"({"metric":{)" + labels + R"(},"value":[1764421200.123,")" + value + R"("]})";
}

TEST(PrometheusAnswer, HasAValueForEachValueOfTheLabel) {
  const auto answer =
      decode_prometheus_answer(vector_of(series(R"("__name__":"rx","onu":"a","port":"1")", "-17.25") + "," +
                                         series(R"("onu":"b")", "1e-7") + "," + series(R"("onu":"")", "+3")),
                               "onu");
  ASSERT_EQ(answer.kind, Kind::vector);
  ASSERT_EQ(answer.values.size(), 3U);
  EXPECT_EQ(answer.values.at("a").number, -17.25);
  EXPECT_EQ(answer.values.at("b").number, 1e-7);
  EXPECT_EQ(answer.values.at("").number, 3);
  EXPECT_FALSE(answer.values.at("a").is_ambiguous);
  EXPECT_EQ(answer.unlabelled, 0U);
}

TEST(PrometheusAnswer, MayHaveNoSeriesAtAll) {
  const auto answer = decode_prometheus_answer(vector_of(""), "onu");
  EXPECT_EQ(answer.kind, Kind::vector);
  EXPECT_TRUE(answer.values.empty());
}

TEST(PrometheusAnswer, WhatIsNoNumberIsNone) {
  for (const char* value : {"NaN", "+Inf", "-Inf", "Inf", "1e999", "-1e999"}) {
    const auto answer = decode_prometheus_answer(vector_of(series(R"("onu":"a")", value)), "onu");
    ASSERT_EQ(answer.kind, Kind::vector) << value;
    EXPECT_TRUE(std::isnan(answer.values.at("a").number)) << value;
  }
  const auto histogram = decode_prometheus_answer(
      vector_of(R"({"metric":{"onu":"a"},"histogram":[1764421200,{"count":"7","sum":"3"}]})"), "onu");
  ASSERT_EQ(histogram.kind, Kind::vector);
  EXPECT_TRUE(std::isnan(histogram.values.at("a").number));
}

TEST(PrometheusAnswer, TwoSeriesOfOneAreNeither) {
  const auto answer = decode_prometheus_answer(
      vector_of(series(R"("onu":"a","port":"1")", "1") + "," + series(R"("onu":"a","port":"2")", "1")),
      "onu");
  ASSERT_EQ(answer.kind, Kind::vector);
  EXPECT_TRUE(answer.values.at("a").is_ambiguous);
}

TEST(PrometheusAnswer, SeriesWithoutTheLabelAreCounted) {
  const auto answer =
      decode_prometheus_answer(vector_of(series("", "1") + "," + series(R"("x":"a")", "1")), "onu");
  EXPECT_EQ(answer.kind, Kind::vector);
  EXPECT_TRUE(answer.values.empty());
  EXPECT_EQ(answer.unlabelled, 2U);
}

TEST(PrometheusAnswer, ARefusalTellsWhy) {
  const auto answer = decode_prometheus_answer(
      "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:5: parse \\\"error\\\":\\nunexpected "
      "\\u00e9\"}",
      "onu");
  EXPECT_EQ(answer.kind, Kind::refused);
  EXPECT_EQ(answer.error, "bad_data: 1:5: parse 'error': unexpected   ");
  const auto long_one = decode_prometheus_answer(
      R"({"status":"error","errorType":"x","error":")" + std::string(10'000, 'y') + "\"}", "onu");
  EXPECT_EQ(long_one.error.size(), kMostPrometheusError);
}

TEST(PrometheusAnswer, WhatIsNoVectorIsOfAnotherKind) {
  for (const char* result : {R"("scalar","result":[1764421200,"1"])", R"("string","result":[1764421200,"x"])",
                             R"("matrix","result":[])"})
    EXPECT_EQ(decode_prometheus_answer(
                  std::string(R"({"status":"success","data":{"resultType":)") + result + "}}", "onu")
                  .kind,
              Kind::other)
        << result;
}

TEST(PrometheusAnswer, AnythingElseIsMalformed) {
  const std::string good = vector_of(series(R"("onu":"a")", "1"));
  std::string deep(5'000, '[');
  for (const std::string& body :
       {std::string(),
        std::string("null"),
        std::string("[]"),
        std::string("{}"),
        std::string("<html></html>"),
        good.substr(0, good.size() - 1),
        good + "x",
        deep,
        std::string(R"({"status":"success"})"),
        std::string(R"({"status":"success","data":[]})"),
        std::string(R"({"status":1,"data":{}})"),
        std::string(R"({"status":"success","data":{"resultType":"vector"}})"),
        std::string(R"({"status":"success","data":{"resultType":"vector","result":{}}})"),
        vector_of("1"),
        vector_of("{}"),
        vector_of(R"({"metric":{"onu":"a"}})"),
        vector_of(R"({"metric":[],"value":[1,"1"]})"),
        vector_of(R"({"metric":{"onu":1},"value":[1,"1"]})"),
        vector_of(R"({"metric":{"onu":"a"},"value":[1,2]})"),
        vector_of(R"({"metric":{"onu":"a"},"value":[1]})"),
        vector_of(R"({"metric":{"onu":"a"},"value":["1","1"]})"),
        vector_of(series(R"("onu":"a")", "")),
        vector_of(series(R"("onu":"a")", "1x")),
        vector_of(series(R"("onu":"a")", "0x10")),
        vector_of(series(R"("onu":"b")", "1") + "," + series(R"("onu":"a")", " 1"))}) {
    const auto answer = decode_prometheus_answer(body, "onu");
    EXPECT_EQ(answer.kind, Kind::malformed) << body.substr(0, 200);
    EXPECT_TRUE(answer.values.empty()) << body.substr(0, 200);
  }
}

TEST(PercentEncoded, LeavesOnlyWhatAUrlTakesAsItIs) {
  EXPECT_EQ(percent_encoded("avg by (onu)(rx{a=\"b c\"})/10+1"),
            "avg%20by%20%28onu%29%28rx%7Ba%3D%22b%20c%22%7D%29%2F10%2B1");
  EXPECT_EQ(percent_encoded("aZ9-._~\n\xC3\xA9"), "aZ9-._~%0A%C3%A9");
}

}  // namespace
}  // namespace faultline::wire
