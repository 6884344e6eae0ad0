// What the API's handlers have in common: query parameters with their errors, and values of the vocabulary as
// JSON. Internal to daemon/http; the one header there that knows Boost.JSON.
#pragma once

#include "daemon/http/api_backend.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace faultline::http {

namespace json = boost::json;

// NaN (no value) is null; a float is written with as many digits as it has.
json::value json_number(float value);
json::value json_time(Timestamp time);
json::value json_time(const std::optional<Timestamp>& time);  // null if there is none
json::value json_text_or_null(std::string_view text);         // null if empty

// "FL-7": how incidents are shown, and back ("7" is taken too).
std::string incident_id(IncidentNumber number);
std::optional<IncidentNumber> parse_incident_id(std::string_view text);

// The answer 400 if the request has a query parameter that is none of these.
std::optional<HttpResponse> refuse_unknown_parameters(const HttpRequest& request,
                                                      std::initializer_list<std::string_view> known);
// limit (1 … 1000, 100 if not given) and cursor.
Result<PageRequest> page_of(const HttpRequest& request);
Result<std::optional<Timestamp>> time_of(const HttpRequest& request, std::string_view parameter);
// Value of an enumeration by its name; the error lists the names.
Result<std::size_t> index_of_name(std::string_view parameter, std::string_view text,
                                  std::span<const std::string_view> names);

// 415 unless the body is JSON by its Content-Type, or has none.
std::optional<HttpResponse> refuse_body_type(const HttpRequest& request);

// {"items": […], "next": "…" | null}
HttpResponse page_answer(json::array items, const std::string& next);
HttpResponse json_answer(const json::value& value, unsigned status = 200);
// Passes on what a TM Forum interface made, its headers included.
Reply<RawAnswer> raw_reply(Respond respond);
// 503: what the store or engine said. The message is for operators.
HttpResponse failed(const Error& error);
HttpResponse bad_request(const Error& error);

json::object endpoint_json(const Topology& topology, EndpointIndex index, const EndpointHealth& health);
json::object degradation_json(const Topology& topology, const Degradation& degradation);
json::object incident_json(const IncidentView& view);

// The whole argument of an incident; null if there is none.
json::value argument_json(const Incident& incident);

// One file each.
void add_state_routes(Router& router, ApiBackend& backend);        // healthy, ready, reload, status page
void add_endpoint_routes(Router& router, ApiBackend& backend);     // endpoints, degradations
void add_incident_routes(Router& router, ApiBackend& backend);     // incidents
void add_inventory_routes(Router& router, ApiBackend& backend);    // inventory-suspects
void add_complaint_routes(Router& router, ApiBackend& backend);    // complaints
void add_alarm_routes(Router& router, ApiBackend& backend);        // alarms of other systems, TMF642
void add_ticket_routes(Router& router, ApiBackend& backend);       // tickets, TMF621
void add_maintenance_routes(Router& router, ApiBackend& backend);  // maintenance
void add_record_routes(Router& router, ApiBackend& backend);       // events, history
void add_foresight_routes(Router& router, ApiBackend& backend);    // forecast, advice
void add_usage_routes(Router& router, ApiBackend& backend);        // usage

}  // namespace faultline::http
