#include "probes/session/metric_options.h"

#include "rules/model/metric_words.h"
#include "rules/model/round.h"

#include <fmt/format.h>

#include <deque>

namespace faultline::session {

std::vector<OptionSpec> with_metric_options(std::span<const OptionSpec> fixed, std::string_view what) {
  static std::deque<std::string> helps;  // what the specs point to
  std::vector<OptionSpec> options(fixed.begin(), fixed.end());
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    const auto metric = static_cast<Metric>(m);
    if (metric == Metric::loss_ratio) continue;
    const MetricWords words = words_of(metric);
    const bool has_unit = *words.unit != '\0';
    helps.push_back(fmt::format("{}: {}{}{}", what, words.name, has_unit ? ", in" : "", words.unit));
    OptionSpec option;
    option.name = name(metric);
    option.help = helps.back();
    options.push_back(option);
  }
  return options;
}

Result<std::vector<std::pair<Metric, std::string>>> given_metrics(const ProbeOptions& options,
                                                                  std::string_view missing) {
  std::vector<std::pair<Metric, std::string>> given;
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    const auto metric = static_cast<Metric>(m);
    if (metric == Metric::loss_ratio || options.text(name(metric)).empty()) continue;
    if (given.size() == kMetricsPerRound)
      return fail(
          fmt::format("{}: is one too many; a round carries {} values", name(metric), kMetricsPerRound));
    given.emplace_back(metric, options.text(name(metric)));
  }
  if (given.empty()) return fail(std::string(missing));
  return given;
}

}  // namespace faultline::session
