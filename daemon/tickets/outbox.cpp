#include "daemon/tickets/outbox.h"

#include <algorithm>
#include <cassert>

namespace faultline::tickets {

Outbox::Outbox(OutboxLimits limits, std::uint64_t jitter_seed) : limits_(limits), random_(jitter_seed) {}

std::size_t Outbox::busy(std::string_view connector) const {
  const auto lanes = lanes_.find(connector);
  return lanes == lanes_.end() ? 0 : lanes->second.busy.size();
}

std::size_t Outbox::rows_wanted(std::string_view connector) const {
  const auto lanes = lanes_.find(connector);
  if (lanes == lanes_.end()) return limits_.lanes_per_connector;
  const std::size_t busy = lanes->second.busy.size();
  if (lanes->second.asked || busy >= limits_.lanes_per_connector) return 0;
  // Heads of busy lanes may be among the answer, so ask for enough to fill the free ones nevertheless.
  return limits_.lanes_per_connector;
}

void Outbox::question_asked(std::string_view connector) {
  Lanes& lanes = lanes_[std::string(connector)];
  assert(!lanes.asked);
  lanes.asked = true;
  lanes.outdated = false;
  lanes.freed.clear();
}

void Outbox::may_have_grown(std::string_view connector) {
  const auto lanes = lanes_.find(connector);
  if (lanes != lanes_.end() && lanes->second.asked) lanes->second.outdated = true;
}

bool Outbox::is_outdated(std::string_view connector) const {
  const auto lanes = lanes_.find(connector);
  return lanes != lanes_.end() && lanes->second.outdated;
}

std::vector<store::OutboxRow> Outbox::admit(std::string_view connector, std::vector<store::OutboxRow> due) {
  Lanes& lanes = lanes_[std::string(connector)];
  lanes.asked = false;
  std::sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  std::vector<store::OutboxRow> admitted;
  for (store::OutboxRow& row : due) {
    if (lanes.busy.size() >= limits_.lanes_per_connector) break;
    if (store::is_finished(row.state) || lanes.freed.contains(row.ticket_key)) continue;
    if (!lanes.busy.insert(row.ticket_key).second) continue;
    admitted.push_back(std::move(row));
  }
  return admitted;
}

store::OutboxRow Outbox::settle(store::OutboxRow row, const DeliveryResult& result, Timestamp now) {
  row.attempts += 1;
  row.last_error = result.outcome == Delivery::done ? std::string() : result.reason;
  switch (result.outcome) {
    case Delivery::done:
      row.state = store::OutboxState::delivered;
      row.finished = now;
      return row;
    case Delivery::rejected:
      row.state = store::OutboxState::rejected;
      row.finished = now;
      return row;
    case Delivery::retry_later:
      row.state = store::OutboxState::pending;
      break;
    case Delivery::unknown:
      row.state = store::OutboxState::uncertain;
      break;
  }
  Duration wait = wait_after(row.attempts);
  if (result.retry_after)
    wait = std::clamp(*result.retry_after, limits_.first_wait, limits_.longest_retry_after);
  row.next_attempt = now + wait;
  return row;
}

void Outbox::written(const store::OutboxRow& row) {
  Lanes& lanes = lanes_[row.connector];
  lanes.busy.erase(row.ticket_key);
  if (!lanes.asked) return;
  lanes.freed.insert(row.ticket_key);
  lanes.outdated = true;
}

Duration Outbox::wait_after(std::uint32_t attempts) {
  Duration wait = limits_.first_wait;
  for (std::uint32_t i = 1; i < attempts && wait < limits_.longest_wait; ++i) wait *= 2;
  wait = std::min(wait, limits_.longest_wait);
  // Plain arithmetic instead of a distribution: the same seed gives the same waits with every library.
  const double unit = static_cast<double>(random_() >> 11U) / 9007199254740992.0;  // 0 … 1
  return std::chrono::duration_cast<Duration>(wait * (0.75 + 0.5 * unit));
}

}  // namespace faultline::tickets
