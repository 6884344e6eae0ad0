#include "probes/session/pm_file.h"

#include "probes/async/cancellation.h"
#include "probes/async/clock.h"
#include "probes/session/metric_options.h"
#include "probes/session/pm_directory.h"
#include "probes/session/shared_probe.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace faultline::session {
namespace {

namespace asio = boost::asio;

constexpr std::array kFixedOptions = {
    OptionSpec{"interval", OptionType::duration, "60s", 1, 86'400, "",
               "time between two looks into the directory"},
    OptionSpec{"timeout", OptionType::duration, "30s", 0.1, 300, "", "how long a look may take"},
    OptionSpec{"directory", OptionType::text, "", 0, 0, "", "absolute path of the directory with the files"},
    OptionSpec{"files", OptionType::text, "*.xml", 0, 0, "", "pattern of their names: * ? [a-z]"},
    OptionSpec{"format", OptionType::choice, "xml", 0, 0, "xml csv", "xml is 3GPP TS 32.435"},
    OptionSpec{"column", OptionType::text, "", 0, 0, "", "of csv: name of the column with the object's name"},
    OptionSpec{"object", OptionType::text, "", 0, 0, "",
               "kind of the last part of an object's name whose value is the endpoint's name, such as "
               "EUtranCellFDD; empty = the whole of it"},
    OptionSpec{"max_age", OptionType::duration, "1h", 60, 604'800, "",
               "files not changed for longer are not read: their values are no longer true"},
    OptionSpec{"max_bytes", OptionType::integer, "67108864", 1024, 1'073'741'824, "",
               "of a file; a longer one is not read"},
};
constexpr std::array kMetrics = {Metric::availability_ratio, Metric::drop_ratio, Metric::utilisation,
                                 Metric::rsrp_dbm, Metric::sinr_db};

// A look under way on the other thread. Lives as long as either side needs it.
struct Work {
  explicit Work(const asio::any_io_executor& executor) : done(executor) {}
  asio::steady_timer done;  // ends early when there is a look
  std::optional<PmLook> look;
};

class PmFileProbe : public SharedProbe {
 public:
  PmFileProbe(PmSettings settings, Duration interval)
      : SharedProbe(interval), directory_path_(settings.directory) {
    for (const auto& [metric, formula] : settings.formulas) metrics_.push_back(metric);
    directory_ = std::make_shared<PmDirectory>(std::move(settings));
  }

 private:
  asio::awaitable<bool> renew(const SessionTarget&, Duration time_limit) override {
    const auto executor = co_await asio::this_coro::executor;
    if (!work_) begin_look(executor);
    const auto work = work_;  // that of an earlier question, if that was given up
    if (!work->look) {
      work->done.expires_after(time_limit);
      const auto token = asio::as_tuple(asio::use_awaitable);
      co_await work->done.async_wait(token);
    }
    if (work->look) {
      work_.reset();
      take(std::move(*work->look));
      co_return true;
    }
    const bool cancelled = co_await is_cancelled();
    if (!cancelled) note(false);
    co_return !cancelled;
  }

  void begin_look(const asio::any_io_executor& executor) {
    if (!thread_) thread_ = std::make_unique<asio::thread_pool>(1);
    work_ = std::make_shared<Work>(executor);
    asio::post(*thread_, [executor, work = work_, directory = directory_]() mutable {
      PmLook look = directory->look(wall_now());
      asio::post(executor, [work = std::move(work), look = std::move(look)]() mutable {
        work->look = std::move(look);
        work->done.cancel();
      });
    });
  }

  void take(PmLook look) {
    note(look.is_readable);
    for (const std::string& problem : look.problems)
      spdlog::warn("pm_file.refused directory={} file=\"{}\"", directory_path_, problem);
    if (look.files > 0)
      spdlog::debug("pm_file.read directory={} files={} endpoints={}", directory_path_, look.files,
                    look.values.size());
    if (look.values.empty()) return;
    ++number_;
    for (auto& [name, values] : look.values) {
      News& news = news_[name];
      news.number = number_;
      news.values = values;
    }
  }

  void note(bool is_readable) {
    if (is_readable != is_readable_ && is_readable)
      spdlog::info("pm_file.readable directory={}", directory_path_);
    if (is_readable != is_readable_ && !is_readable)
      spdlog::warn("pm_file.unreadable directory={} action=\"looked at again\"", directory_path_);
    is_readable_ = is_readable;
  }

  void conclude(const SessionTarget& target, Round& round) override {
    const auto news = news_.find(target.name);
    std::uint64_t& told = told_[target.endpoint.value];
    round.reason = is_readable_ ? OutcomeReason::no_value : OutcomeReason::source_silent;
    if (news == news_.end() || news->second.number == told) return;
    told = news->second.number;
    for (std::size_t i = 0; i < metrics_.size(); ++i) round.add(metrics_[i], news->second.values[i]);
    round.outcome = Outcome::ok;
    round.reason = OutcomeReason::none;
  }

  struct News {
    std::uint64_t number = 0;  // of the look that it is from
    PmValues values{};
  };
  std::string directory_path_;
  std::vector<Metric> metrics_;             // by position of the formula
  std::shared_ptr<PmDirectory> directory_;  // of the other thread while there is work
  std::shared_ptr<Work> work_;
  bool is_readable_ = true;
  std::uint64_t number_ = 0;
  std::unordered_map<std::string, News> news_;             // by endpoint name
  std::unordered_map<std::uint32_t, std::uint64_t> told_;  // by endpoint: the number that it had last
  std::unique_ptr<asio::thread_pool> thread_;              // last: ends before what it uses
};

}  // namespace

std::span<const OptionSpec> pm_file_options() {
  static const std::vector<OptionSpec> kOptions = with_metric_options(kFixedOptions, "formula");
  return kOptions;
}
std::span<const Metric> pm_file_metrics() {
  return kMetrics;
}
Result<void> check_pm_file_options(const ProbeOptions& options) {
  const auto settings = pm_settings(options);
  if (!settings) return tl::make_unexpected(settings.error());
  return {};
}
std::unique_ptr<SessionProbe> make_pm_file_probe(const ProbeOptions& options) {
  return std::make_unique<PmFileProbe>(pm_settings(options).value(), options.duration("interval"));
}

}  // namespace faultline::session
