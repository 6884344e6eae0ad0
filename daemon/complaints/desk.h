// The way of a complaint through the daemon: read, stored, told to the rules, answered. It is acknowledged
// after it is on disk, and the rules hear of it once, however often it is sent. Main loop only; the store
// posts back to it.
#pragma once

#include "daemon/complaints/answer.h"
#include "daemon/complaints/intake.h"
#include "daemon/store/store.h"
#include "rules/model/complaint.h"
#include "rules/model/result.h"
#include "rules/model/time.h"
#include "rules/model/topology.h"
#include "rules/pipeline.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace faultline::complaints {

// What the desk needs of the program; all called on the main loop.
struct DeskHooks {
  std::function<Timestamp()> now;
  store::Poster post;  // behind what waits on the main loop already
  std::function<std::shared_ptr<const Topology>()> topology;
  // A complaint that is new and on disk: hand it to the pipeline and carry out its actions.
  std::function<void(const Complaint&)> accepted;
  std::function<ComplaintAnswer(const Complaint&)> answer;  // Pipeline::answer
  std::function<Surroundings()> surroundings;
};

class Desk {
 public:
  // `db` must outlive the desk.
  Desk(store::Store& db, DeskHooks hooks, IntakeLimits limits = {});
  // Calls `done` exactly once, at once or later; never after the desk is gone.
  void submit(const std::string& body, std::function<void(IntakeReply)> done);

  // How many complaints had each ItemResult since the start.
  const std::array<std::uint64_t, kItemResultNames.size()>& counts() const { return counts_; }

 private:
  struct Work;
  void stored(const std::shared_ptr<Work>& work, const Result<void>& result);
  void tell(const std::shared_ptr<Work>& work);
  void answer(const std::shared_ptr<Work>& work);
  void later(std::shared_ptr<Work> work, void (Desk::*step)(const std::shared_ptr<Work>&));

  store::Store& db_;
  DeskHooks hooks_;
  IntakeLimits limits_;
  std::array<std::uint64_t, kItemResultNames.size()> counts_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

struct Kept {
  ItemResult result = ItemResult::accepted;  // accepted, repeated or conflict
  store::StoredComplaint complaint;          // the one that is in the store
};
// One complaint into the store, inside a job.
Result<Kept> keep(store::Database& db, const store::StoredComplaint& complaint);

}  // namespace faultline::complaints
