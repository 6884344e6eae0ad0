#include "daemon/app/alarms.h"

#include "daemon/alarms/targets.h"
#include "daemon/store/alarms.h"
#include "probes/async/clock.h"

#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace faultline::app {
namespace {

using alarms::Fate;

// What an operator can do about it; empty: nothing is wrong.
std::string_view remedy_of(Fate fate) {
  switch (fate) {
    case Fate::no_kind:
      return "add a rule with its kind to alarms.rules";
    case Fate::no_target:
      return "add the name to the inventory, or a rule that finds it to alarms.rules";
    case Fate::full:
      return "clear what is over, or shorten alarms.expire";
    case Fate::refused:
      return "mend the sender, or what alarms.traps says of its traps";
    default:
      return {};
  }
}

// One line of each kind a minute: ten thousand alarms of a system that is not mapped are one mistake.
class AlarmLog {
 public:
  void note(alarms::Source source, Fate fate, const std::string& about) {
    const std::string_view remedy = remedy_of(fate);
    if (remedy.empty()) return;
    Last& last = lasts_[static_cast<std::size_t>(source)][static_cast<std::size_t>(fate)];
    const Timestamp now = wall_now();
    if (now - last.at < std::chrono::minutes(1)) {
      ++last.unsaid;
      return;
    }
    spdlog::warn("alarm.not_used source={} reason={} alarm=\"{}\" since_then={} action=\"{}\"", name(source),
                 name(fate), about, last.unsaid, remedy);
    last = {now, 0};
  }

 private:
  struct Last {
    Timestamp at{};
    std::uint64_t unsaid = 0;
  };
  std::array<std::array<Last, alarms::kFateNames.size()>, alarms::kSourceNames.size()> lasts_;
};

}  // namespace

Result<void> start_alarms(Services& services) {
  auto stored = services.store->query_now([](store::Database& db) { return store::list_alarms(db); });
  if (!stored) return tl::make_unexpected(stored.error());
  alarms::DeskHooks hooks;
  hooks.now = wall_now;
  hooks.post = services.post;
  hooks.tell = [&services](const Alarm& alarm) { services.carry_out(services.pipeline->on(alarm)); };
  hooks.count = [&services, log = std::make_shared<AlarmLog>()](alarms::Source source, Fate fate,
                                                                const std::string& about) {
    services.metrics->alarm(name(source), name(fate));
    log->note(source, fate, about);
  };
  services.alarms = std::make_unique<alarms::Desk>(*services.store, std::move(hooks));
  configure_alarms(services);
  const std::size_t known = stored->size();
  services.alarms->restore(std::move(*stored));
  if (known > 0) spdlog::info("alarms.restored known={} on={}", known, services.alarms->open());
  return {};
}

void configure_alarms(Services& services) {
  const auto finder = std::make_shared<const alarms::TargetFinder>(services.setup.inventory);
  services.alarms->configure(
      services.setup.config.alarms,
      [finder](std::string_view text, alarms::Among among) { return finder->find(text, among); });
}

}  // namespace faultline::app
