#include "daemon/http/message.h"

#include <fmt/format.h>

#include <array>

namespace faultline::http {
namespace {

constexpr std::array<std::string_view, 7> kMethodNames = {"GET", "HEAD",  "OPTIONS", "POST",
                                                          "PUT", "PATCH", "DELETE"};
constexpr std::array<std::string_view, 6> kRoleNames = {"anyone",   "viewer", "complaints",
                                                        "operator", "admin",  "alarms"};

// RFC 8259 §7: what must be escaped in a string.
void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

std::string_view name(Method method) {
  return kMethodNames[static_cast<std::size_t>(method)];
}

std::optional<Method> method_from_name(std::string_view text) {
  for (std::size_t i = 0; i < kMethodNames.size(); ++i)
    if (kMethodNames[i] == text) return static_cast<Method>(i);
  return std::nullopt;
}

std::string_view name(Role role) {
  return kRoleNames[static_cast<std::size_t>(role)];
}

std::optional<Role> role_from_name(std::string_view text) {
  for (std::size_t i = 1; i < kRoleNames.size(); ++i)  // "anyone" is no role that a token can have
    if (kRoleNames[i] == text) return static_cast<Role>(i);
  return std::nullopt;
}

std::string_view HttpRequest::header(std::string_view lower_name) const {
  for (const auto& [header_name, value] : headers)
    if (header_name == lower_name) return value;
  return {};
}

std::optional<std::string_view> HttpRequest::parameter(std::string_view parameter_name) const {
  const auto found = query.find(parameter_name);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

HttpResponse problem(unsigned status, std::string_view detail) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = R"({"type":"about:blank","title":)";
  append_json_string(response.body, reason_phrase(status));
  response.body += fmt::format(R"(,"status":{},"detail":)", status);
  append_json_string(response.body, detail);
  response.body += '}';
  return response;
}

HttpResponse json_response(std::string json, unsigned status) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(json);
  return response;
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 207:
      return "Multi-Status";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace faultline::http
