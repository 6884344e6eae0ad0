#include "probes/session/path_report.h"

#include <gtest/gtest.h>

namespace faultline::session {
namespace {

PathHop hop(std::string address, std::vector<float> rtt_ms, std::uint16_t sent = 3) {
  PathHop made;
  made.address = std::move(address);
  made.sent = sent;
  made.rtt_ms = std::move(rtt_ms);
  return made;
}
PathHop endpoint(std::vector<float> rtt_ms) {
  PathHop made = hop("192.0.2.9", std::move(rtt_ms));
  made.is_endpoint = true;
  return made;
}

TEST(PathReport, AGoodWayIsCalledGood) {
  const Path path = {hop("10.0.0.1", {1, 1, 2}), hop("10.0.0.2", {3, 3, 3}), endpoint({5, 5, 5})};
  EXPECT_EQ(path_verdict(path, ""), "the endpoint answers and no hop loses anything for good");
  EXPECT_EQ(path_text(path), "1 10.0.0.1 1.0 ms, 2 10.0.0.2 3.0 ms, 3 192.0.2.9 5.0 ms");
  EXPECT_EQ(length_of(path), 3U);
}

TEST(PathReport, LossCountsFromTheHopBehindWhichEverythingLoses) {
  const Path path = {hop("10.0.0.1", {1}), hop("10.0.0.2", {1, 1, 1}), hop("10.0.0.3", {2, 2}), hop("", {}),
                     endpoint({3})};
  EXPECT_EQ(path_verdict(path, ""), "loss begins between hop 2 (10.0.0.2) and hop 3 (10.0.0.3)")
      << "the first router only answers seldom";
  EXPECT_EQ(path_text(path),
            "1 10.0.0.1 1.0 ms (2 of 3 lost), 2 10.0.0.2 1.0 ms, 3 10.0.0.3 2.0 ms (1 of 3 lost), 4 *, "
            "5 192.0.2.9 3.0 ms (2 of 3 lost)");
}

TEST(PathReport, LossOnTheFirstHopBeginsAtHome) {
  EXPECT_EQ(path_verdict({hop("10.0.0.1", {1, 1}), endpoint({3})}, ""),
            "loss begins on the way to hop 1 (10.0.0.1)");
}

TEST(PathReport, WhereAnswersEnd) {
  EXPECT_EQ(path_verdict({hop("10.0.0.1", {1, 1, 1}), hop("10.0.0.2", {2, 2, 2}), hop("", {})}, ""),
            "nothing answers behind hop 2 (10.0.0.2)");
  EXPECT_EQ(path_verdict({hop("", {})}, ""), "no hop answers");
}

TEST(PathReport, ARefusalIsToldInWords) {
  Path path = {hop("10.0.0.1", {1, 1, 1}), hop("10.0.0.2", {2, 2, 2})};
  path.back().refusal = "host_unreachable";
  EXPECT_EQ(path_verdict(path, ""), "hop 2 (10.0.0.2) says: host_unreachable");
}

TEST(PathReport, DelayThatStaysIsToldASlowAnswerIsNot) {
  const Path stays = {hop("10.0.0.1", {1, 1, 1}), hop("10.0.0.2", {41, 40, 42}), endpoint({43, 43, 43})};
  EXPECT_EQ(
      path_verdict(stays, ""),
      "the endpoint answers and no hop loses anything for good; 40 of 43 ms come between hop 1 (10.0.0.1) "
      "and hop 2 (10.0.0.2)");
  const Path slow_router = {hop("10.0.0.1", {90, 90, 90}), endpoint({4, 4, 4})};
  EXPECT_EQ(path_verdict(slow_router, ""), "the endpoint answers and no hop loses anything for good");
}

TEST(PathReport, AnotherWayThanUsualIsToldSilentHopsAreNone) {
  const Path path = {hop("10.0.0.1", {1, 1, 1}), hop("", {}), hop("10.0.9.3", {2, 2, 2}),
                     endpoint({4, 4, 4})};
  EXPECT_EQ(path_known(path, ""), "10.0.0.1 * 10.0.9.3 192.0.2.9");
  const std::string good = "the endpoint answers and no hop loses anything for good";
  EXPECT_EQ(path_verdict(path, "10.0.0.1 10.0.0.2 * 192.0.2.9"), good);
  EXPECT_EQ(path_verdict(path, "10.0.0.1 10.0.0.2 10.0.0.3 192.0.2.9"),
            good + "; another way than usual: hop 3 was 10.0.0.3");
  EXPECT_EQ(path_verdict(path, "10.0.0.1"), good) << "a shorter one says nothing about the rest";
}

TEST(PathReport, TheWayIsKnownFromThisTraceAndTheOnesBefore) {
  const std::string usual = "10.0.0.1 10.0.0.2 10.0.0.3 192.0.2.9";
  const auto silent = hop("", {});
  const Path arrived = {hop("10.0.0.1", {1}), silent, hop("10.0.0.3", {2}), endpoint({4})};
  EXPECT_EQ(path_known(arrived, usual), usual);
  const Path cut = {hop("10.0.0.1", {1}), hop("10.0.0.2", {2}), silent, silent, silent, silent};
  EXPECT_EQ(path_known(cut, usual), usual) << "what it did not reach is as usual";
  EXPECT_EQ(path_known(cut, ""), "10.0.0.1 10.0.0.2");
  const Path other = {hop("10.0.0.1", {1}), hop("10.0.9.2", {2}), silent, silent, silent};
  EXPECT_EQ(path_known(other, usual), "10.0.0.1 10.0.9.2 10.0.0.3 192.0.2.9");
  const Path shorter = {hop("10.0.0.1", {1}), endpoint({4})};
  EXPECT_EQ(path_known(shorter, usual), "10.0.0.1 192.0.2.9");
}

}  // namespace
}  // namespace faultline::session
