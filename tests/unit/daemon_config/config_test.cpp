#include "daemon/config/config.h"

#include "daemon/config/names.h"
#include "probes/registry.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

namespace faultline::config {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* kSmallest = "inventory: {endpoints: endpoints.csv}\n";
constexpr const char* kDigest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

struct Parsed {
  std::optional<Config> config;
  std::string problems;
};
Parsed parse(const std::string& text, const fs::path& directory = "etc") {
  Problems problems;
  Parsed parsed;
  parsed.config = parse_config(text, "faultline.yaml", directory, problems);
  parsed.problems = problems.text();
  return parsed;
}

TEST(Config, TheSmallestOneHasADefaultForEverythingElse) {
  const auto [config, problems] = parse(kSmallest);
  ASSERT_TRUE(config);
  EXPECT_EQ(problems, "");
  ASSERT_EQ(config->listen.size(), 1U);
  EXPECT_EQ(config->listen[0].address, "127.0.0.1");
  EXPECT_EQ(config->listen[0].port, 9464);
  EXPECT_EQ(config->store.path, "etc/faultline.db");
  EXPECT_EQ(config->inventory.endpoints.path, "etc/endpoints.csv");
  EXPECT_FALSE(config->inventory.nodes.is_given());
  EXPECT_FALSE(config->maintenance.is_given());
  EXPECT_EQ(config->api.rate_per_minute, 6000U);
  EXPECT_TRUE(config->metrics.endpoints);
  EXPECT_TRUE(config->history.enabled);
  EXPECT_EQ(config->profiles.size(), 3U);
}

TEST(Config, BuiltInProfilesCoverEveryTechnologyWithIcmpEveryTenSeconds) {
  const auto [config, problems] = parse(kSmallest);
  for (std::size_t i = 0; i < kTechnologyNames.size(); ++i) {
    const auto profile = config->find_profile(static_cast<Technology>(i));
    ASSERT_TRUE(profile) << kTechnologyNames[i];
    const ConfiguredProbe& probe = config->profiles[*profile].probes.at(0);
    EXPECT_EQ(probe_kinds()[probe.kind].name, "icmp");
    EXPECT_EQ(probe.options.duration("interval"), 10s);
    EXPECT_EQ(probe.options.integer("packets"), 5);
  }
}

TEST(Config, ReadsEverythingThatThereIsToSay) {
  const auto [config, problems] =
      parse(std::string(kSmallest) + R"(
listen: ["127.0.0.1:0", "[::1]:9464"]
store: {path: /var/lib/faultline/faultline.db}
maintenance: [{id: w, target: a, begins: "2026-01-01T00:00:00Z", ends: "2026-01-01T01:00:00Z"}]
rules: [a.yaml, /b.yaml]
probe_host: {name: p, references: [10.255.0.1, "fe80::1%eth0", gw.example]}
profiles:
  cell: {technologies: [lte], probes: [icmp, {stamp: {port: 8620, packets: 10}}]}
  other: {technologies: [], probes: [{icmp: }]}
tickets: {webhooks: [{name: noc, url: "https://noc.example:8443/hook?x=1"}]}
api:
  tokens: [{name: crm, role: complaints, sha256: )" +
            kDigest + R"(}, {name: ops, role: operator, sha256: )" + std::string(64, 'A') + R"(}]
  allowed_hosts: [faultline.example]
  rate_per_minute: 10
  connections: 20
  connections_per_peer: 3
metrics: {endpoints: false, families: [rtt_seconds]}
history: {enabled: false}
)");
  ASSERT_TRUE(config);
  EXPECT_EQ(problems, "");
  EXPECT_EQ(config->listen.at(1).address, "::1");
  EXPECT_EQ(config->listen.at(0).port, 0);
  EXPECT_EQ(config->store.path, "/var/lib/faultline/faultline.db") << "an absolute path stays";
  EXPECT_TRUE(config->maintenance.rows);
  EXPECT_EQ(config->rules, (std::vector<fs::path>{"etc/a.yaml", "/b.yaml"}));
  EXPECT_EQ(config->probe_host.references.size(), 3U);
  ASSERT_EQ(config->profiles.size(), 2U);
  EXPECT_EQ(config->profiles[0].probes.at(1).options.integer("port"), 8620);
  EXPECT_EQ(config->profiles[0].probes.at(1).options.duration("timeout"), 2s) << "the kind's own default";
  EXPECT_EQ(config->profiles[1].probes.size(), 1U);
  EXPECT_EQ(config->find_profile("other"), 1);
  EXPECT_FALSE(config->find_profile(Technology::ip));
  EXPECT_EQ(config->webhooks.at(0).url, "https://noc.example:8443/hook?x=1");
  EXPECT_EQ(config->api.tokens.at(1).role, http::Role::operations);
  EXPECT_EQ(config->api.tokens.at(1).sha256, std::string(64, 'a')) << "in lower case";
  EXPECT_EQ(config->api.allowed_hosts.size(), 1U);
  EXPECT_EQ(config->api.connections_per_peer, 3U);
  EXPECT_EQ(config->metrics.families.size(), 1U);
  EXPECT_FALSE(config->history.enabled);
}

// A directory with secrets of given permissions.
class Secrets : public testing::Test {
 protected:
  Secrets() {
    std::string name = (fs::temp_directory_path() / "faultline-secrets-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    write("hook.secret", "0123456789abcdef0123456789abcdef\r\n", fs::perms::owner_read);
    write("cert.pem", "-----BEGIN CERTIFICATE-----\n", fs::perms::owner_read | fs::perms::others_read);
    write("key.pem", "-----BEGIN PRIVATE KEY-----\n", fs::perms::owner_read | fs::perms::group_read);
  }
  ~Secrets() override { fs::remove_all(directory_); }
  void write(const std::string& file, const std::string& text, fs::perms permissions) {
    std::ofstream(directory_ / file) << text;
    fs::permissions(directory_ / file, permissions);
  }
  fs::path directory_;
};

constexpr const char* kOutside = R"(
listen: 0.0.0.0:9464
api:
  tls: {certificate: cert.pem, key: key.pem}
  tokens: [{name: noc, role: viewer, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}]
)";

TEST_F(Secrets, AreReadWithoutTheirLineEnd) {
  const auto [config, problems] =
      parse(std::string(kSmallest) +
                "tickets: {webhooks: [{name: a, url: \"http://h/\", secret_file: hook.secret}]}\n",
            directory_);
  EXPECT_EQ(problems, "");
  EXPECT_EQ(config->webhooks.at(0).secret, "0123456789abcdef0123456789abcdef");
}

TEST_F(Secrets, BeyondLoopbackIsFineWithTlsAndTokens) {
  const auto [config, problems] = parse(std::string(kSmallest) + kOutside, directory_);
  EXPECT_EQ(problems, "");
  EXPECT_EQ(config->api.tls->key, directory_ / "key.pem");
}

TEST_F(Secrets, AKeyThatEverybodyCanReadIsRefusedAndACertificateIsNot) {
  fs::permissions(directory_ / "key.pem", fs::perms::others_read, fs::perm_options::add);
  const std::string problems = parse(std::string(kSmallest) + kOutside, directory_).problems;
  EXPECT_NE(problems.find("api.tls.key: " + (directory_ / "key.pem").string() +
                          " is open to every user of this machine (mode 0444); chmod 600 it\n"),
            std::string::npos)
      << problems;
}

TEST_F(Secrets, AShortSecretIsRefusedAndNeverShown) {
  write("short.secret", "hunter2\n", fs::perms::owner_read);
  const std::string problems =
      parse(std::string(kSmallest) +
                "tickets: {webhooks: [{name: a, url: \"http://h/\", secret_file: short.secret}]}\n",
            directory_)
          .problems;
  EXPECT_NE(problems.find("holds 7 characters; a secret has at least 16"), std::string::npos) << problems;
  EXPECT_EQ(problems.find("hunter2"), std::string::npos);
}

TEST(Names, OfThingsCanBeOfAnyScriptButNotHidden) {
  for (const char* good : {"cell-0417", "Zürich/Nord", "東京", "a:b@c+d.e_f", "7"})
    EXPECT_EQ(name_problem(good), std::nullopt) << good;
  for (const char* bad : {"", "a b", "a\tb", "a,b", "a\"b", "#a",
                          "a\xC2\xA0"
                          "b",
                          "a\xE2\x80\xAE"
                          "b",
                          "\xEF\xBB\xBF"
                          "a"})
    EXPECT_NE(name_problem(bad), std::nullopt) << bad;
}

TEST(Names, AnAddressIsALiteralOrAHostName) {
  for (const char* good :
       {"10.0.0.1", "::1", "fe80::1%eth0", "a", "host.example", "x-1.example.", "4g.example"})
    EXPECT_EQ(address_problem(good), std::nullopt) << good;
  for (const char* bad : {"", "10.0.0", "10.0.0.256", "10.0.0.01", "1.2.3.4.5", "10.0.0.1:80", "http://a",
                          "-a", "a..b", "a_b", "fe80::1%", "::", "255.255.255.255", "239.1.1.1", "host.42"})
    EXPECT_NE(address_problem(bad), std::nullopt) << bad;
}

TEST(Names, AUrlHasSchemeHostAndNoCredentials) {
  for (const char* good :
       {"http://h", "https://h.example/x?y", "http://127.0.0.1:9000/hook", "http://[::1]:80/"})
    EXPECT_EQ(url_problem(good), std::nullopt) << good;
  for (const char* bad : {"", "h", "file:///etc", "http://", "http:///x", "http://h:0/", "http://h:99999/",
                          "http://h:/", "http://u@h/", "http://h/a b", "http://[::1/", "http://h/#x"})
    EXPECT_NE(url_problem(bad), std::nullopt) << bad;
}

TEST(Listen, IsAnAddressWithAPort) {
  EXPECT_TRUE(parse_listen("127.8.9.1:1")->is_loopback());
  EXPECT_TRUE(parse_listen("[::1]:1")->is_loopback());
  EXPECT_FALSE(parse_listen("0.0.0.0:1")->is_loopback());
  EXPECT_FALSE(parse_listen("[::]:1")->is_loopback());
  EXPECT_FALSE(parse_listen("10.0.0.1:1")->is_loopback());
  for (const char* bad : {"", ":", "1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1", "127.0.0.1:09464",
                          "[127.0.0.1]:1", "::1", "*:9464", "127.0.0.1:1 "})
    EXPECT_FALSE(parse_listen(bad)) << bad;
}

}  // namespace
}  // namespace faultline::config
