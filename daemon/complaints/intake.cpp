#include "daemon/complaints/intake.h"

#include "daemon/complaints/field_reader.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cmath>

namespace faultline::complaints {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxDepth = 8;  // a complaint is 3 deep in an array

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._:/@+-").find(c) != std::string_view::npos;
}

struct Context {
  const Topology& topology;
  const HashKey& key;
  Timestamp now;
  const IntakeLimits& limits;
};

void read_identity(FieldReader& fields, const Context& context, IntakeItem& item,
                   store::StoredComplaint& record) {
  const std::string id_expected =
      fmt::format("1 to {} characters of A-Z a-z 0-9 . _ : / @ + -", context.limits.id_bytes);
  const auto id = fields.text("id", context.limits.id_bytes);
  if (id && (id->empty() || !std::all_of(id->begin(), id->end(), is_id_character)))
    fields.error("id", id_expected);
  else if (id)
    item.id = record.id = *id;
  fields.require("id", id.has_value(), id_expected);

  const std::string customer_expected =
      fmt::format("a reference of 1 to {} bytes", context.limits.customer_bytes);
  const auto customer = fields.text("customer", context.limits.customer_bytes);
  if (customer && (customer->empty() || customer->size() > context.limits.customer_bytes))
    fields.error("customer", customer_expected);
  else if (customer)
    record.customer = customer_hash(*customer, context.key);
  fields.require("customer", customer.has_value(), customer_expected);
}

void read_times(FieldReader& fields, const Context& context, store::StoredComplaint& record) {
  const IntakeLimits& limits = context.limits;
  record.received = context.now;
  const auto received = fields.time("received");
  if (received) {
    if (*received > context.now + limits.furthest_ahead)
      fields.error("received", fmt::format("a time not more than {} h in the future",
                                           limits.furthest_ahead / std::chrono::hours(1)));
    else if (*received < context.now - limits.oldest)
      fields.error("received",
                   fmt::format("a time not older than {} days", limits.oldest / std::chrono::hours(24)));
    else if (*received > context.now + limits.clock_skew)
      fields.warn("received", "is ahead of our clock (wrong zone?); taken as now");
    record.received = std::min(*received, context.now);
  }
  const auto began = fields.time("began");
  if (!began) return;
  // Compared with what was sent, so that a clock ahead of ours does not make a mistake of it.
  const Timestamp reported = std::max(received.value_or(context.now), record.received);
  const Duration tolerated = received ? Duration{} : limits.clock_skew;
  if (*began > reported + tolerated)
    fields.error("began", "a time not after received");
  else if (*began < context.now - limits.oldest)
    fields.error("began",
                 fmt::format("a time not older than {} days", limits.oldest / std::chrono::hours(24)));
  record.began = std::min(*began, record.received);
}

void read_service(FieldReader& fields, const Context& context, store::StoredComplaint& record) {
  const auto text = fields.text("service", context.limits.name_characters);
  if (!text) return;
  const auto known = std::find(kServiceNames.begin(), kServiceNames.end(), *text);
  if (known == kServiceNames.end())
    return fields.error("service", fmt::format("one of {}", fmt::join(kServiceNames, ", ")));
  record.service = static_cast<Service>(known - kServiceNames.begin());
}

void read_place(FieldReader& fields, const Context& context, IntakeItem& item,
                store::StoredComplaint& record) {
  const json::object* place = fields.object("place");
  if (place == nullptr) return;
  FieldReader inner(*place, "/place", item);
  const auto latitude = inner.number("latitude", -90, 90);
  const auto longitude = inner.number("longitude", -180, 180);
  const auto accuracy = inner.number("accuracy_m", 0, context.limits.worst_accuracy_m);
  inner.require("latitude", latitude.has_value(), "a number from -90 to 90");
  inner.require("longitude", longitude.has_value(), "a number from -180 to 180");
  inner.warn_unknown();
  if (!latitude || !longitude) return;
  const bool is_filler = (*latitude == 0 && *longitude == 0) || (*latitude == -1 && *longitude == -1);
  if (is_filler)
    return fields.warn("place", fmt::format("{},{} is taken as no place", *latitude, *longitude));
  record.place = Place{*latitude, *longitude};
  // Nobody knows a place to the metre; 0 is what senders put for "unknown".
  if (accuracy && *accuracy > 0) record.accuracy_m = static_cast<float>(std::max(*accuracy, 1.0));
}

void read_endpoint(FieldReader& fields, std::string_view field, const Context& context, std::string& name) {
  const auto text = fields.text(field, context.limits.name_characters);
  if (!text || text->empty()) return;
  name = *text;
  const auto found = context.topology.find_endpoint(*text);
  if (!found || context.topology.endpoint(*found).retired)
    fields.warn(field, "no endpoint of this name in the inventory; it was kept but explains nothing");
}

IntakeItem read_item(const json::value& value, const Context& context) {
  IntakeItem item;
  if (!value.is_object()) {
    item.errors.push_back({"", "an object"});
    return item;
  }
  store::StoredComplaint record;
  FieldReader fields(value.get_object(), "", item);
  const IntakeLimits& limits = context.limits;
  read_identity(fields, context, item, record);
  read_times(fields, context, record);
  record.channel = fields.text("channel", limits.short_characters).value_or("");
  record.language = fields.text("language", limits.short_characters).value_or("");
  read_service(fields, context, record);
  record.symptom = fields.text("symptom", limits.name_characters).value_or("");
  record.text = fields.text("text", limits.text_characters).value_or("");
  read_place(fields, context, item, record);
  read_endpoint(fields, "line", context, record.line);
  read_endpoint(fields, "cell", context, record.cell);
  record.postcode = fields.text("postcode", limits.short_characters).value_or("");
  fields.warn_unknown();
  if (item.errors.empty()) item.record = std::move(record);
  return item;
}

Intake refused(unsigned status, std::string why) {
  Intake intake;
  intake.status = status;
  intake.refusal = std::move(why);
  return intake;
}

bool near(const std::optional<Timestamp>& a, const std::optional<Timestamp>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || std::chrono::abs(*a - *b) <= IntakeLimits{}.clock_skew;
}

bool same_place(const std::optional<Place>& a, const std::optional<Place>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || (a->latitude_deg == b->latitude_deg && a->longitude_deg == b->longitude_deg);
}

}  // namespace

std::uint64_t customer_hash(std::string_view reference, const HashKey& key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(reference.data()), reference.size(), digest.data(), &size);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < 8; ++i) hash = (hash << 8U) | digest[i];
  return hash;
}

Intake read(std::string_view body, const Topology& topology, const HashKey& key, Timestamp now,
            const IntakeLimits& limits) {
  if (body.size() > limits.body_bytes)
    return refused(
        413, fmt::format("the body has {} bytes; at most {} are taken", body.size(), limits.body_bytes));
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  const json::value value = json::parse(body, error, {}, options);
  if (error) return refused(400, fmt::format("the body is not JSON: {}", error.message()));
  const Context context{topology, key, now, limits};
  Intake intake;
  if (value.is_object()) {
    intake.items.push_back(read_item(value, context));
    return intake;
  }
  if (!value.is_array()) return refused(400, "expected a complaint (an object) or an array of them");
  intake.is_array = true;
  const json::array& items = value.get_array();
  if (items.empty()) return refused(400, "the array is empty");
  if (items.size() > limits.items)
    return refused(
        413, fmt::format("the array has {} complaints; at most {} are taken", items.size(), limits.items));
  for (const json::value& item : items) intake.items.push_back(read_item(item, context));
  return intake;
}

bool same_content(const store::StoredComplaint& a, const store::StoredComplaint& b) {
  return a.id == b.id && a.customer == b.customer && near(a.began, b.began) && a.channel == b.channel &&
         a.language == b.language && a.service == b.service && a.symptom == b.symptom && a.text == b.text &&
         same_place(a.place, b.place) && a.accuracy_m == b.accuracy_m && a.postcode == b.postcode &&
         a.line == b.line && a.cell == b.cell;
}

}  // namespace faultline::complaints
