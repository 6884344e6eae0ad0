#include "tests/unit/probes_session/stream_server.h"

#include <arpa/inet.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace faultline {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Tls = asio::ssl::stream<tcp::socket>;

tcp::socket& socket_of(tcp::socket& stream) {
  return stream;
}
tcp::socket& socket_of(Tls& stream) {
  return stream.next_layer();
}

// One connection; keeps itself alive while something is awaited.
template <typename Stream>
struct Connection : std::enable_shared_from_this<Connection<Stream>> {
  Connection(Stream s, const StreamScript& f) : stream(std::move(s)), script(f) {}

  void go_on() {
    const std::optional<StreamReply> reply = script(received);
    if (!reply) return read();
    auto out = std::make_shared<std::string>(reply->bytes);
    asio::async_write(
        stream, asio::buffer(*out),
        [self = this->shared_from_this(), out, close = reply->then_close](error_code error, std::size_t) {
          if (error) return;
          if (!close) return self->read();
          error_code ignored;
          socket_of(self->stream).shutdown(tcp::socket::shutdown_send, ignored);
          self->drain();
        });
  }
  void read() {
    stream.async_read_some(asio::buffer(bytes),
                           [self = this->shared_from_this()](error_code error, std::size_t count) {
                             if (error) return;
                             self->received.append(self->bytes.data(), count);
                             self->go_on();
                           });
  }
  // So that what the other side still sends is no reason for a reset.
  void drain() {
    socket_of(stream).async_read_some(asio::buffer(bytes),
                                      [self = this->shared_from_this()](error_code error, std::size_t) {
                                        if (!error) self->drain();
                                      });
  }

  Stream stream;
  const StreamScript& script;
  std::string received;
  std::array<char, 4096> bytes{};
};

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

struct StreamServer::Impl : std::enable_shared_from_this<StreamServer::Impl> {
  Impl(asio::io_context& io, StreamScript f)
      : script(std::move(f)), acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
      if (error) return;
      ++self->connections;
      if (self->tls)
        self->handshake(std::move(socket));
      else
        std::make_shared<Connection<tcp::socket>>(std::move(socket), self->script)->go_on();
      self->accept();
    });
  }

  void handshake(tcp::socket socket) {
    auto connection = std::make_shared<Connection<Tls>>(Tls(std::move(socket), *tls), script);
    connection->stream.async_handshake(Tls::server, [self = shared_from_this(),
                                                     connection](error_code error) {
      if (error) return;
      const char* name = SSL_get_servername(connection->stream.native_handle(), TLSEXT_NAMETYPE_host_name);
      self->server_name = name == nullptr ? "" : name;
      connection->go_on();
    });
  }

  StreamScript script;
  std::optional<asio::ssl::context> tls;
  tcp::acceptor acceptor;
  std::size_t connections = 0;
  std::string server_name;
};

StreamServer::StreamServer(asio::io_context& io, StreamScript script, const TestCertificate* certificate)
    : impl_(std::make_shared<Impl>(io, std::move(script))) {
  if (certificate != nullptr) {
    impl_->tls.emplace(asio::ssl::context::tls_server);
    impl_->tls->use_certificate_chain(asio::buffer(certificate->pem));
    impl_->tls->use_private_key(asio::buffer(certificate->key_pem), asio::ssl::context::pem);
  }
  impl_->accept();
}
StreamServer::~StreamServer() {
  error_code ignored;
  impl_->acceptor.close(ignored);
}
std::string StreamServer::port() const {
  return std::to_string(impl_->acceptor.local_endpoint().port());
}
std::size_t StreamServer::connections() const {
  return impl_->connections;
}
const std::string& StreamServer::server_name() const {
  return impl_->server_name;
}

TestCertificate make_test_certificate(int ends_in_days) {
  constexpr long kDay = 86'400;
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -100 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), ends_in_days * kDay);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1,
                             0);
  X509_set_issuer_name(certificate, name);
  for (const auto& [nid, text] :
       {std::pair{NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost"}, {NID_basic_constraints, "CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, text);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate, key, EVP_sha256());
  TestCertificate made;
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  made.pem = text_of(bio);
  bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  made.key_pem = text_of(bio);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return made;
}

ClosedPort::ClosedPort() : tcp_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(tcp_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(tcp_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no TCP port on loopback");
  port_ = ntohs(address.sin_port);
}
ClosedPort::~ClosedPort() {
  close(tcp_);
}
std::string ClosedPort::port() const {
  return std::to_string(port_);
}

}  // namespace faultline
