#include "daemon/http/status_page.h"

#include "daemon/http/token_table.h"

#include <gmock/gmock.h>

namespace faultline::http {
namespace {

std::string base64(const Digest& digest) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < digest.size(); i += 3) {
    const auto byte = [&](std::size_t k) { return k < digest.size() ? unsigned{digest[k]} : 0U; };
    const unsigned bits = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    for (unsigned shift = 24; shift > 0; shift -= 6) text += kDigits[bits >> (shift - 6) & 63U];
  }
  text.back() = '=';  // 32 bytes: one byte short of 33
  return text;
}

std::string policy(const HttpResponse& page) {
  for (const auto& [key, value] : page.headers)
    if (key == "Content-Security-Policy") return value;
  return "";
}

TEST(StatusPage, EscapesEverythingFromOutside) {
  PageContent content;
  content.status.version = "<v>";
  content.status.not_ready = {"a & b"};
  IncidentView view;
  view.incident.number = 3;
  view.root = "<script>alert(1)</script>";
  content.incidents = {view};
  content.degradations = {
      {"cell \"1\"", {EndpointIndex{0}, Respect::loss, {}, {}, std::nullopt, "<b>'x'</b>"}}};
  const std::string html = status_page(content).body;
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("<script")));
  EXPECT_THAT(html, testing::HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(html, testing::HasSubstr("cell &quot;1&quot;"));
  EXPECT_THAT(html, testing::HasSubstr("&lt;b&gt;&#39;x&#39;&lt;/b&gt;"));
  EXPECT_THAT(html, testing::HasSubstr("Not ready: a &amp; b"));
  EXPECT_THAT(html, testing::HasSubstr("&lt;v&gt;"));
}

TEST(StatusPage, PolicyAllowsItsOwnStyleAndNothingElse) {
  const HttpResponse page = status_page({});
  const auto begin = page.body.find("<style>") + 7;
  const std::string style = page.body.substr(begin, page.body.find("</style>") - begin);
  EXPECT_THAT(policy(page), testing::HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy(page), testing::HasSubstr("style-src 'sha256-" + base64(sha256(style)) + "'"));
  EXPECT_THAT(page.body, testing::Not(testing::HasSubstr("style=")));
  EXPECT_THAT(page.body, testing::Not(testing::HasSubstr("http://")));
  EXPECT_THAT(page.body, testing::Not(testing::HasSubstr("https://")));
}

TEST(StatusPage, SaysWhenAllIsWell) {
  const std::string html = status_page({}).body;
  EXPECT_THAT(html, testing::HasSubstr("Nothing is known to be wrong."));
  EXPECT_THAT(html, testing::HasSubstr("No endpoint is degraded."));
}

}  // namespace
}  // namespace faultline::http
