// Works out what rules/foresee says of the network, on request: reads the past from the store on its reader
// thread, then looks at the endpoints on the main loop in slices of a few milliseconds, so that rounds and
// requests pass in between. What was worked out stands for foresee.refresh; several requests share one run.
// Belongs to the main loop.
#pragma once

#include "daemon/app/services.h"
#include "rules/foresee/survey.h"
#include "rules/foresee/usage.h"
#include "rules/model/result.h"

#include <functional>
#include <memory>
#include <vector>

namespace faultline::app {

class Foresight {
 public:
  using Outlook = std::shared_ptr<const foresee::Outlook>;
  using Reply = std::function<void(Result<Outlook>)>;
  using UsageReply = std::function<void(Result<std::vector<foresee::AreaUsage>>)>;

  explicit Foresight(Services& services) : services_(services) {}
  Foresight(const Foresight&) = delete;
  Foresight& operator=(const Foresight&) = delete;

  // At once if what is there is young enough and of this topology, else when it is worked out. The error: the
  // store's.
  void outlook(Reply reply);
  void usage(std::vector<NodeIndex> areas, UsageReply reply);

 private:
  struct Run;
  struct UsageRun;
  void start();
  void slice(const std::shared_ptr<Run>& run);
  void end(Result<Outlook> result);
  void slice(const std::shared_ptr<UsageRun>& run);

  Services& services_;
  Outlook latest_;
  std::shared_ptr<const Topology> topology_;  // that latest_ speaks of, as is the next
  std::shared_ptr<const RuleSet> rules_;
  std::vector<Reply> waiting_;  // for the run under way; empty: there is none
};

}  // namespace faultline::app
