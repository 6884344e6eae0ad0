#include "daemon/http/router.h"

#include <gmock/gmock.h>

#include <stdexcept>

namespace faultline::http {
namespace {

Handler says(std::string text) {
  return [text = std::move(text)](const HttpRequest& request, const Respond& respond) {
    HttpResponse response;
    response.body = text;
    for (const auto& [parameter, value] : request.parameters) response.body += " " + parameter + "=" + value;
    respond(std::move(response));
  };
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router.add(Method::get, "/things", Role::anyone, says("list"));
    router.add(Method::post, "/things", Role::anyone, says("new"));
    router.add(Method::get, "/things/{id}", Role::anyone, says("one"));
    router.add(Method::get, "/things/special", Role::anyone, says("special"));
    router.add(Method::get, "/throws", Role::anyone,
               [](const HttpRequest&, const Respond&) { throw std::runtime_error("a bug"); });
  }

  HttpResponse ask(Method method, std::string path) {
    HttpRequest request;
    request.method = method;
    request.path = std::move(path);
    HttpResponse answer;
    router.dispatch(std::move(request), [&](HttpResponse response) { answer = std::move(response); });
    return answer;
  }
  static std::string header(const HttpResponse& response, const std::string& name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return "";
  }
  Router router;
};

TEST_F(RouterTest, FindsByMethodAndPath) {
  EXPECT_EQ(ask(Method::get, "/things").body, "list");
  EXPECT_EQ(ask(Method::post, "/things").body, "new");
}

TEST_F(RouterTest, GivesPathParameters) {
  EXPECT_EQ(ask(Method::get, "/things/a b").body, "one id=a b");
}

TEST_F(RouterTest, PrefersFixedSegmentsOverParameters) {
  EXPECT_EQ(ask(Method::get, "/things/special").body, "special");
}

TEST_F(RouterTest, AnswersHeadAsGet) {
  EXPECT_EQ(ask(Method::head, "/things").status, 200U);
}

TEST_F(RouterTest, AnswersOptionsWithAllow) {
  const auto answer = ask(Method::options, "/things");
  EXPECT_EQ(answer.status, 204U);
  EXPECT_EQ(header(answer, "Allow"), "GET, HEAD, OPTIONS, POST");
}

TEST_F(RouterTest, RefusesAnotherMethodWithAllow) {
  const auto answer = ask(Method::del, "/things/x");
  EXPECT_EQ(answer.status, 405U);
  EXPECT_EQ(header(answer, "Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(RouterTest, AnswersUnknownPathsWith404) {
  EXPECT_EQ(ask(Method::get, "/nothing").status, 404U);
  EXPECT_EQ(ask(Method::get, "/things/a/b").status, 404U);
  EXPECT_EQ(ask(Method::options, "/nothing").status, 404U);
}

TEST_F(RouterTest, RefusesTheSameRouteTwice) {
  EXPECT_THROW(router.add(Method::get, "/things", Role::admin, says("again")), std::logic_error);
}

TEST_F(RouterTest, AnswersForAHandlerThatThrows) {
  HttpRequest request;
  request.path = "/throws";
  unsigned status = 0;
  EXPECT_THROW(router.dispatch(request, [&](const HttpResponse& response) { status = response.status; }),
               std::runtime_error);
  EXPECT_EQ(status, 500U);
}

TEST(Problem, IsProblemJsonAndEscapes) {
  const auto response = problem(404, "no \"x\"\n");
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body,
            R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no \"x\"\u000a"})");
}

}  // namespace
}  // namespace faultline::http
