// Is it the network, or the probe host itself (algorithms A.8)? Watches the self-check that comes with each
// tick, and the share of scheduled rounds that are lost all at once. Says what to do; the pipeline does it.
#pragma once

#include "rules/model/decide_rules.h"
#include "rules/model/health.h"
#include "rules/model/index.h"
#include "rules/model/time.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace faultline::decide {

enum class HostState : std::uint8_t {
  well,
  doubted,  // too much is lost at once: nothing opens until a sample is measured again
  blind,    // the self-check fails: results count for nothing
  sick,     // for long enough to be told
};

struct HostVerdict {
  HostState state = HostState::well;
  bool became_blind = false;   // discard what was believed since `doubted_since`
  bool became_well = false;    // results count again
  bool sample_wanted = false;  // the mass guard asks for bursts of a sample
  bool accused = false;        // the sample was good: it was the host; discard
  Timestamp doubted_since{};
  std::string why;
};

class HostGuard {
 public:
  // A scheduled round; `lost` = nothing came back.
  void note_round(bool lost, Timestamp at);
  // A burst of an endpoint of the sample.
  void note_sample(EndpointIndex endpoint, bool good);
  void set_sample(std::span<const EndpointIndex> sample);

  // Can the suspects not be a mass loss, as `troubled` endpoints have become suspect or bad within the mass
  // window? Then on_tick may be told of none, which saves looking at all endpoints every second.
  bool is_quiet(std::size_t troubled, Timestamp now, const GuardRulesOfHost& rules) const;
  // `suspects`: endpoints that are suspect or bad since the mass window; `measured`: endpoints with results;
  // `aggregations`: aggregations with a suspect.
  HostVerdict on_tick(bool healthy, std::uint32_t suspects, std::uint32_t measured,
                      std::uint32_t aggregations, Timestamp now, const GuardRulesOfHost& rules);
  bool results_count() const { return state_ == HostState::well || state_ == HostState::doubted; }
  bool may_open() const { return state_ == HostState::well; }
  // It was blind until just now: what is known is older than that.
  bool is_settling(Timestamp now, const GuardRulesOfHost& rules) const {
    return well_since_ && now - *well_since_ < rules.settle;
  }
  HostState state() const { return state_; }
  // The clock was set back (rules/model/step_back.h).
  void set_back(Timestamp now, Duration by);

 private:
  struct Second {
    Timestamp at;
    std::uint32_t results = 0, lost = 0;
  };
  bool loses_much(const GuardRulesOfHost& rules) const;
  bool is_mass_loss(std::uint32_t suspects, std::uint32_t measured, std::uint32_t aggregations,
                    const GuardRulesOfHost& rules) const;
  void check_self(bool healthy, Timestamp now, const GuardRulesOfHost& rules, HostVerdict& verdict);
  void check_mass(bool is_mass, Timestamp now, HostVerdict& verdict);
  void weigh_sample(Timestamp now, const GuardRulesOfHost& rules, HostVerdict& verdict);

  HostState state_ = HostState::well;
  std::deque<Second> seconds_;
  std::uint32_t results_ = 0, lost_ = 0;  // of all of them
  std::optional<Timestamp> failing_since_, passing_since_, doubted_at_, well_since_;
  std::uint32_t measured_ = 0;  // as of the last count
  Timestamp counted_at_{};
  bool is_cleared_ = false;  // a mass loss was real: not doubted again while it lasts
  std::set<EndpointIndex> sample_;
  std::uint32_t good_ = 0, bad_ = 0;
  bool accused_ = false;
};

}  // namespace faultline::decide
