// What benchmarks measure themselves by, and the line in which they say a figure.
#pragma once

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string_view>

namespace faultline::bench {

inline double cpu_seconds_of_this_thread() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// Of this process, with what it shares with others.
inline double resident_bytes() {
  constexpr double kPage = 4096;
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * kPage;
}

/// As many open files as may be had without asking; returns how many.
inline std::uint64_t raise_file_limit() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur;
}

struct Spent {
  double wall_s = 0;
  double cpu_s = 0;  // of this thread
};

template <typename Work>
Spent spent_on(const Work& work) {
  const double before = cpu_seconds_of_this_thread();
  const auto began = std::chrono::steady_clock::now();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(),
          cpu_seconds_of_this_thread() - before};
}

enum class Wanted { at_least, at_most };

/// Whether it was hit.
inline bool figure(std::string_view name, double value, const char* unit, Wanted wanted, double target) {
  const bool hit = wanted == Wanted::at_least ? value >= target : value <= target;
  fmt::print("figure {} {:.3g} {} target {} {} {}\n", name, value, unit,
             wanted == Wanted::at_least ? ">=" : "<=", target, hit ? "hit" : "miss");
  std::fflush(stdout);
  return hit;
}

}  // namespace faultline::bench
