#include "probes/session/tls_peer.h"

#include "probes/async/resolver.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <ctime>

namespace faultline::session {

namespace ssl = boost::asio::ssl;

Result<std::shared_ptr<ssl::context>> make_tls_client(const std::string& ca) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  boost::system::error_code error;
  context->set_verify_mode(ssl::verify_none, error);
  if (ca.empty())
    context->set_default_verify_paths(error);
  else
    context->load_verify_file(ca, error);
  if (error) return fail(fmt::format("\"{}\": no certificates in PEM to be read: {}", ca, error.message()));
  return context;
}

void expect_peer(SSL* tls, const std::string& host) {
  if (is_literal_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str());
    return;
  }
  SSL_set_tlsext_host_name(tls, host.c_str());
  SSL_set1_host(tls, host.c_str());
}

bool is_trusted(const SSL* tls) {
  return SSL_get0_peer_certificate(tls) != nullptr && SSL_get_verify_result(tls) == X509_V_OK;
}

std::optional<double> certificate_days(const SSL* tls, Timestamp now) {
  const X509* certificate = SSL_get0_peer_certificate(tls);
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
    return std::nullopt;
  const auto ends = std::chrono::system_clock::from_time_t(timegm(&end));
  return std::chrono::duration<double>(ends - now).count() / 86'400;
}

namespace {

// What a printing function of the library writes.
template <typename Print>
std::string printed(const Print& print) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (!bio) return {};
  print(bio.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::string text_of(const X509_NAME* name) {
  return printed([&](BIO* bio) { X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253); });
}

}  // namespace

std::vector<std::string> texts_of_peer(const SSL* tls) {
  std::vector<std::string> texts = {fmt::format("{}, {}", SSL_get_version(tls), SSL_get_cipher_name(tls))};
  const X509* certificate = SSL_get0_peer_certificate(tls);
  if (certificate == nullptr) return texts;
  texts.push_back("certificate of " + text_of(X509_get_subject_name(certificate)));
  texts.push_back("issued by " + text_of(X509_get_issuer_name(certificate)));
  texts.push_back("ends " +
                  printed([&](BIO* bio) { ASN1_TIME_print(bio, X509_get0_notAfter(certificate)); }));
  if (!is_trusted(tls)) texts.emplace_back("it cannot be trusted");
  return texts;
}

}  // namespace faultline::session
