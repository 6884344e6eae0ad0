// The server's side of TLS: certificate, key, versions. Internal to daemon/http.
#pragma once

#include "daemon/http/server.h"

#include <memory>

namespace boost::asio::ssl {
class context;
}

namespace faultline::http {

// TLS 1.2 and 1.3. The error names the file and what is wrong with it: missing, no PEM, or a key that does
// not belong to the certificate.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const Tls& tls);

}  // namespace faultline::http
