// The program faultline-lab from its command line.
#include "tests/lab/files.h"
#include "tests/lab/netns.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace faultline::lab {
namespace {

class LabProgram : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("lab-program-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
    ASSERT_EQ(lab("generate --size 40 --output city"), 0);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // The exit status; what it says is in the file out.
  int lab(const std::string& arguments) const {
    const std::string command =
        "cd " + directory_.string() + " && " + FAULTLINE_LAB + " " + arguments + " >out 2>&1 </dev/null";
    const int status = std::system(command.c_str());  // NOLINT(cert-env33-c): the command is this test's own
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int run(const std::string& arguments) {
    const int status = lab("run --inventory city " + arguments);
    cannot_ = status == 1 && text("out").find("namespace") != std::string::npos;
    cannot_ |= status == 1 && text("out").find("/dev/net/tun") != std::string::npos;
    return status;
  }
  std::string text(const std::string& file) const { return read_file(directory_ / file).value_or(""); }

  std::filesystem::path directory_;
  bool cannot_ = false;
};

#define RUN_OR_SKIP(status, arguments)           \
  if (const int got = run(arguments); cannot_) { \
    GTEST_SKIP() << text("out");                 \
  } else {                                       \
    EXPECT_EQ(got, status) << text("out");       \
  }

TEST_F(LabProgram, ExitsAsTheProgramThatItRan) {
  RUN_OR_SKIP(7, "-- sh -c 'exit 7'");
  RUN_OR_SKIP(127, "-- /nonexistent");
  RUN_OR_SKIP(128 + 9, "-- sh -c 'kill -9 $$'");
}

TEST_F(LabProgram, HandsListeningSocketsOverAsSystemdDoes) {
  RUN_OR_SKIP(0,
              "--listen 127.0.0.1:0 --listen 127.0.0.1:0 -- "
              "sh -c 'test \"$LISTEN_FDS\" = 2 && test \"$LISTEN_PID\" = $$ && test -S /proc/$$/fd/3 && "
              "test -S /proc/$$/fd/4'");
}

TEST_F(LabProgram, EndsTheProgramWhenTheScenarioIsOver) {
  ASSERT_TRUE(
      write_file(directory_ / "story", "at 00:00 fault agg-1 cut\nat 00:00 restore agg-1\nat 00:01 end\n"));
  RUN_OR_SKIP(0,
              "--scenario story --truth truth.json --packet-log log.csv --until-scenario-end -- sleep 600");
  EXPECT_NE(text("truth.json").find("\"target\":\"agg-1\",\"kind\":\"cut\""), std::string::npos);
  EXPECT_NE(text("truth.json").find("\"complete\":true"), std::string::npos);
  EXPECT_TRUE(text("log.csv").starts_with("arrival_ns,endpoint,"));
}

TEST_F(LabProgram, OffersModems) {
  RUN_OR_SKIP(0,
              "-- sh -c 'exec 9<>city/modems/cell-0101-1; printf \"ATE0\\r\" >&9; printf \"AT+CESQ\\r\" >&9; "
              "while read -r line <&9; do case \"$line\" in +CESQ:*) exit 0;; esac; done; exit 1'");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "city/modems/cell-0101-1"));
}

TEST_F(LabProgram, SaysWhatIsWrongWithItsInput) {
  ASSERT_TRUE(write_file(directory_ / "story", "at 00:10 fault nowhere cut\n"));
  EXPECT_EQ(lab("run --inventory city --scenario story -- true"), 2);
  EXPECT_EQ(
      text("out"),
      "faultline-lab: story:1: \"nowhere\" (expected the name of a node or endpoint of the inventory)\n");
  ASSERT_TRUE(write_file(directory_ / "story", "at 00:10 complaint near cell-0101-1\n"));
  EXPECT_EQ(lab("run --inventory city --scenario story -- true"), 2);
  EXPECT_EQ(text("out"), "faultline-lab: story: has complaints, which need --api URL\n");
  EXPECT_EQ(lab("generate --size many --output x"), 2);
  EXPECT_EQ(lab("run -- true"), 2);
}

TEST_F(LabProgram, PredictsEachPacketUnderEachFault) {
  ASSERT_TRUE(write_file(directory_ / "story", "at 00:10 fault cell-0101-1 cut\n"));
  ASSERT_EQ(lab("predict --inventory city --scenario story --endpoint cell-0101-1 --packets 2"), 0);
  const std::string out = text("out");
  EXPECT_NE(out.find("\n0,10,0,answered,"), std::string::npos) << out;
  EXPECT_NE(out.find("\n10,,1,silent,"), std::string::npos) << out;
}

}  // namespace
}  // namespace faultline::lab
