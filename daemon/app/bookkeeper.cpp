#include "daemon/app/bookkeeper.h"

#include "daemon/store/complaints.h"
#include "daemon/store/events.h"
#include "daemon/store/incidents.h"
#include "daemon/store/state.h"
#include "daemon/tickets/book.h"
#include "daemon/tickets/ticket.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <deque>
#include <iterator>
#include <utility>
#include <variant>

namespace faultline::app {
namespace {

template <typename T>
Result<void> without_value(const Result<T>& result) {
  if (!result) return tl::make_unexpected(result.error());
  return {};
}

store::Event event(Timestamp at, std::string kind, std::string subject, std::string reason) {
  store::Event made;
  made.at = at;
  made.kind = std::move(kind);
  made.subject = std::move(subject);
  made.reason = std::move(reason);
  return made;
}

// An incident's row, its event, its ticket and what the ticket systems are told of it: one piece.
store::Job job_for(const IncidentChanged& change, Timestamp at, const Topology& topology,
                   std::vector<std::string> connectors) {
  auto record = store::to_record(change.incident, topology, at);
  auto draft = tickets::draft(change.incident, topology, change.event, change.reason, at);
  auto logged = event(at, std::string("incident.").append(name(change.event)), record.root, change.reason);
  logged.incident = change.incident.number;
  return [record = std::move(record), draft = std::move(draft), logged = std::move(logged),
          connectors = std::move(connectors)](store::Database& db) -> Result<void> {
    if (auto saved = store::save_incident(db, record); !saved) return without_value(saved);
    if (auto told = tickets::tell(db, draft, connectors); !told) return without_value(told);
    return without_value(store::append_event(db, logged));
  };
}

store::Job job_for(const DegradationChanged& change, Timestamp at, const Topology& topology) {
  const Degradation& degradation = change.degradation;
  auto stored = store::to_stored(degradation, topology);
  const bool ended = degradation.ended.has_value();
  auto logged = event(at, ended ? "degradation.ended" : "degradation.began", stored.endpoint,
                      std::string(name(degradation.respect)).append(": ").append(degradation.evidence));
  return
      [stored = std::move(stored), logged = std::move(logged), ended](store::Database& db) -> Result<void> {
        auto saved = ended ? store::remove_degradation(db, stored.endpoint, stored.respect)
                           : store::save_degradation(db, stored);
        if (!saved) return saved;
        return without_value(store::append_event(db, logged));
      };
}

store::Job job_for(const ComplaintAttached& change, Timestamp at) {
  auto logged = event(at, change.incident ? "complaint.attached" : "complaint.detached", change.complaint_id,
                      "complaint " + change.complaint_id);
  logged.incident = change.incident;
  return [change, logged = std::move(logged)](store::Database& db) -> Result<void> {
    if (auto attached = store::attach_complaint(db, change.complaint_id, change.incident); !attached)
      return without_value(attached);
    return without_value(store::append_event(db, logged));
  };
}

}  // namespace

struct Bookkeeper::Impl : std::enable_shared_from_this<Bookkeeper::Impl> {
  Impl(boost::asio::io_context& io, store::Store& s, Hooks h) : store(s), hooks(std::move(h)), retry(io) {}

  store::Store& store;
  Hooks hooks;
  boost::asio::steady_timer retry;
  std::chrono::seconds pause{1};
  std::vector<std::string> connectors;
  std::deque<store::Job> waiting;
  std::shared_ptr<const std::vector<store::Job>> under_way;
  std::size_t one_by_one = 0;  // jobs to be sent singly, to find the one that is refused
  bool trouble = false;

  void flush() {
    if (under_way || waiting.empty()) return;
    const std::size_t count = one_by_one > 0 ? 1 : waiting.size();
    one_by_one -= std::min<std::size_t>(one_by_one, 1);
    const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(count);
    under_way = std::make_shared<const std::vector<store::Job>>(std::make_move_iterator(waiting.begin()),
                                                                std::make_move_iterator(end));
    waiting.erase(waiting.begin(), end);
    send();
  }

  void send() {
    store.write(
        [jobs = under_way](store::Database& db) -> Result<void> {
          for (const store::Job& job : *jobs)
            if (auto done = job(db); !done) return done;
          return {};
        },
        [self = shared_from_this()](const Result<void>& result) { self->finished(result); });
  }

  void finished(const Result<void>& result) {
    trouble = !result;
    if (!result && !result.error().may_pass) return refused(result.error().message);
    if (!result) {
      if (hooks.failed) hooks.failed(result.error().message);
      retry.expires_after(pause);
      pause = std::min(pause * 2, std::chrono::seconds(30));
      retry.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (!error) self->send();
      });
      return;
    }
    pause = std::chrono::seconds(1);
    under_way.reset();
    if (hooks.committed) hooks.committed();
    flush();
  }

  // For good. One job alone is the culprit; several are tried one by one.
  void refused(const std::string& message) {
    const auto jobs = std::exchange(under_way, nullptr);
    if (jobs->size() > 1) {
      one_by_one = jobs->size();
      waiting.insert(waiting.begin(), jobs->begin(), jobs->end());
    } else {
      if (hooks.lost) hooks.lost(message);
      const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
      waiting.push_back([logged = event(now, "record.lost", "", message)](store::Database& db) {
        // Refused as well: let go, or one mistake would breed the next without end.
        auto noted = store::append_event(db, logged);
        return !noted && noted.error().may_pass ? without_value(noted) : Result<void>();
      });
    }
    flush();
  }
};

Bookkeeper::Bookkeeper(boost::asio::io_context& io, store::Store& store, Hooks hooks)
    : impl_(std::make_shared<Impl>(io, store, std::move(hooks))) {}

Bookkeeper::~Bookkeeper() {
  impl_->hooks = {};
  impl_->retry.cancel();
}

void Bookkeeper::set_connectors(std::vector<std::string> names) {
  impl_->connectors = std::move(names);
}

void Bookkeeper::record(const Actions& actions, const Topology& topology) {
  for (const Action& action : actions) {
    if (const auto* incident = std::get_if<IncidentChanged>(&action.detail))
      impl_->waiting.push_back(job_for(*incident, action.at, topology, impl_->connectors));
    else if (const auto* degradation = std::get_if<DegradationChanged>(&action.detail))
      impl_->waiting.push_back(job_for(*degradation, action.at, topology));
    else if (const auto* complaint = std::get_if<ComplaintAttached>(&action.detail))
      impl_->waiting.push_back(job_for(*complaint, action.at));
  }
  impl_->flush();
}

void Bookkeeper::record_event(Timestamp at, std::string kind, std::string subject, std::string reason) {
  auto logged = event(at, std::move(kind), std::move(subject), std::move(reason));
  impl_->waiting.push_back([logged = std::move(logged)](store::Database& db) {
    return without_value(store::append_event(db, logged));
  });
  impl_->flush();
}

std::size_t Bookkeeper::pending() const {
  return impl_->waiting.size() + (impl_->under_way ? impl_->under_way->size() : 0);
}

bool Bookkeeper::in_trouble() const {
  return impl_->trouble;
}

}  // namespace faultline::app
