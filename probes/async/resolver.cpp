#include "probes/async/resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace faultline {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t kMostInFlight = 64;  // questions at once; more would only queue in the name server

struct Name {
  Steady::time_point due;
  Duration retry{};
  std::optional<std::string> address;
  bool told = false;
  bool asking = false;
};

struct Found {
  std::string address;
  Duration time_to_live{};
  bool is_v4 = false;
};

std::vector<Found> addresses_of(const ares_addrinfo& info) {
  std::vector<Found> found;
  for (const ares_addrinfo_node* node = info.nodes; node != nullptr; node = node->ai_next) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bytes = nullptr;
    if (node->ai_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in*>(node->ai_addr)->sin_addr;
    if (node->ai_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6*>(node->ai_addr)->sin6_addr;
    if (bytes != nullptr && inet_ntop(node->ai_family, bytes, text.data(), text.size()) != nullptr)
      found.push_back({text.data(), std::chrono::seconds(node->ai_ttl), node->ai_family == AF_INET});
  }
  return found;
}

// The address that the name has already, where it is still among the answers: they come in any order, and an
// endpoint should not change its address for that. Else the first IPv4 one, else the first.
std::optional<Found> choice_of(const std::vector<Found>& found, const std::optional<std::string>& current) {
  if (found.empty()) return std::nullopt;
  auto chosen =
      std::find_if(found.begin(), found.end(), [&](const Found& f) { return f.address == current; });
  if (chosen == found.end())
    chosen = std::find_if(found.begin(), found.end(), [](const Found& f) { return f.is_v4; });
  return chosen == found.end() ? found.front() : *chosen;
}

}  // namespace

class Resolver::Impl {
 public:
  Impl(ResolverOptions options, OnChange on_change)
      : options_(std::move(options)), on_change_(std::move(on_change)) {}

  ~Impl() {
    stop_ = true;
    wake();
    if (thread_.joinable()) thread_.join();
    if (channel_ != nullptr) ares_destroy(channel_);
    if (library_) ares_library_cleanup();
    if (wake_fd_ >= 0) close(wake_fd_);
  }

  Result<void> start() {
    if (const int error = ares_library_init(ARES_LIB_INIT_ALL); error != ARES_SUCCESS)
      return fail(fmt::format("name resolution: {}", ares_strerror(error)));
    library_ = true;
    ares_options ares{};
    ares.timeout = static_cast<int>(
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.answer_within).count());
    ares.tries = 2;
    if (const int error = ares_init_options(&channel_, &ares, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
        error != ARES_SUCCESS)
      return fail(fmt::format("name resolution: {}", ares_strerror(error)));
    if (!options_.servers.empty())
      if (const int error = ares_set_servers_ports_csv(channel_, options_.servers.c_str());
          error != ARES_SUCCESS)
        return fail(fmt::format("name servers \"{}\": {} (expected ADDRESS[:PORT],…)", options_.servers,
                                ares_strerror(error)));
    wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_fd_ < 0) return fail("name resolution: eventfd: out of file descriptors");
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void set_names(std::vector<std::string> names) {
    {
      const std::lock_guard lock(mutex_);
      wanted_ = std::move(names);
      wanted_changed_ = true;
    }
    wake();
  }

  void look_up(std::string name, OnAnswer on_answer) {
    {
      const std::lock_guard lock(mutex_);
      look_ups_.push_back({this, std::move(name), std::move(on_answer)});
    }
    wake();
  }

 private:
  struct LookUp {
    Impl* self;
    std::string name;
    OnAnswer on_answer;
  };
  struct Question {
    Impl* self;
    std::string name;
  };

  void wake() const {
    const std::uint64_t one = 1;
    if (wake_fd_ >= 0) [[maybe_unused]]
      const auto written = write(wake_fd_, &one, sizeof one);
  }

  void run() {
    while (!stop_) {
      take_wanted();
      ask_look_ups();
      ask_what_is_due();
      wait_and_process();
    }
    ares_cancel(channel_);
  }

  void take_wanted() {
    std::vector<std::string> wanted;
    {
      const std::lock_guard lock(mutex_);
      if (!wanted_changed_) return;
      wanted_changed_ = false;
      wanted = wanted_;
    }
    std::sort(wanted.begin(), wanted.end());
    std::erase_if(names_, [&](const auto& item) {
      if (std::binary_search(wanted.begin(), wanted.end(), item.first)) return false;
      queue_.erase({item.second.due, item.first});
      return true;
    });
    const auto now = Steady::now();
    for (const std::string& name : wanted)
      if (names_.try_emplace(name, Name{now, options_.first_retry, {}, false, false}).second)
        queue_.emplace(now, name);
  }

  void ask_look_ups() {
    std::vector<LookUp> look_ups;
    {
      const std::lock_guard lock(mutex_);
      look_ups.swap(look_ups_);
    }
    for (LookUp& look_up : look_ups) {
      auto owned = std::make_unique<LookUp>(std::move(look_up));
      const std::string name = owned->name;
      ask_channel(name, &answer_look_up, owned.release());  // c-ares calls back in any case
    }
  }

  static void answer_look_up(void* arg, int status, int, ares_addrinfo* result) {
    const std::unique_ptr<LookUp> owned(static_cast<LookUp*>(arg));
    const auto chosen = status == ARES_SUCCESS && result != nullptr
                            ? choice_of(addresses_of(*result), std::nullopt)
                            : std::nullopt;
    if (result != nullptr) ares_freeaddrinfo(result);
    if (owned->self->stop_) return;
    owned->on_answer(chosen ? std::optional(chosen->address) : std::nullopt);
  }

  void ask_channel(const std::string& name, ares_addrinfo_callback on_answer, void* arg) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_flags = ARES_AI_NOSORT;
    ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, on_answer, arg);
  }

  // The longest due first, so that a crowd of names that nobody answers delays the others but starves none.
  void ask_what_is_due() {
    const auto now = Steady::now();
    while (in_flight_ < kMostInFlight && !queue_.empty() && queue_.begin()->first <= now) {
      const std::string text = std::move(queue_.extract(queue_.begin()).value().second);
      names_.find(text)->second.asking = true;
      ask(text);
    }
  }

  void ask(const std::string& text) {
    ++in_flight_;
    auto question = std::make_unique<Question>(Question{this, text});
    ask_channel(
        text,
        [](void* arg, int status, int, ares_addrinfo* result) {
          const std::unique_ptr<Question> owned(static_cast<Question*>(arg));
          owned->self->answered(owned->name, status, result);
          if (result != nullptr) ares_freeaddrinfo(result);
        },
        question.release());  // c-ares keeps it until it calls back, which it always does
  }

  void answered(const std::string& text, int status, const ares_addrinfo* result) {
    --in_flight_;
    const auto found = names_.find(text);
    if (found == names_.end() || !found->second.asking) return;  // went, or went and came back, meanwhile
    Name& name = found->second;
    name.asking = false;
    const auto chosen = status == ARES_SUCCESS && result != nullptr
                            ? choice_of(addresses_of(*result), name.address)
                            : std::nullopt;
    if (chosen) {
      name.due = Steady::now() + std::clamp(chosen->time_to_live, options_.shortest, options_.longest);
      name.retry = options_.first_retry;
      if (!stop_ && name.address != chosen->address) on_change_(text, chosen->address);
      name.address = chosen->address;
    } else {
      name.due = Steady::now() + name.retry;
      name.retry = std::min<Duration>(name.retry * 2, std::chrono::minutes(5));
      if (!name.told && !stop_) on_change_(text, std::nullopt);
    }
    name.told = true;
    queue_.emplace(name.due, text);
  }

  int milliseconds_to_next() const {
    auto next = Steady::now() + std::chrono::hours(1);
    if (in_flight_ < kMostInFlight && !queue_.empty()) next = std::min(next, queue_.begin()->first);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Steady::now()).count();
    timeval most{static_cast<time_t>(std::max<std::int64_t>(left, 0) / 1000),
                 static_cast<suseconds_t>(std::max<std::int64_t>(left, 0) % 1000 * 1000)};
    timeval storage{};
    const timeval* wait = ares_timeout(channel_, &most, &storage);
    return static_cast<int>(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1);
  }

  void wait_and_process() {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const int bits = ares_getsock(channel_, sockets.data(), static_cast<int>(sockets.size()));
    std::array<pollfd, ARES_GETSOCK_MAXNUM + 1> polls{};
    nfds_t count = 0;
    polls[count++] = {wake_fd_, POLLIN, 0};
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      short events = 0;
      if (ARES_GETSOCK_READABLE(bits, i)) events = static_cast<short>(events | POLLIN);
      if (ARES_GETSOCK_WRITABLE(bits, i)) events = static_cast<short>(events | POLLOUT);
      if (events != 0) polls[count++] = {sockets[static_cast<std::size_t>(i)], events, 0};
    }
    poll(polls.data(), count, milliseconds_to_next());
    std::uint64_t ignored = 0;
    if ((polls[0].revents & POLLIN) != 0) [[maybe_unused]]
      const auto got = read(wake_fd_, &ignored, sizeof ignored);
    if (count == 1) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs
    for (nfds_t i = 1; i < count; ++i)
      ares_process_fd(channel_,
                      (polls[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0 ? polls[i].fd : ARES_SOCKET_BAD,
                      (polls[i].revents & POLLOUT) != 0 ? polls[i].fd : ARES_SOCKET_BAD);
  }

  ResolverOptions options_;
  OnChange on_change_;
  ares_channel channel_ = nullptr;
  bool library_ = false;
  int wake_fd_ = -1;
  std::thread thread_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::vector<std::string> wanted_;  // guarded by mutex_, as are the next two
  bool wanted_changed_ = false;
  std::vector<LookUp> look_ups_;
  std::map<std::string, Name, std::less<>> names_;              // the thread's own, as are the next two
  std::set<std::pair<Steady::time_point, std::string>> queue_;  // those that are not being asked, by `due`
  std::size_t in_flight_ = 0;
};

Resolver::Resolver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Resolver::~Resolver() = default;
void Resolver::set_names(std::vector<std::string> names) {
  impl_->set_names(std::move(names));
}
void Resolver::look_up(std::string name, OnAnswer on_answer) {
  impl_->look_up(std::move(name), std::move(on_answer));
}

Result<std::unique_ptr<Resolver>> Resolver::start(ResolverOptions options, OnChange on_change) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(on_change));
  if (auto started = impl->start(); !started) return tl::make_unexpected(started.error());
  return std::unique_ptr<Resolver>(new Resolver(std::move(impl)));
}

bool is_literal_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

}  // namespace faultline
