// Mean run length of a statistic that starts at 0, is held at 0 from below and alarms at a threshold: solved
// instead of simulated, since some of the figures it is compared with are 40 million rounds. The step is the
// real function of rules/detect, asked at every point of a grid; between them the mean is interpolated.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace faultline::detect {

// One outcome of a round.
struct Draw {
  double value = 0;
  double probability = 0;
};

// Where a round leads from one point of the grid; what is missing to 1 returns to 0.
struct Transitions {
  double alarm = 0;
  std::vector<std::pair<std::size_t, double>> to;
};

template <typename Step>
Transitions transitions_from(double statistic, double threshold, std::size_t cells,
                             const std::vector<Draw>& draws, Step& step) {
  const double width = threshold / static_cast<double>(cells);
  Transitions found;
  std::vector<double> to(cells + 1);
  for (const Draw& draw : draws) {
    const double next = step(statistic, draw.value);
    if (next >= threshold) {
      found.alarm += draw.probability;
    } else if (next > 0) {
      const auto below = std::min(cells - 1, static_cast<std::size_t>(next / width));
      const double share = next / width - static_cast<double>(below);
      to[below] += (1 - share) * draw.probability;
      to[below + 1] += share * draw.probability;
    }
  }
  for (std::size_t j = 0; j <= cells; ++j)
    if (to[j] > 0) found.to.emplace_back(j, to[j]);
  return found;
}

// `step(statistic, value)` is the next statistic. Everything begins anew at 0, so the mean is that of an
// excursion from 0 divided by the probability that it ends in an alarm.
template <typename Step>
double mean_rounds_until(double threshold, std::size_t cells, const std::vector<Draw>& draws, Step&& step) {
  std::vector<Transitions> points;
  for (std::size_t i = 0; i <= cells; ++i)
    points.push_back(transitions_from(threshold * static_cast<double>(i) / static_cast<double>(cells),
                                      threshold, cells, draws, step));
  std::vector<double> alarm(cells + 1), rounds(cells + 1);
  for (double change = 1; change > 1e-9;) {  // repeated substitution; excursions are short
    change = 0;
    for (std::size_t i = cells + 1; i-- > 0;) {
      double p = points[i].alarm, length = 1;
      for (const auto& [j, probability] : points[i].to) {
        p += probability * alarm[j];
        length += probability * rounds[j];
      }
      change = std::max(
          {change, std::abs(p - alarm[i]) / std::max(p, 1e-300), std::abs(length - rounds[i]) / length});
      alarm[i] = p;
      rounds[i] = length;
    }
  }
  return rounds[0] / alarm[0];
}

}  // namespace faultline::detect
