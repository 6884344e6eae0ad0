// Thousands of random faults, recoveries, complaints and restarts through the whole pipeline: what must hold
// whatever happens. A failure names its seed; the story is the same every time.
#include "tests/scenarios/player.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace faultline::scenarios {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int kSteps = 500;  // thirty times as slow
#else
constexpr int kSteps = 2000;
#endif
constexpr int kRings = 4, kSites = 5, kSectors = 3, kZones = 3;

class Walk {
 public:
  explicit Walk(unsigned seed) : random_(seed) {}

  std::string text() {
    std::string lines = fmt::format("# A random walk\ncity rings={} sites={} sectors={} zones={}\n", kRings,
                                    kSites, kSectors, kZones);
    std::string events;
    for (int step = 0; step < kSteps; ++step) {
      seconds_ += 2 + static_cast<int>(below(40));
      // Now and then it is quiet for long: everything ends.
      if (step % 250 == 249) {
        events += line(fmt::format("restore core"));
        seconds_ += 7200;
      }
      events += line(what_happens());
    }
    events += line("restore core") + line("probe_host well");
    const int end = seconds_ + 3 * 3600;
    lines += fmt::format("00:00 round * every=10s until={}s\n", end) + events;
    return lines + fmt::format("{:02}:{:02} end\n----\n", end / 60, end % 60);
  }

 private:
  std::size_t below(std::size_t count) { return random_() % count; }
  std::string line(const std::string& what) const {
    return fmt::format("{:02}:{:02} {}\n", seconds_ / 60, seconds_ % 60, what);
  }

  std::string cell() {
    return fmt::format("cell-{}-{}-{}", 1 + below(kRings), 1 + below(kSites), 1 + below(kSectors));
  }
  std::string place() {
    const std::size_t dice = below(100);
    if (dice < 1) return "core";
    if (dice < 10) return fmt::format("agg-{}", 1 + below(kRings));
    if (dice < 16) return fmt::format("zone-{}", 1 + below(kZones));
    if (dice < 50) return fmt::format("site-{}-{}", 1 + below(kRings), 1 + below(kSites));
    return cell();
  }
  std::string fault() {
    static const std::vector<std::string> kinds = {"loss=1",     "loss=1",      "loss=1",
                                                   "loss=0.3",   "rtt=90",      "loss=1 part=0.6",
                                                   "silent=yes", "measured=no", "loss=0.02"};
    return fmt::format("fault {} {}", place(), kinds[below(kinds.size())]);
  }
  std::string what_happens() {
    const std::size_t dice = below(1000);
    if (dice < 250) return fault();
    if (dice < 520) return fmt::format("restore {}", place());
    if (dice < 560) return "restore core";
    if (dice < 900) return fmt::format("complaint near={} customer={}", cell(), below(400));
    if (dice < 940) return "restart";
    if (dice < 955) return "probe_host sick";
    if (dice < 960) return "probe_host blind";
    if (dice < 985) return "probe_host well";
    if (dice < 990) return "reload";
    return fmt::format("maintenance M-{} {} from={}s until={}s", ++windows_, place(), seconds_ + 5,
                       seconds_ + 200);
  }

  std::mt19937 random_;
  int seconds_ = 60;
  int windows_ = 0;
};

bool may_become(std::optional<IncidentState> from, IncidentState to) {
  using enum IncidentState;
  static const std::set<std::pair<IncidentState, IncidentState>> legal = {
      {suspected, open}, {suspected, withdrawn}, {open, recovering},   {open, resolved},
      {open, merged},    {recovering, open},     {recovering, merged}, {recovering, resolved},
      {resolved, open},  {resolved, closed}};
  if (!from) return to == suspected || to == open;
  return *from == to ? to < closed && to != resolved : legal.contains({*from, to});
}

// What was told of one incident so far.
struct Past {
  std::optional<IncidentState> state;
  std::uint32_t revision = 0;
  bool opened = false;
  Timestamp onset{};
};

void check_change(const Told& told, Past& past, const std::string& text) {
  const Incident& incident = told.incident;
  EXPECT_TRUE(may_become(past.state, incident.state)) << text;
  EXPECT_GT(incident.revision, past.revision) << text;
  if (told.verb == "opened") {
    EXPECT_FALSE(past.opened) << text;
    past.opened = true;
  } else if (past.opened) {
    EXPECT_LE(incident.onset, past.onset) << "the onset moved: " << text;
  }
  EXPECT_TRUE(std::is_sorted(incident.affected.begin(), incident.affected.end())) << text;
  EXPECT_FALSE(incident.evidence.empty()) << text;
  past.state = incident.state;
  past.revision = incident.revision;
  past.onset = incident.onset;
}

class RandomWalk : public testing::TestWithParam<unsigned> {};

TEST_P(RandomWalk, BreaksNoPromise) {
  const std::string file = fmt::format("{}/walk-{}.scenario", testing::TempDir(), GetParam());
  std::ofstream(file) << Walk(GetParam()).text();
  const auto scenario = read_scenario(file);
  ASSERT_TRUE(scenario) << scenario.error().message;
  Player player(*scenario);
  player.play();
  for (const std::string& broken : player.broken()) ADD_FAILURE() << broken;

  std::map<IncidentNumber, Past> incidents;
  std::map<std::string, std::optional<IncidentNumber>> complaints;
  for (const Told& told : player.story()) {
    const std::string text = told.text(player.pipeline().topology());
    if (told.complaint.empty()) {
      check_change(told, incidents[told.incident.number], text);
      continue;
    }
    const auto now = told.verb == "attached" ? std::optional(told.incident.number) : std::nullopt;
    EXPECT_NE(complaints[told.complaint], now) << "told twice: " << text;
    complaints[told.complaint] = now;
  }
  std::size_t opened = 0;
  for (const auto& [number, past] : incidents) {
    opened += past.opened ? 1 : 0;
    EXPECT_GE(*past.state, IncidentState::resolved) << "FL-" << number << " never ended";
  }
  EXPECT_GT(opened, kSteps / 400U) << "the walk met too little";
  EXPECT_GT(complaints.size(), 5U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomWalk, testing::Values(35U, 41U, 43U));

}  // namespace
}  // namespace faultline::scenarios
