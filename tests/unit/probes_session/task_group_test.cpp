#include "probes/async/task_group.h"

#include "probes/async/deadline.h"
#include "tests/unit/probes_session/run_probe.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <stdexcept>

namespace faultline {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Waits for an hour, then says how that ended.
asio::awaitable<void> wait_long(int* ended) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, 1h);
  const auto token = asio::as_tuple(asio::use_awaitable);
  const auto [error] = co_await timer.async_wait(token);
  if (error == asio::error::operation_aborted) ++*ended;
}
asio::awaitable<void> do_nothing() {
  co_return;
}
asio::awaitable<void> throw_error() {
  throw std::runtime_error("a bug");
  co_return;
}

struct TaskGroupTest : testing::Test {
  void run_until_empty() {
    bool empty = false;
    group.on_empty([&] { empty = true; });
    run_until(io, [&] { return empty; });
  }
  asio::io_context io;
  TaskGroup group{io.get_executor()};
  int ended = 0;
};

TEST_F(TaskGroupTest, CountsWhatRuns) {
  EXPECT_EQ(group.size(), 0U);
  group.spawn(do_nothing());
  EXPECT_EQ(group.size(), 1U);
  run_until_empty();
  EXPECT_EQ(group.size(), 0U);
}

TEST_F(TaskGroupTest, StopEndsEveryTask) {
  for (int i = 0; i < 3; ++i) group.spawn(wait_long(&ended));
  io.poll();
  EXPECT_EQ(ended, 0);
  group.stop();
  run_until_empty();
  EXPECT_EQ(ended, 3);
}

TEST_F(TaskGroupTest, StopEndsATaskThatHasNotBegun) {
  group.spawn(wait_long(&ended));
  group.stop();
  run_until_empty();
  EXPECT_EQ(ended, 1);
}

TEST_F(TaskGroupTest, ATaskThatStartsAfterTheStopEndsAtItsFirstWait) {
  group.stop();
  group.spawn(wait_long(&ended));
  run_until_empty();
  EXPECT_EQ(ended, 1);
}

TEST_F(TaskGroupTest, CancelsOneAloneHoweverOften) {
  const auto cancel = group.spawn(wait_long(&ended));
  group.spawn(wait_long(&ended));
  io.poll();
  cancel();
  cancel();
  run_until(io, [&] { return group.size() == 1; });
  EXPECT_EQ(ended, 1);
  cancel();
  io.poll();
  EXPECT_EQ(group.size(), 1U);
  group.stop();
  run_until_empty();
}

TEST_F(TaskGroupTest, TellsOnceAndAtOnceThatNothingRuns) {
  int told = 0;
  group.on_empty([&] { ++told; });
  EXPECT_EQ(told, 0) << "from the executor, not from within the call";
  run_until(io, [&] { return told == 1; });
  group.spawn(do_nothing());
  run_until_empty();
  io.poll();
  EXPECT_EQ(told, 1);
}

TEST_F(TaskGroupTest, AnExceptionThatLeavesATaskLeavesTheLoop) {
  group.spawn(throw_error());
  EXPECT_THROW(io.run(), std::runtime_error);
  EXPECT_EQ(group.size(), 0U);
}

TEST(Deadline, CallsOnceWhenTheTimeIsUp) {
  asio::io_context io;
  int called = 0;
  const Deadline deadline(io.get_executor(), 1ms, [&] { ++called; });
  EXPECT_FALSE(deadline.expired());
  run_until(io, [&] { return called > 0; });
  EXPECT_TRUE(deadline.expired());
  io.poll();
  EXPECT_EQ(called, 1);
}

TEST(Deadline, NeverCallsOnceItIsGone) {
  asio::io_context io;
  int called = 0;
  std::optional<Deadline> deadline(std::in_place, io.get_executor(), 0ms, [&] { ++called; });
  deadline.reset();  // the timer is due already; its handler has not run yet
  io.restart();
  io.run();
  EXPECT_EQ(called, 0);
}

}  // namespace
}  // namespace faultline
