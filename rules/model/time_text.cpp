#include "rules/model/time_text.h"

#include <fmt/core.h>

#include <chrono>

namespace faultline {

namespace {

// Reads fixed-width fields off the front; any mismatch makes every later read fail.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  int number(std::size_t digits) {
    if (rest_.size() < digits) return broken();
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return broken();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  bool take(char lower, char upper) {
    if (rest_.empty() || (rest_[0] != lower && rest_[0] != upper)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c, char other) {
    if (!take(c, other)) broken();
  }
  void expect(char c) { expect(c, c); }
  // ".123456789" or nothing.
  Duration fraction() {
    if (!take('.', '.')) return {};
    if (rest_.empty() || !is_digit(rest_[0])) broken();
    std::int64_t microseconds = 0;
    std::int64_t weight = 100'000;
    while (!rest_.empty() && is_digit(rest_[0])) {
      microseconds += weight * (rest_[0] - '0');
      weight /= 10;
      rest_.remove_prefix(1);
    }
    return Duration(microseconds);
  }
  bool at_end() const { return good_ && rest_.empty(); }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  int broken() {
    good_ = false;
    return 0;
  }
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::string rfc3339(Timestamp time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<milliseconds>(time) - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string time_of_day(Timestamp time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - days)};
  return fmt::format("{:02}:{:02}:{:02} UTC", clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Cursor cursor(text);
  const int y = cursor.number(4);
  cursor.expect('-');
  const int m = cursor.number(2);
  cursor.expect('-');
  const int d = cursor.number(2);
  cursor.expect('t', 'T');
  const int hour = cursor.number(2);
  cursor.expect(':');
  const int minute = cursor.number(2);
  cursor.expect(':');
  const int second = cursor.number(2);
  const Duration fraction = cursor.fraction();
  minutes offset{0};
  if (!cursor.take('z', 'Z')) {
    const bool behind = cursor.take('-', '-');
    if (!behind) cursor.expect('+');
    const int offset_hours = cursor.number(2);
    cursor.expect(':');
    const int offset_minutes = cursor.number(2);
    if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
    offset = minutes(offset_hours * 60 + offset_minutes) * (behind ? -1 : 1);
  }
  const year_month_day date(year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d)));
  if (!cursor.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return sys_days(date) + hours(hour) + minutes(minute) + seconds(second) + fraction - offset;
}

}  // namespace faultline
