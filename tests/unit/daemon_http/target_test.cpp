#include "daemon/http/target.h"

#include <gmock/gmock.h>

namespace faultline::http {
namespace {

TEST(Target, DecodesPathAndQuery) {
  const auto target = parse_target("/api/v1/endpoints/olt%203%2C1?below=agg+7&limit=5&empty=&bare");
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->path, "/api/v1/endpoints/olt 3,1");
  EXPECT_THAT(target->query, testing::ElementsAre(testing::Pair("bare", ""), testing::Pair("below", "agg 7"),
                                                  testing::Pair("empty", ""), testing::Pair("limit", "5")));
}

TEST(Target, TakesRootAlone) {
  EXPECT_EQ(parse_target("/")->path, "/");
  EXPECT_EQ(parse_target("/?a=%C3%A9")->query.at("a"), "é");
}

class BadTarget : public testing::TestWithParam<std::string> {};

TEST_P(BadTarget, IsRefused) {
  EXPECT_FALSE(parse_target(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Cases, BadTarget,
                         testing::Values("", "api", "http://127.0.0.1/", "*", "/a b", "/a#b", "/a/../b",
                                         "/a/./b", "/%2e%2e/etc", "//a", "/a//b", "/a/", "/a%2Fb", "/a%00b",
                                         "/a%0Ab", "/%zz", "/%4", "/%", "/%FF", "/%C0%AF", "/%ED%A0%80",
                                         "/a?x=1&x=2", "/a?=1", "/a?x=%zz", "/\x80",
                                         "/" + std::string(5000, 'a'), [] {
                                           std::string many = "/a?";
                                           for (int i = 0; i < 40; ++i)
                                             many += "p" + std::to_string(i) + "=1&";
                                           return many;
                                         }()));

}  // namespace
}  // namespace faultline::http
