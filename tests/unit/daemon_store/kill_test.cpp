// kill -9 at random moments, again and again on the same file: nothing that was acknowledged is lost, nothing
// is there twice, nothing is there by half. FAULTLINE_LONG=1 does it 500 times.
#include "tests/unit/daemon_store/support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <random>

namespace faultline::store {
namespace {

struct Victim {
  pid_t pid = -1;
  int output = -1;
};

Victim start(const std::filesystem::path& path) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::execl(FAULTLINE_KILL_WRITER, FAULTLINE_KILL_WRITER, path.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

// Appends what the victim says until it has said `lines` lines, `wait_ms` have passed, or it ends.
void listen(const Victim& victim, std::string& said, std::ptrdiff_t lines, int wait_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  while (std::count(said.begin(), said.end(), '\n') < lines) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd poll_for{victim.output, POLLIN, 0};
    if (left.count() < 0 || ::poll(&poll_for, 1, static_cast<int>(left.count())) <= 0) return;
    std::array<char, 4096> buffer{};
    const ssize_t size = ::read(victim.output, buffer.data(), buffer.size());
    if (size <= 0) return;
    said.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

// The last number of which the whole line has come.
std::int64_t last_acknowledged(const std::string& said, std::int64_t before) {
  const auto end = said.rfind('\n');
  if (end == std::string::npos) return before;
  const auto begin = said.rfind('\n', end - 1);
  return std::stoll(said.substr(begin == std::string::npos ? 0 : begin + 1));
}

void expect_whole(Database& db, std::int64_t acknowledged) {
  const auto last = db.number("SELECT coalesce(max(number), 0) FROM incident");
  ASSERT_TRUE(last);
  EXPECT_GE(*last, acknowledged) << "an acknowledged one is lost";
  for (const char* sql :
       {"SELECT count(*) FROM complaint", "SELECT count(*) FROM incident", "SELECT count(*) FROM outbox",
        "SELECT count(*) FROM event", "SELECT count(DISTINCT incident) FROM complaint",
        "SELECT count(DISTINCT incident) FROM event", "SELECT count(DISTINCT ticket_key) FROM outbox",
        "SELECT value - 1 FROM meta WHERE key = 'next_incident'"})
    EXPECT_EQ(db.number(sql), *last) << sql;
}

TEST(KillTest, NothingAcknowledgedIsLostAndNothingIsDoubled) {
  const TemporaryDirectory directory;
  const bool is_long = std::getenv("FAULTLINE_LONG") != nullptr;
  std::mt19937 random(20260314);
  std::int64_t acknowledged = 0;
  for (int round = 0; round < (is_long ? 500 : 30); ++round) {
    const Victim victim = start(directory / "a.db");
    ASSERT_GT(victim.pid, 0);
    std::string said;
    if (round % 2 == 0)  // after so many answers
      listen(victim, said, std::uniform_int_distribution<std::ptrdiff_t>(1, 60)(random), 20'000);
    else  // at any moment, also while it opens, recovers or migrates
      listen(victim, said, 1'000'000, std::uniform_int_distribution<int>(0, 40)(random));
    ASSERT_EQ(::kill(victim.pid, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(victim.pid, &status, 0), victim.pid);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself with " << WEXITSTATUS(status) << " in round "
                                     << round;
    listen(victim, said, 1'000'000, 20'000);  // what was in the pipe
    ::close(victim.output);
    acknowledged = last_acknowledged(said, acknowledged);
    auto db = Database::open(directory / "a.db", OpenMode::read_write);
    ASSERT_TRUE(db) << db.error().message;
    if (acknowledged > 0) expect_whole(*db, acknowledged);
    if (HasFailure()) FAIL() << "in round " << round;
  }
  EXPECT_GT(acknowledged, 100) << "the test hardly wrote anything";
}

}  // namespace
}  // namespace faultline::store
