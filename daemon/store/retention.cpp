#include "daemon/store/retention.h"

namespace faultline::store {

std::vector<RetentionRule> retention_rules(const Retention& retention, Timestamp now) {
  std::vector<RetentionRule> rules;
  const auto add = [&](std::chrono::days age, const char* sql, bool releases_events = false) {
    if (age.count() > 0) rules.push_back({sql, now - age, releases_events});
  };
  add(retention.complaints,
      "DELETE FROM complaint WHERE rowid IN (SELECT rowid FROM complaint WHERE received < ?1 LIMIT ?2)");
  add(retention.withdrawn,
      "DELETE FROM incident WHERE number IN (SELECT number FROM incident "
      "WHERE ended_at < ?1 AND state = 'withdrawn' LIMIT ?2)");
  add(retention.incidents,
      "DELETE FROM incident WHERE number IN (SELECT number FROM incident WHERE ended_at < ?1 LIMIT ?2)");
  add(retention.events, "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE at < ?1 LIMIT ?2)", true);
  add(retention.tickets,
      "DELETE FROM ticket WHERE id IN (SELECT id FROM ticket "
      "WHERE updated < ?1 AND status IN ('closed', 'cancelled', 'rejected') LIMIT ?2)");
  add(retention.tickets,
      "DELETE FROM ticket_link WHERE (connector, ticket_key) IN (SELECT connector, ticket_key FROM "
      "ticket_link l "
      "WHERE updated < ?1 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.ticket_key = l.ticket_key) LIMIT "
      "?2)");
  add(retention.outbox,
      "DELETE FROM outbox WHERE sequence IN (SELECT sequence FROM outbox WHERE finished < ?1 LIMIT ?2)");
  add(retention.maintenance,
      "DELETE FROM maintenance WHERE id IN (SELECT id FROM maintenance WHERE ends < ?1 LIMIT ?2)");
  add(retention.baselines,
      "DELETE FROM baseline WHERE endpoint IN (SELECT endpoint FROM baseline WHERE updated < ?1 LIMIT ?2)");
  return rules;
}

Result<bool> remove_slice(Database& db, const RetentionRule& rule) {
  if (rule.releases_events) {
    // Never backwards: a clock that was wrong for an hour must not lock what has been released.
    auto released =
        db.run("UPDATE meta SET value = max(value, ?1) WHERE key = 'events_released_before'", rule.horizon);
    if (!released) return tl::make_unexpected(released.error());
  }
  if (auto removed = db.run(rule.sql, rule.horizon, kRetentionSlice); !removed)
    return tl::make_unexpected(removed.error());
  return db.changed_rows() >= kRetentionSlice;
}

}  // namespace faultline::store
