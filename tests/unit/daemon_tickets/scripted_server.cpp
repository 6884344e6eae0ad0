#include "tests/unit/daemon_tickets/scripted_server.h"

#include "tests/unit/daemon_store/support.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>
#include <thread>

namespace faultline::tickets {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// A self-signed certificate for 127.0.0.1, valid for an hour around now.
void make_certificate(const std::string& certificate_file, const std::string& key_file) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1,
                             0);
  X509_set_issuer_name(certificate, name);
  for (const auto& [nid, value] :
       {std::pair{NID_subject_alt_name, "IP:127.0.0.1"}, {NID_basic_constraints, "CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate, key, EVP_sha256());
  std::FILE* file = std::fopen(certificate_file.c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  file = std::fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

// Header, and as much body as Content-Length says.
template <typename Stream>
std::string read_request(Stream& stream) {
  std::string text;
  boost::system::error_code error;
  std::size_t wanted = std::string::npos;
  while (!error && text.size() < wanted) {
    char buffer[4096];
    const std::size_t count = stream.read_some(asio::buffer(buffer), error);
    text.append(buffer, count);
    const std::size_t end = text.find("\r\n\r\n");
    if (wanted != std::string::npos || end == std::string::npos) continue;
    const std::size_t length = text.find("Content-Length: ");
    wanted = end + 4 + (length < end ? std::stoul(text.substr(length + 16)) : 0);
  }
  return text;
}

}  // namespace

struct ScriptedServer::Impl {
  Impl(std::vector<ServerStep> script, Security kind)
      : steps(std::move(script)),
        security(kind),
        acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    certificate = (directory / "certificate.pem").string();
    const std::string key = (directory / "key.pem").string();
    if (security == Security::tls) {
      make_certificate(certificate, key);
      context.use_certificate_chain_file(certificate);
      context.use_private_key_file(key, asio::ssl::context::pem);
    }
    thread = std::thread([this] { serve(); });
  }

  void serve() {
    for (const ServerStep& step : steps) {
      boost::system::error_code error;
      tcp::socket socket(io);
      acceptor.accept(socket, error);
      if (error || stopped) return;
      if (!step.read_request) continue;
      if (security == Security::plain) {
        run(step, socket, socket);
        continue;
      }
      asio::ssl::stream<tcp::socket&> stream(socket, context);
      stream.handshake(asio::ssl::stream_base::server, error);
      if (!error) run(step, stream, socket);
    }
  }

  template <typename Stream>
  void run(const ServerStep& step, Stream& stream, tcp::socket& socket) {
    requests.push_back(read_request(stream));
    boost::system::error_code error;
    if (step.close_half) socket.shutdown(tcp::socket::shutdown_send, error);
    asio::write(stream, asio::buffer(step.answer), error);
    char rest[256];
    while (step.stay_silent && !error)
      stream.read_some(asio::buffer(rest), error);  // until the client closes
  }

  void stop() {
    if (!thread.joinable()) return;
    stopped = true;
    boost::system::error_code error;
    tcp::socket wake(io);  // an accept that waits is answered
    wake.connect(acceptor.local_endpoint(), error);
    thread.join();
  }

  std::vector<ServerStep> steps;
  Security security;
  store::TemporaryDirectory directory;
  std::string certificate;
  asio::io_context io;
  asio::ssl::context context{asio::ssl::context::tls_server};
  tcp::acceptor acceptor;
  std::vector<std::string> requests;
  std::atomic<bool> stopped = false;
  std::thread thread;
};

ScriptedServer::ScriptedServer(std::vector<ServerStep> steps, Security security)
    : impl_(std::make_unique<Impl>(std::move(steps), security)) {}
ScriptedServer::~ScriptedServer() {
  impl_->stop();
}
std::uint16_t ScriptedServer::port() const {
  return impl_->acceptor.local_endpoint().port();
}
std::string ScriptedServer::url(const std::string& target) const {
  const char* scheme = impl_->security == Security::tls ? "https" : "http";
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port()) + target;
}
const std::string& ScriptedServer::ca_file() const {
  return impl_->certificate;
}
std::vector<std::string> ScriptedServer::requests() {
  impl_->stop();
  return impl_->requests;
}

}  // namespace faultline::tickets
