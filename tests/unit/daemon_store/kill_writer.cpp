// The victim of kill_test: goes on where the file ends, writes a complaint, an incident, an event and an
// outbox row per number, and prints the number once it is told that they are durable. Never ends by itself.
#include "daemon/store/complaints.h"
#include "daemon/store/events.h"
#include "daemon/store/incidents.h"
#include "daemon/store/outbox.h"
#include "daemon/store/store.h"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <semaphore>
#include <string>

namespace {

using namespace faultline;
using namespace faultline::store;

constexpr std::ptrdiff_t kInFlight = 16;

Result<void> write_number(Database& db, IncidentNumber number) {
  StoredComplaint complaint;
  complaint.id = "CRM-" + std::to_string(number);
  complaint.incident = number;
  IncidentRecord incident;
  incident.number = number;
  incident.document = "{}";
  OutboxRow row;
  row.connector = "noc";
  row.ticket_key = "FL-" + std::to_string(number);
  row.idempotency_key = row.ticket_key + "/1";
  Event event;
  event.kind = "incident.opened";
  event.incident = number;
  if (auto added = add_complaint(db, complaint); !added) return tl::make_unexpected(added.error());
  if (auto saved = save_incident(db, incident); !saved) return tl::make_unexpected(saved.error());
  if (auto appended = append_event(db, event); !appended) return tl::make_unexpected(appended.error());
  if (auto appended = append_outbox(db, row); !appended) return tl::make_unexpected(appended.error());
  return {};
}

// The last one once more, as a sender does that missed the answer: nothing may come of it.
Result<void> repeat_last(Database& db, IncidentNumber number) {
  StoredComplaint complaint;
  complaint.id = "CRM-" + std::to_string(number);
  OutboxRow row;
  row.connector = "noc";
  row.idempotency_key = "FL-" + std::to_string(number) + "/1";
  auto added = add_complaint(db, complaint);
  auto appended = append_outbox(db, row);
  if (!added || !appended || *added || *appended) return fail("a repeated number was taken as new");
  return {};
}

void acknowledge(IncidentNumber number) {
  const std::string line = std::to_string(number) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(3);
}

int fail_with(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  StoreOptions options;
  options.path = argv[1];
  auto store = Store::open(std::move(options));
  if (!store) return fail_with(store.error());
  auto next = (*store)->query_now([](Database& db) { return next_incident_number(db); });
  if (!next) return fail_with(next.error());
  if (*next > 1) {
    const IncidentNumber last = *next - 1;
    auto repeated = (*store)->write_now([last](Database& db) { return repeat_last(db, last); });
    if (!repeated) return fail_with(repeated.error());
  }
  std::counting_semaphore<> free_places(kInFlight);
  for (IncidentNumber number = *next;; ++number) {
    free_places.acquire();
    (*store)->write([number](Database& db) { return write_number(db, number); },
                    [number, &free_places](Result<void> result) {
                      if (!result) ::_exit(fail_with(result.error()));
                      acknowledge(number);
                      free_places.release();
                    });
  }
}
