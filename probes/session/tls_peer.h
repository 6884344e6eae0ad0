// The client's end of TLS for probes: the handshake always goes on, so that a bad certificate is still looked
// at; whether it can be trusted is asked afterwards.
#pragma once

#include "rules/model/result.h"
#include "rules/model/time.h"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace faultline::session {

// Trusts the authorities of the PEM file, or those of the system if there is none.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_client(const std::string& ca);

// Before the handshake: the name that is asked for (SNI) and that the certificate must be of; an address is
// looked for in the certificate and not sent.
void expect_peer(SSL* tls, const std::string& host);

// After the handshake: a chain of certificates to a trusted authority, all of them in their time, the first
// one of the host that was expected.
bool is_trusted(const SSL* tls);
// From now until the server's own certificate ends, in days; negative if it has ended.
std::optional<double> certificate_days(const SSL* tls, Timestamp now);
// What was agreed on and the server's own certificate, for people, a line each: "TLSv1.3,
// TLS_AES_256_GCM_SHA384", "certificate of CN=…", "issued by CN=…", "ends Dec 29 12:00:00 2026 GMT".
std::vector<std::string> texts_of_peer(const SSL* tls);

}  // namespace faultline::session
