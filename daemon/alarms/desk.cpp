#include "daemon/alarms/desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace faultline::alarms {
namespace {

constexpr std::size_t kAtATime = 100;  // some milliseconds of the main loop

using Changed = std::vector<std::pair<Source, std::string>>;

bool same(const Alarm& a, const Alarm& b) {
  return a.kind == b.kind && a.node == b.node && a.endpoint == b.endpoint;
}

Source source_of(std::string_view text) {
  const auto found = std::find(kSourceNames.begin(), kSourceNames.end(), text);
  return static_cast<Source>(found == kSourceNames.end() ? 0 : found - kSourceNames.begin());
}

}  // namespace

struct Desk::Work {
  std::vector<Report> reports;
  std::vector<Fate> fates;
  Changed changed;
  Done done;
};

Desk::Desk(store::Store& db, DeskHooks hooks, DeskLimits limits)
    : db_(db), hooks_(std::move(hooks)), limits_(limits) {}

void Desk::restore(std::vector<store::StoredAlarm> stored) {
  for (store::StoredAlarm& row : stored) {
    const Source source = source_of(row.source);
    Entry entry{{source, row.id, row.raised, row.cleared.has_value(), std::move(row.document)},
                row.changed,
                row.cleared,
                std::nullopt};
    bytes_ += entry.report.document.size();
    std::string about;
    if (row.cleared) {
      cleared_.push_back(row.id);
    } else {
      ++open_;
      apply(entry, about);
    }
    of(source).insert_or_assign(row.id, std::move(entry));
  }
}

void Desk::configure(Mapping mapping, FindTarget find) {
  mapping_ = std::move(mapping);
  find_ = std::move(find);
  std::string about;
  for (auto& entries : entries_)
    for (auto& [id, entry] : entries)
      if (!entry.cleared) apply(entry, about);
}

void Desk::submit(std::vector<Report> reports, Done done) {
  auto work = std::make_shared<Work>();
  work->reports = std::move(reports);
  work->done = std::move(done);
  run(work);
}

void Desk::run(const std::shared_ptr<Work>& work) {
  for (std::size_t n = 0; n < kAtATime && work->fates.size() < work->reports.size(); ++n)
    work->fates.push_back(take(std::move(work->reports[work->fates.size()]), work->changed));
  if (work->fates.size() < work->reports.size())
    return hooks_.post([this, work, alive = std::weak_ptr(alive_)] {
      if (alive.lock()) run(work);
    });
  save(work->changed, [work](const Result<void>& result) { work->done(work->fates, result); });
}

// As it is now: a later change of the same alarm is saved by a later job.
void Desk::save(const Changed& changed, std::function<void(Result<void>)> done) {
  if (changed.empty()) return done({});
  std::vector<store::StoredAlarm> saved;
  Changed removed;
  for (const auto& [source, id] : changed) {
    if (const Entry* entry = find(source, id))
      saved.push_back({std::string(name(source)), id, entry->report.raised, entry->changed, entry->cleared,
                       entry->report.document});
    else
      removed.emplace_back(source, id);
  }
  db_.write(
      [saved = std::move(saved), removed = std::move(removed)](store::Database& db) -> Result<void> {
        for (const store::StoredAlarm& alarm : saved)
          if (auto written = store::save_alarm(db, alarm); !written) return written;
        for (const auto& [source, id] : removed)
          if (auto written = store::remove_alarm(db, name(source), id); !written) return written;
        return {};
      },
      [done = std::move(done), alive = std::weak_ptr(alive_)](const Result<void>& result) {
        if (alive.lock()) done(result);
      });
}

Fate Desk::take(Report report, Changed& changed) {
  const Source source = report.source;
  const std::string id = report.id;
  const Fate fate = report.cleared ? clear(std::move(report)) : raise(std::move(report));
  if (fate == Fate::full) return fate;
  changed.emplace_back(source, id);
  for (std::string& old : drop_old_cleared()) changed.emplace_back(Source::tmf642, std::move(old));
  return fate;
}

Fate Desk::raise(Report report) {
  const Source source = report.source;
  const std::string id = report.id;
  auto& entries = of(source);
  auto known = entries.find(id);
  const bool is_new = known == entries.end();
  const std::size_t before = is_new ? 0 : known->second.report.document.size();
  if ((is_new && open_ >= limits_.open) ||
      bytes_ - before + report.document.size() > limits_.document_bytes) {
    hooks_.count(source, Fate::full, id);
    return Fate::full;
  }
  if (is_new) {
    known = entries.emplace(id, Entry{}).first;
    ++open_;
  }
  Entry& entry = known->second;
  bytes_ += report.document.size() - before;
  if (entry.cleared) {
    entry.cleared.reset();
    ++open_;
    std::erase(cleared_, id);
  }
  entry.report = std::move(report);
  entry.changed = hooks_.now();
  std::string about;
  const Fate fate = apply(entry, about);
  if (fate == Fate::ignored) erase(source, id);
  hooks_.count(source, fate, about);
  return fate;
}

Fate Desk::clear(Report report) {
  const Source source = report.source;
  const std::string id = report.id;
  const Entry* known = find(source, id);
  const Fate fate = known == nullptr ? Fate::unknown_clear : known->cleared ? Fate::repeated : Fate::cleared;
  erase(source, id);
  if (source == Source::tmf642) {  // shows the end of an alarm, too; of the others nobody asks any more
    const Timestamp now = hooks_.now();
    bytes_ += report.document.size();
    of(source).emplace(id, Entry{std::move(report), now, now, std::nullopt});
    cleared_.push_back(id);
  }
  hooks_.count(source, fate, id);
  return fate;
}

Fate Desk::apply(Entry& entry, std::string& about) {
  const Report& report = entry.report;
  about = report.id;
  if (!find_) return Fate::no_target;
  const Mapped mapped = map(mapping_, facts_of(report.source, flat(report.document)), find_);
  if (mapped.verdict != Verdict::mapped) {
    tell_end(entry);
    if (mapped.verdict == Verdict::ignored) return Fate::ignored;
    if (mapped.verdict == Verdict::no_kind) return Fate::no_kind;
    about = fmt::format("{} ({})", report.id,
                        mapped.looked_for.empty() ? "no field names it" : mapped.looked_for);
    return Fate::no_target;
  }
  Alarm alarm;
  alarm.id = fmt::format("{}/{}", name(report.source), report.id);
  alarm.raised = report.raised;
  alarm.kind = mapped.kind;
  alarm.node = mapped.target.node;
  alarm.endpoint = mapped.target.endpoint;
  if (entry.told && same(*entry.told, alarm)) return Fate::repeated;
  hooks_.tell(alarm);
  entry.told = std::move(alarm);
  return Fate::raised;
}

void Desk::tell_end(Entry& entry) {
  if (!entry.told) return;
  entry.told->cleared = true;
  hooks_.tell(*entry.told);
  entry.told.reset();
}

void Desk::erase(Source source, const std::string& id) {
  const auto known = of(source).find(id);
  if (known == of(source).end()) return;
  tell_end(known->second);
  bytes_ -= known->second.report.document.size();
  if (known->second.cleared)
    std::erase(cleared_, id);
  else
    --open_;
  of(source).erase(known);
}

std::vector<std::string> Desk::drop_old_cleared() {
  std::vector<std::string> dropped;
  while (cleared_.size() > limits_.cleared) {
    dropped.push_back(cleared_.front());
    erase(Source::tmf642, dropped.back());  // takes it out of the list, too
  }
  return dropped;
}

bool Desk::remove(Source source, const std::string& id, Done done) {
  if (find(source, id) == nullptr) return false;
  erase(source, id);
  save({{source, id}}, [done = std::move(done)](const Result<void>& result) { done({}, result); });
  return true;
}

void Desk::tick() {
  const Timestamp now = hooks_.now();
  if (now - looked_ < std::chrono::minutes(1)) return;
  looked_ = now;
  Changed over;
  for (const auto& entries : entries_)
    for (const auto& [id, entry] : entries)
      if (now - entry.changed > mapping_.expire) over.emplace_back(entry.report.source, id);
  for (const auto& [source, id] : over) {
    if (!find(source, id)->cleared) hooks_.count(source, Fate::expired, id);
    erase(source, id);
  }
  save(over, [](const Result<void>&) {});
}

const Desk::Entry* Desk::find(Source source, const std::string& id) const {
  const auto found = all(source).find(id);
  return found == all(source).end() ? nullptr : &found->second;
}

}  // namespace faultline::alarms
