// TLS with a certificate that the test makes for itself.
#include "tests/unit/daemon_http/test_server.h"

#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>

namespace faultline::http {
namespace {

struct Files {
  std::string certificate, key;
};

// A self-signed certificate and its key as PEM files in the test's own folder.
Files make_certificate(const std::string& name) {
  const std::string base = testing::TempDir() + "faultline_tls_" + std::to_string(getpid()) + "_" + name;
  Files files{base + ".crt", base + ".key"};
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                             -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_sign(certificate, key, EVP_sha256());
  FILE* out = std::fopen(files.certificate.c_str(), "w");
  PEM_write_X509(out, certificate);
  std::fclose(out);
  out = std::fopen(files.key.c_str(), "w");
  PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(out);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

class TlsTest : public testing::Test {
 protected:
  TlsTest() : files(make_certificate("own")) {
    router.add(Method::get, "/hello", Role::anyone,
               [](const HttpRequest&, const Respond& respond) { respond(json_response("\"hello\"")); });
    config.tls = Tls{files.certificate, files.key};
  }
  ~TlsTest() override {
    std::filesystem::remove(files.certificate);
    std::filesystem::remove(files.key);
  }
  // The answer to one GET, or "" if the handshake failed; the version that was spoken in `version`.
  std::string ask(const TestServer& server, int newest) {
    RawClient client(server.port());
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, newest);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, client.descriptor());
    std::string answer;
    if (SSL_connect(ssl) == 1) {
      version = SSL_get_version(ssl);
      const std::string request = get_request("/hello", "Connection: close\r\n");
      SSL_write(ssl, request.data(), static_cast<int>(request.size()));
      char buffer[4096];
      for (int size = 0; (size = SSL_read(ssl, buffer, sizeof buffer)) > 0;)
        answer.append(buffer, static_cast<std::size_t>(size));
      clean_end = SSL_get_shutdown(ssl) == SSL_RECEIVED_SHUTDOWN;
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    return answer;
  }

  Files files;
  Router router;
  ServerConfig config;
  std::string version;
  bool clean_end = false;
};

TEST_F(TlsTest, Serves13And12AndEndsCleanly) {
  TestServer server(router, config);
  EXPECT_THAT(ask(server, TLS1_3_VERSION), testing::EndsWith("\"hello\""));
  EXPECT_EQ(version, "TLSv1.3");
  EXPECT_TRUE(clean_end);
  EXPECT_THAT(ask(server, TLS1_2_VERSION), testing::EndsWith("\"hello\""));
  EXPECT_EQ(version, "TLSv1.2");
  EXPECT_TRUE(server.wait_connections(0));
}

TEST_F(TlsTest, RefusesOlderVersions) {
  TestServer server(router, config);
  EXPECT_EQ(ask(server, TLS1_1_VERSION), "");
  EXPECT_TRUE(server.wait_refused(Refusal::tls_handshake, 1));
}

TEST_F(TlsTest, RefusesPlainText) {
  TestServer server(router, config);
  RawClient client(server.port());
  client.send(get_request("/hello"));
  EXPECT_THAT(client.read_all(), testing::Not(testing::HasSubstr("hello")));
  EXPECT_TRUE(server.wait_refused(Refusal::tls_handshake, 1));
}

TEST_F(TlsTest, DoesNotWaitForAHandshakeThatNeverComes) {
  config.limits.header_time = std::chrono::milliseconds(50);
  TestServer server(router, config);
  RawClient client(server.port());
  EXPECT_TRUE(server.wait_refused(Refusal::tls_handshake, 1));
  EXPECT_TRUE(server.wait_connections(0));
}

TEST_F(TlsTest, NamesTheFileThatIsWrong) {
  const Files other = make_certificate("other");
  boost::asio::io_context io;
  const auto error_of = [&](const Tls& tls) {
    config.listen = {{"127.0.0.1", 0}};
    config.tls = tls;
    const auto server = Server::start(io, router, config);
    return server ? std::string() : server.error().message;
  };
  EXPECT_THAT(error_of({"/nowhere.crt", files.key}),
              testing::StartsWith("api.tls.certificate: /nowhere.crt: expected a PEM certificate"));
  EXPECT_THAT(error_of({files.certificate, files.certificate}),
              testing::StartsWith("api.tls.key: " + files.certificate + ": expected the certificate's key"));
  EXPECT_THAT(error_of({files.certificate, other.key}), testing::HasSubstr(other.key));
  EXPECT_EQ(error_of({files.certificate, files.key}), "");
  std::filesystem::remove(other.certificate);
  std::filesystem::remove(other.key);
}

TEST_F(TlsTest, ServesTheNewCertificateAfterAReload) {
  TestServer server(router, config);
  server.on_loop([&](Server& s) { EXPECT_TRUE(s.reload(config)); });
  EXPECT_THAT(ask(server, TLS1_3_VERSION), testing::EndsWith("\"hello\""));
}

}  // namespace
}  // namespace faultline::http
