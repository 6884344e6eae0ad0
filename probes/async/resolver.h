// Names to addresses, off the packet path: a thread of its own asks DNS (c-ares; /etc/hosts too), asks again
// when the answer's time to live is over, and tells every change. A name that does not resolve is asked again
// with growing pauses (5 s … 5 min), keeps its last address meanwhile, and holds up nobody else.
// Of several addresses a name keeps the one it has; else the first IPv4 one is taken, else the first IPv6
// one.
#pragma once

#include "rules/model/result.h"
#include "rules/model/time.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace faultline {

struct ResolverOptions {
  std::string servers;                           // "ADDRESS[:PORT],…"; empty: those of the system
  Duration shortest = std::chrono::seconds(30);  // limits to the time to live that is believed
  Duration longest = std::chrono::hours(1);
  Duration first_retry = std::chrono::seconds(5);
  Duration answer_within = std::chrono::seconds(2);  // the first of two tries; the second has twice as long
};

class Resolver {
 public:
  // Called on the resolver's thread when a name's address changes, for the first time included; and with
  // nothing when the first attempt fails.
  using OnChange = std::function<void(const std::string& name, std::optional<std::string> address)>;

  static Result<std::unique_ptr<Resolver>> start(ResolverOptions options, OnChange on_change);
  ~Resolver();  // stops; no call comes after it

  // The names to keep resolved; known ones keep their state, new ones are asked at once. Any thread.
  void set_names(std::vector<std::string> names);

  // Asks once, at once, and remembers nothing. `on_answer` is called on the resolver's thread, with nothing
  // if there is no address; not at all when the resolver ends first. Any thread.
  using OnAnswer = std::function<void(std::optional<std::string> address)>;
  void look_up(std::string name, OnAnswer on_answer);

 private:
  class Impl;
  explicit Resolver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether the text is a literal IPv4 or IPv6 address and needs no resolving.
bool is_literal_address(const std::string& text);

}  // namespace faultline
