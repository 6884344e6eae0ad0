// The alarms of other systems that are on: mapped, told to the rules, counted and kept. One and the same
// alarm may be told any number of times. The rules hear of it at once, since it is evidence and never a
// ticket; the sender is answered when it is on disk. What maps to nothing is kept too, so that a mended
// configuration finds it. Main loop only; the store posts back to it.
#pragma once

#include "daemon/alarms/mapping.h"
#include "daemon/store/alarms.h"
#include "daemon/store/store.h"
#include "rules/model/alarm.h"
#include "rules/model/result.h"
#include "rules/model/time.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::alarms {

// One message about an alarm.
struct Report {
  Source source = Source::tmf642;
  std::string id;  // unique within the source
  Timestamp raised{};
  bool cleared = false;
  std::string document;  // JSON object; its fields are those of Facts, nested ones with dots
};

// What became of it.
enum class Fate : std::uint8_t {
  raised,
  repeated,
  cleared,
  expired,
  unknown_clear,  // the end of an alarm that was not on
  ignored,        // by a rule
  no_kind,        // nothing says what kind it is
  no_target,      // nothing of the inventory is named as it says
  full,           // too many are on already
  refused         // it could not be read
};
inline constexpr std::array<std::string_view, 10> kFateNames = {
    "raised",  "repeated", "cleared",   "expired", "unknown_clear",
    "ignored", "no_kind",  "no_target", "full",    "refused"};
constexpr std::string_view name(Fate fate) {
  return kFateNames[static_cast<std::size_t>(fate)];
}

struct DeskLimits {
  std::size_t open = 50'000;                      // alarms that are on
  std::size_t document_bytes = 64 * 1024 * 1024;  // of all that are kept
  std::size_t cleared = 1000;                     // TMF642 alarms that are over and still shown
};

struct DeskHooks {
  std::function<Timestamp()> now;
  store::Poster post;                      // behind what waits on the main loop already
  std::function<void(const Alarm&)> tell;  // the pipeline
  // For metrics and log; `about` says in words which alarm, and what was looked for.
  std::function<void(Source, Fate, const std::string& about)> count;
};

class Desk {
 public:
  // `db` must outlive the desk.
  Desk(store::Store& db, DeskHooks hooks, DeskLimits limits = {});

  // What the last run knew. After configure(), before anything else.
  void restore(std::vector<store::StoredAlarm> stored);
  // Also maps anew what is known: at the start, and after a reload.
  void configure(Mapping mapping, FindTarget find);
  // Takes the reports in order, some at a time. `done` is called once, when all are on disk, with the fate of
  // each; never after the desk is gone.
  using Done = std::function<void(const std::vector<Fate>&, const Result<void>&)>;
  void submit(std::vector<Report> reports, Done done);
  // As if it had never been; its end is told if it was on. False: there is none.
  bool remove(Source source, const std::string& id, Done done);
  // A message that could not be read.
  void refuse(Source source, const std::string& about) { hooks_.count(source, Fate::refused, about); }
  // Ends what was not told again for too long. Every second or so.
  void tick();

  struct Entry {
    Report report;
    Timestamp changed{};
    std::optional<Timestamp> cleared;
    std::optional<Alarm> told;  // what the rules believe: on, and what it means
  };
  const Entry* find(Source source, const std::string& id) const;
  // Of one source by id.
  const std::map<std::string, Entry>& all(Source source) const {
    return entries_[static_cast<std::size_t>(source)];
  }
  std::size_t open() const { return open_; }

 private:
  struct Work;
  std::map<std::string, Entry>& of(Source source) { return entries_[static_cast<std::size_t>(source)]; }
  void run(const std::shared_ptr<Work>& work);
  void save(const std::vector<std::pair<Source, std::string>>& changed,
            std::function<void(Result<void>)> done);
  Fate take(Report report, std::vector<std::pair<Source, std::string>>& changed);
  Fate raise(Report report);
  Fate clear(Report report);
  Fate apply(Entry& entry, std::string& about);  // maps it and tells the rules the difference
  void tell_end(Entry& entry);
  void erase(Source source, const std::string& id);
  std::vector<std::string> drop_old_cleared();

  store::Store& db_;
  DeskHooks hooks_;
  DeskLimits limits_;
  Mapping mapping_;
  FindTarget find_;
  std::array<std::map<std::string, Entry>, kSourceNames.size()> entries_;
  std::deque<std::string> cleared_;  // ids of TMF642 alarms that are over, oldest first
  std::size_t open_ = 0, bytes_ = 0;
  Timestamp looked_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// A JSON object as flat fields: {"a": {"b": 1}} is a.b = "1". Lists and nulls are left out; at most 256
// fields of 4 levels.
Fields flat(std::string_view document);

}  // namespace faultline::alarms
