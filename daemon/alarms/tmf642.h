// Alarms over HTTP by TMF642 v4: create, patch, delete, get, list, and the task that clears by pattern. The
// HTTP server mounts it at kTmf642Path and has checked the caller's role. Main loop only; answers when what
// was changed is on disk.
//
// POST …/alarm          201. Needed: alarmType, perceivedSeverity, probableCause, alarmedObject with its id,
//     sourceSystemId, state, alarmRaisedTime. id and href are given here. The same alarm again (the same
//     externalAlarmId of the same sourceSystemId; without one, the same object, type, cause and specific
//     problem) while it is on: 201 with the one that is known if it says the same, else 409; with state or
//     severity cleared it ends that one.
// PATCH …/alarm/{id}    JSON merge patch (RFC 7386); state or severity cleared ends it, for good (409)
// DELETE …/alarm/{id}   204, as if it had never been
// GET …/alarm           newest first; fields, offset, limit, and any attribute as a filter ("state=raised",
//     "alarmedObject.id=a,b"). X-Total-Count, X-Result-Count
// POST …/clearAlarms    201; ends every alarm that has all attributes of one of its alarmPattern
// GET …/clearAlarms     the latest 100 tasks
// Errors have TMF's body {code, reason, message, status}.
#pragma once

#include "daemon/alarms/desk.h"
#include "rules/model/time.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace faultline::alarms {

inline constexpr std::string_view kTmf642Path = "/tmf-api/alarmManagement/v4";
inline constexpr std::size_t kMostTasks = 100;

struct TmfAlarmRequest {
  std::string method;                                     // "GET"
  std::string resource;                                   // "alarm" or "clearAlarms"
  std::string id;                                         // decoded; empty: the collection
  std::map<std::string, std::string, std::less<>> query;  // decoded
  std::string body;
};
struct TmfAlarmAnswer {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // JSON; empty: none
};

class Tmf642 {
 public:
  // `desk` must outlive it and have been restored.
  Tmf642(Desk& desk, std::function<Timestamp()> now);
  using Reply = std::function<void(TmfAlarmAnswer)>;
  // Calls `reply` exactly once, at once or later, never after the desk is gone.
  void handle(const TmfAlarmRequest& request, Reply reply);

 private:
  struct Task {
    std::string id, document;
  };
  void create(const TmfAlarmRequest& request, Reply reply);
  void patch(const TmfAlarmRequest& request, Reply reply);
  void remove(const TmfAlarmRequest& request, const Reply& reply);
  void clear_by_pattern(const TmfAlarmRequest& request, Reply reply);
  TmfAlarmAnswer list(const TmfAlarmRequest& request) const;
  TmfAlarmAnswer get(const TmfAlarmRequest& request) const;
  TmfAlarmAnswer tasks(const TmfAlarmRequest& request) const;
  std::string new_id();
  // The alarm that is on and is the same by `identity`; null: none.
  const Desk::Entry* find_same(const std::string& identity) const;
  void remember(const std::string& identity, const std::string& id);

  Desk& desk_;
  std::function<Timestamp()> now_;
  std::int64_t last_id_ = 0;
  std::unordered_map<std::string, std::string> ids_;  // by identity; may name one that is over or gone
  std::deque<Task> tasks_;                            // oldest first
};

}  // namespace faultline::alarms
