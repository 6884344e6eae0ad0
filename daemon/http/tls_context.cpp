#include "daemon/http/tls_context.h"

#include <boost/asio/ssl/context.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

namespace faultline::http {

Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const Tls& tls) {
  namespace ssl = boost::asio::ssl;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  // Forward secrecy and authenticated encryption for 1.2; 1.3 has nothing else.
  SSL_CTX_set_cipher_list(context->native_handle(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  boost::system::error_code error;
  context->use_certificate_chain_file(tls.certificate, error);
  if (error)
    return fail(fmt::format("api.tls.certificate: {}: expected a PEM certificate: {}", tls.certificate,
                            error.message()));
  context->use_private_key_file(tls.key, ssl::context::pem, error);
  if (error)
    return fail(
        fmt::format("api.tls.key: {}: expected the certificate's key in PEM: {}", tls.key, error.message()));
  if (SSL_CTX_check_private_key(context->native_handle()) != 1)
    return fail(fmt::format("api.tls.key: {} does not belong to {}", tls.key, tls.certificate));
  return context;
}

}  // namespace faultline::http
