#include "daemon/replay/replay.h"

#include "daemon/replay/input.h"
#include "daemon/replay/output.h"
#include "rules/pipeline.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace faultline::replay {
namespace {

namespace json = boost::json;

class Player {
 public:
  Player(std::ostream& out, std::shared_ptr<const RuleSet> rules, std::shared_ptr<const Topology> topology)
      : out_(out), rules_(std::move(rules)) {
    if (topology) start(std::move(topology));
  }

  Result<void> take(const json::object& line) {
    const auto* type = line.if_contains("type");
    const std::string_view kind =
        type != nullptr && type->is_string() ? std::string_view(type->get_string()) : std::string_view();
    ++summary.inputs;
    if (kind == "inventory") return take_inventory(line);
    if (!pipeline_) return fail("an inventory must come first");
    if (kind == "round") return pass(read_round(line, *topology_), [](const Round& r) { return r.finished; });
    if (kind == "complaint")
      return pass(read_complaint(line, *topology_), [](const Complaint& c) { return c.received; });
    if (kind == "alarm") return pass(read_alarm(line, *topology_), [](const Alarm& a) { return a.raised; });
    if (kind == "tick") return pass(read_tick(line), [](const Tick& t) { return t.at; });
    if (kind == "maintenance") return take_maintenance(line);
    return fail(
        fmt::format("type: \"{}\" is none of inventory, round, complaint, alarm, maintenance, tick", kind));
  }

  Summary summary;

 private:
  void start(std::shared_ptr<const Topology> topology) {
    topology_ = std::move(topology);
    if (pipeline_)
      pipeline_->set_topology(topology_);
    else
      pipeline_.emplace(topology_, rules_);
  }

  Result<void> take_inventory(const json::object& line) {
    auto topology = read_inventory(line, topology_.get());
    if (!topology) return tl::make_unexpected(topology.error());
    start(std::move(*topology));
    return {};
  }

  Result<void> take_maintenance(const json::object& line) {
    auto window = read_maintenance(line, *topology_);
    if (!window) return tl::make_unexpected(window.error());
    windows_.push_back(std::move(*window));
    pipeline_->set_maintenance(windows_);
    return {};
  }

  template <typename Input, typename TimeOf>
  Result<void> pass(Result<Input> input, TimeOf time_of) {
    if (!input) return tl::make_unexpected(input.error());
    const Timestamp at = time_of(*input);
    if (at + std::chrono::hours(1) < latest_) return fail("the time goes back by more than an hour");
    latest_ = std::max(latest_, at);
    for (const Action& action : pipeline_->on(*input)) {
      out_ << write(action, *topology_) << '\n';
      ++summary.actions;
    }
    return {};
  }

  std::ostream& out_;
  std::shared_ptr<const RuleSet> rules_;
  std::shared_ptr<const Topology> topology_;
  std::optional<Pipeline> pipeline_;
  std::vector<Maintenance> windows_;
  Timestamp latest_{};
};

}  // namespace

Result<Summary> replay(std::istream& in, std::ostream& out, std::shared_ptr<const RuleSet> rules,
                       std::shared_ptr<const Topology> topology) {
  Player player(out, std::move(rules), std::move(topology));
  std::string text;
  for (std::uint64_t number = 1; std::getline(in, text); ++number) {
    if (text.size() > kMaxLineBytes)
      return fail(fmt::format("line {}: more than {} bytes", number, kMaxLineBytes));
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    json::error_code failed;
    const json::value line = json::parse(text, failed);
    if (failed) return fail(fmt::format("line {}: no JSON: {}", number, failed.message()));
    if (!line.is_object()) return fail(fmt::format("line {}: an object is expected", number));
    if (auto taken = player.take(line.get_object()); !taken)
      return fail(fmt::format("line {}: {}", number, taken.error().message));
  }
  if (!out) return fail("the output cannot be written");
  return player.summary;
}

}  // namespace faultline::replay
