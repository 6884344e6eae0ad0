#include "probes/packet/engine.h"

#include "probes/packet/channel_set.h"
#include "probes/packet/random_key.h"
#include "probes/packet/spread.h"
#include "probes/packet/target_list.h"
#include "probes/packet/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace faultline::packet {
namespace {

// From set_targets to the first start, so that the shards have taken the list in by then.
constexpr Nanos kLead = 30'000'000;
constexpr Nanos kLeadPerTarget = 1'000;
constexpr std::size_t kMostSettings = 60'000;

Nanos nanos(Duration d) {
  return std::chrono::nanoseconds(d).count();
}

}  // namespace

struct Engine::Impl {
  struct KnownSettings {
    std::shared_ptr<const PacketSettings> values;
    std::uint32_t joiners = 0;  // targets that joined after the first list
    bool running = false;
  };

  Impl(EngineOptions asked, const RoundSink& sink)
      : options(std::move(asked)),
        key(random_key()),
        list(static_cast<std::uint8_t>(options.shards), options.bursts_at_once, key) {
    for (unsigned i = 0; i < options.shards; ++i) {
      workers.push_back(std::make_unique<Worker>(i, options, sink, key));
      channels.emplace_back(*workers.back(), options.receive_buffer_bytes, key, options.early_sockets);
    }
  }

  Result<std::vector<std::uint16_t>> number_settings(std::span<const PacketSettings> settings);
  Result<std::uint16_t> number(const PacketSettings& settings);
  std::vector<TargetList::Wanted> wanted(std::span<const PacketTarget> targets,
                                         const std::vector<std::uint16_t>& numbers);
  void reserve(const std::vector<ListedTarget>& added, std::vector<std::vector<Command>>& commands);
  void post_difference(const TargetList::Difference& difference);
  std::vector<Nanos> first_starts(const std::vector<ListedTarget>& added);

  EngineOptions options;
  wire::SipKey key;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<ChannelSet> channels;  // by worker
  std::vector<KnownSettings> known;
  TargetList list;
  std::unordered_map<EndpointIndex, IpAddress> resolved;  // what set_address brought
  std::uint64_t sequences = 0;
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::start(EngineOptions options, const RoundSink& sink) {
  if (options.shards < 1 || options.shards > 64) return fail("packet shards: 1 to 64 are possible");
  return std::unique_ptr<Engine>(new Engine(std::make_unique<Impl>(std::move(options), sink)));
}

// Equal settings have one number for good, so that "the same settings" is "the same number".
Result<std::uint16_t> Engine::Impl::number(const PacketSettings& settings) {
  for (std::size_t i = 0; i < known.size(); ++i)
    if (*known[i].values == settings) return static_cast<std::uint16_t>(i);
  if (known.size() >= kMostSettings)
    return fail("too many different probe settings; restart to free earlier ones");
  const auto values = std::make_shared<const PacketSettings>(settings);
  std::vector<std::vector<Command>> commands(workers.size());
  Result<void> done;
  for (std::size_t i = 0; i < workers.size() && done; ++i) done = channels[i].prepare(values, commands[i]);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (!done && !commands[i].empty()) commands[i].pop_back();  // sockets may stay, the settings do not count
    if (!commands[i].empty()) workers[i]->post(std::move(commands[i]));
  }
  if (!done) return tl::make_unexpected(done.error());
  known.push_back({.values = values});
  return static_cast<std::uint16_t>(known.size() - 1);
}

Result<std::vector<std::uint16_t>> Engine::Impl::number_settings(std::span<const PacketSettings> settings) {
  std::vector<std::uint16_t> numbers;
  for (const auto& one : settings) {
    const auto number_of_one = number(one);
    if (!number_of_one) return tl::make_unexpected(number_of_one.error());
    numbers.push_back(*number_of_one);
  }
  return numbers;
}

std::vector<TargetList::Wanted> Engine::Impl::wanted(std::span<const PacketTarget> targets,
                                                     const std::vector<std::uint16_t>& numbers) {
  std::vector<TargetList::Wanted> all;
  all.reserve(targets.size());
  for (const auto& target : targets) {
    const auto number_of_settings = numbers.at(target.settings);
    all.push_back({.endpoint = target.endpoint,
                   .kind = known[number_of_settings].values->kind,
                   .settings = number_of_settings,
                   .address = target.address});
    if (target.address) resolved.erase(target.endpoint);
  }
  return all;
}

// The first list of a setting is spread exactly; who joins later fills the gaps.
std::vector<Nanos> Engine::Impl::first_starts(const std::vector<ListedTarget>& added) {
  const auto begin = steady_now() + kLead + kLeadPerTarget * static_cast<Nanos>(added.size());
  std::vector<std::uint32_t> counts(known.size()), places(known.size());
  for (const auto& target : added) ++counts[target.settings];
  std::vector<Nanos> starts;
  starts.reserve(added.size());
  for (const auto& target : added) {
    auto& settings = known[target.settings];
    const auto interval = nanos(settings.values->interval);
    const auto offset = settings.running
                            ? late_joiner_offset(settings.joiners++, interval)
                            : spread_offset(places[target.settings]++, counts[target.settings], interval);
    starts.push_back(begin + offset);
  }
  for (const auto& target : added) known[target.settings].running = true;
  return starts;
}

void Engine::Impl::reserve(const std::vector<ListedTarget>& added,
                           std::vector<std::vector<Command>>& commands) {
  for (std::size_t i = 0; i < workers.size(); ++i) {
    std::uint32_t slots = 0;
    std::size_t packets = 0;
    for (const auto& target : added) {
      if (target.shard != i) continue;
      slots = std::max(slots, target.slot + 1);
      packets += known[target.settings].values->packets;
    }
    commands[i].emplace_back([slots, packets](Shard& shard) { shard.reserve(slots, packets); });
  }
}

void Engine::Impl::post_difference(const TargetList::Difference& difference) {
  std::vector<std::vector<Command>> commands(workers.size());
  for (const auto& target : difference.removed)
    commands[target.shard].emplace_back(RemoveTarget{target.slot});
  for (const auto& [target, address] : difference.moved)
    commands[target.shard].emplace_back(ChangeAddress{target.slot, address});
  reserve(difference.added, commands);
  const auto starts = first_starts(difference.added);
  for (std::size_t i = 0; i < difference.added.size(); ++i) {
    const auto& target = difference.added[i];
    NewTarget added{.endpoint = target.endpoint,
                    .settings = target.settings,
                    .address = difference.added_wanted[i].address,
                    .first_start = starts[i],
                    .first_sequence = static_cast<std::uint32_t>(wire::siphash_2_4(key, ++sequences, 0))};
    if (const auto found = resolved.find(target.endpoint); !added.address && found != resolved.end())
      added.address = found->second;
    commands[target.shard].emplace_back(AddTarget{target.slot, added});
  }
  for (std::size_t i = 0; i < workers.size(); ++i)
    if (!commands[i].empty()) workers[i]->post(std::move(commands[i]));
}

Result<void> Engine::set_targets(std::span<const PacketSettings> settings,
                                 std::span<const PacketTarget> targets) {
  const auto numbers = impl_->number_settings(settings);
  if (!numbers) return tl::make_unexpected(numbers.error());
  impl_->post_difference(impl_->list.replace(impl_->wanted(targets, *numbers)));
  return {};
}

void Engine::set_address(EndpointIndex endpoint, std::optional<IpAddress> address) {
  if (address)
    impl_->resolved.insert_or_assign(endpoint, *address);
  else
    impl_->resolved.erase(endpoint);
  impl_->list.set_address(endpoint, address);
  for (const auto& target : impl_->list.of(endpoint)) {
    std::vector<Command> commands;
    commands.emplace_back(ChangeAddress{target.slot, address});
    impl_->workers[target.shard]->post(std::move(commands));
  }
}

bool Engine::burst(EndpointIndex endpoint, ProbeKindIndex kind, BurstPlan plan) {
  const auto* target = impl_->list.find(endpoint, kind);
  if (target == nullptr || plan.first < 1) return false;
  std::vector<Command> commands;
  commands.emplace_back(StartBurst{target->slot, plan});
  impl_->workers[target->shard]->post(std::move(commands));
  return true;
}

EngineStats Engine::stats() const {
  EngineStats sum;
  for (const auto& worker : impl_->workers) sum += worker->stats();
  sum.bytes += impl_->list.bytes();
  return sum;
}

void Engine::stop() {
  for (auto& worker : impl_->workers) worker->stop();
}

}  // namespace faultline::packet
