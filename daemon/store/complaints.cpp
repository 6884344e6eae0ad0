#include "daemon/store/complaints.h"

#include "daemon/store/filter.h"

namespace faultline::store {
namespace {

constexpr const char* kColumns =
    "id, customer, received, began, channel, language, service, symptom, text, latitude, longitude, "
    "accuracy_m, "
    "postcode, line, cell, incident";

StoredComplaint read(const Row& row) {
  StoredComplaint c;
  c.id = row.text(0);
  c.customer = row.unsigned_integer(1);
  c.received = row.time(2);
  c.began = row.optional_time(3);
  c.channel = row.text(4);
  c.language = row.text(5);
  c.service = from_name<Service>(kServiceNames, row.text_view(6));
  c.symptom = row.text(7);
  c.text = row.text(8);
  if (!row.is_null(9) && !row.is_null(10)) c.place = Place{row.real(9), row.real(10)};
  c.accuracy_m = static_cast<float>(row.real(11));
  c.postcode = row.text(12);
  c.line = row.text(13);
  c.cell = row.text(14);
  if (!row.is_null(15)) c.incident = row.unsigned_integer(15);
  return c;
}

std::optional<EndpointIndex> find_live(const Topology& topology, const std::string& name) {
  if (name.empty()) return std::nullopt;
  const auto index = topology.find_endpoint(name);
  if (!index || topology.endpoint(*index).retired) return std::nullopt;
  return index;
}

}  // namespace

Complaint to_model(const StoredComplaint& stored, const Topology& topology) {
  Complaint complaint;
  complaint.id = stored.id;
  complaint.customer = stored.customer;
  complaint.received = stored.received;
  complaint.trouble_began = stored.began;
  complaint.service = stored.service;
  complaint.line = find_live(topology, stored.line);
  complaint.cell = find_live(topology, stored.cell);
  complaint.place = stored.place;
  complaint.accuracy_m = stored.accuracy_m;
  return complaint;
}

Result<bool> add_complaint(Database& db, const StoredComplaint& c) {
  std::optional<double> latitude, longitude;
  if (c.place) {
    latitude = c.place->latitude_deg;
    longitude = c.place->longitude_deg;
  }
  auto added = db.run(
      "INSERT INTO complaint(id, customer, received, began, channel, language, service, symptom, text, "
      "latitude, "
      "longitude, accuracy_m, postcode, line, cell, incident) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
      "ON CONFLICT(id) DO NOTHING",
      c.id, c.customer, c.received, c.began, c.channel, c.language, name(c.service), c.symptom, c.text,
      latitude, longitude, c.accuracy_m, c.postcode, c.line, c.cell, c.incident);
  if (!added) return tl::make_unexpected(added.error());
  return db.changed_rows() > 0;
}

Result<std::optional<StoredComplaint>> find_complaint(Database& db, std::string_view id) {
  return db.first(std::string("SELECT ") + kColumns + " FROM complaint WHERE id = ?", read, id);
}

Result<bool> attach_complaint(Database& db, std::string_view id, std::optional<IncidentNumber> incident) {
  auto attached = db.run("UPDATE complaint SET incident = ? WHERE id = ?", incident, id);
  if (!attached) return tl::make_unexpected(attached.error());
  return db.changed_rows() > 0;
}

Result<std::vector<StoredComplaint>> list_complaints(Database& db, const ComplaintFilter& filter) {
  Where where;
  if (filter.incident) where.add("incident = ?", *filter.incident);
  if (filter.unattached) where.add("incident IS NULL");
  if (filter.customer) where.add("customer = ?", *filter.customer);
  if (filter.from) where.add("received >= ?", *filter.from);
  if (filter.until) where.add("received < ?", *filter.until);
  const std::string sql = std::string("SELECT ") + kColumns + " FROM complaint" + where.sql() +
                          " ORDER BY received DESC, rowid DESC LIMIT ? OFFSET ?";
  std::vector<StoredComplaint> found;
  auto listed = db.each_with(sql, where.values_and_page(filter.limit, filter.offset),
                             [&](const Row& row) { found.push_back(read(row)); });
  if (!listed) return tl::make_unexpected(listed.error());
  return found;
}

}  // namespace faultline::store
