// Which measurements would change the place of an incident: the localiser is asked again, with some endpoints
// good that are bad or bad that are good, and the smallest change that gives another answer is named
// (algorithms E: what tells two explanations apart). For people, and for those who can measure. Called when
// an incident is told of; the work is bounded, a large network gets fewer answers.
#pragma once

#include "rules/correlate/weigh.h"

#include <cstddef>
#include <vector>

namespace faultline::correlate {

// In endpoints looked at, 5 ns each: 5 ms.
inline constexpr std::size_t kWhatIfBudget = 1'000'000;

// `budget` is what all its localisations together may look at: what it does not suffice for is left out.
std::vector<WhatIf> what_if(const Question& question, std::size_t budget = kWhatIfBudget);

}  // namespace faultline::correlate
