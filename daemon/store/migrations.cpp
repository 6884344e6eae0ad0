// The SQL of every schema version. A released version's text is never changed: add the next one.
// Times are microseconds since 1970 (UTC); documents and details are JSON.
#include "daemon/store/schema.h"

#include <array>

namespace faultline::store {
namespace {

constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO meta VALUES('next_incident', 1), ('next_ticket', 1), ('events_released_before', 0),
                       ('customer_key', randomblob(32));

CREATE TABLE complaint(
  id TEXT PRIMARY KEY NOT NULL, customer INTEGER NOT NULL, received INTEGER NOT NULL, began INTEGER,
  channel TEXT NOT NULL, language TEXT NOT NULL, service TEXT NOT NULL, symptom TEXT NOT NULL, text TEXT NOT NULL,
  latitude REAL, longitude REAL, accuracy_m REAL NOT NULL, postcode TEXT NOT NULL,
  line TEXT NOT NULL, cell TEXT NOT NULL, incident INTEGER);
CREATE INDEX complaint_received ON complaint(received);
CREATE INDEX complaint_incident ON complaint(incident, received);
CREATE INDEX complaint_customer ON complaint(customer, received);

CREATE TABLE incident(
  number INTEGER PRIMARY KEY, revision INTEGER NOT NULL, state TEXT NOT NULL, severity INTEGER NOT NULL,
  root TEXT NOT NULL, onset INTEGER NOT NULL, suspected_at INTEGER NOT NULL, opened_at INTEGER, ended_at INTEGER,
  document TEXT NOT NULL);
CREATE INDEX incident_state ON incident(state, number);
CREATE INDEX incident_root ON incident(root, number);
CREATE INDEX incident_ended ON incident(ended_at);

CREATE TABLE degradation(
  endpoint TEXT NOT NULL, respect TEXT NOT NULL, onset INTEGER NOT NULL, confirmed INTEGER NOT NULL,
  evidence TEXT NOT NULL, PRIMARY KEY(endpoint, respect)) WITHOUT ROWID;

CREATE TABLE baseline(endpoint TEXT PRIMARY KEY NOT NULL, updated INTEGER NOT NULL, block BLOB NOT NULL);

CREATE TABLE event(
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, incident INTEGER,
  subject TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX event_at ON event(at);
CREATE INDEX event_kind ON event(kind, id);
CREATE INDEX event_incident ON event(incident, id) WHERE incident IS NOT NULL;
CREATE INDEX event_subject ON event(subject, id) WHERE subject <> '';
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;
CREATE TRIGGER event_is_kept BEFORE DELETE ON event
WHEN OLD.at >= (SELECT value FROM meta WHERE key = 'events_released_before')
BEGIN SELECT RAISE(ABORT, 'an event is kept until retention releases it'); END;

CREATE TABLE ticket(
  id TEXT PRIMARY KEY NOT NULL, incident INTEGER UNIQUE, status TEXT NOT NULL, severity TEXT NOT NULL,
  revision INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, document TEXT NOT NULL);
CREATE INDEX ticket_created ON ticket(created);
CREATE INDEX ticket_updated ON ticket(updated);

CREATE TABLE ticket_link(
  connector TEXT NOT NULL, ticket_key TEXT NOT NULL, external_id TEXT NOT NULL, external_status TEXT NOT NULL,
  updated INTEGER NOT NULL, PRIMARY KEY(connector, ticket_key)) WITHOUT ROWID;
CREATE INDEX ticket_link_key ON ticket_link(ticket_key);

CREATE TABLE outbox(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, connector TEXT NOT NULL, ticket_key TEXT NOT NULL,
  operation TEXT NOT NULL, idempotency_key TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL, created INTEGER NOT NULL, next_attempt INTEGER NOT NULL, finished INTEGER,
  last_error TEXT NOT NULL, UNIQUE(connector, idempotency_key));
CREATE INDEX outbox_unfinished ON outbox(connector, ticket_key, sequence) WHERE finished IS NULL;
CREATE INDEX outbox_finished ON outbox(finished) WHERE finished IS NOT NULL;
CREATE INDEX outbox_ticket ON outbox(ticket_key, sequence);

CREATE TABLE maintenance(
  id TEXT PRIMARY KEY NOT NULL, target TEXT NOT NULL, begins INTEGER NOT NULL, ends INTEGER NOT NULL,
  reason TEXT NOT NULL, author TEXT NOT NULL);

CREATE TABLE history_series(
  slot INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, metric TEXT NOT NULL, assigned INTEGER NOT NULL,
  released INTEGER);
CREATE UNIQUE INDEX history_series_name ON history_series(endpoint, metric) WHERE released IS NULL;
CREATE INDEX history_series_free ON history_series(released) WHERE released IS NOT NULL;
)sql";

constexpr const char* kVersion2 = R"sql(
CREATE TABLE alarm(
  source TEXT NOT NULL, id TEXT NOT NULL, raised INTEGER NOT NULL, changed INTEGER NOT NULL, cleared INTEGER,
  document TEXT NOT NULL, PRIMARY KEY(source, id)) WITHOUT ROWID;
)sql";

constexpr std::array kMigrations = {Migration{1, kVersion1}, Migration{2, kVersion2}};

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

}  // namespace faultline::store
