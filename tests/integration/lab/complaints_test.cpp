// The lab's complaints against the daemon's own intake, and the client against a server that refuses first.
#include "daemon/complaints/intake.h"
#include "tests/lab/api_client.h"
#include "tests/lab/child.h"
#include "tests/lab/director.h"
#include "tests/lab/generator.h"
#include "tests/lab/truth.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

namespace faultline::lab {
namespace {

using namespace std::chrono_literals;

TEST(LabComplaints, AreTakenByTheDaemonsIntakeWithoutAWarning) {
  const LabInventory city = make_lab_inventory(generate_demo(1)).value();
  const auto scenario = parse_scenario(
      "at 00:01 fault agg-3 cut\nat 00:02 complaints 100 below agg-3 within 60s\nat 00:02 complaints 100 "
      "below core "
      "within 60s\nat 00:03 complaint far-from agg-3\n",
      "s");
  std::vector<ComplaintReport> sent;
  Director::Outlets outlets;
  outlets.send = [&](const ComplaintReport& report) { sent.push_back(report); };
  const Timestamp start(1'800'000'000s);
  Director director(city, scenario.value(), 1, start, outlets);
  director.advance(100s);
  ASSERT_EQ(sent.size(), 201U);
  for (const ComplaintReport& report : sent) {
    const std::string json = complaint_json(report);
    const auto intake = complaints::read(json, *city.topology, {}, report.received);
    ASSERT_EQ(intake.items.size(), 1U) << json << intake.refusal;
    const complaints::IntakeItem& item = intake.items[0];
    ASSERT_TRUE(item.record) << json;
    EXPECT_TRUE(item.warnings.empty()) << json << item.warnings[0].pointer << item.warnings[0].expected;
    EXPECT_EQ(item.record->id, report.id);
    EXPECT_EQ(item.record->service, report.service);
    EXPECT_EQ(item.record->place.has_value(), report.place.has_value());
    EXPECT_EQ(item.record->line, report.line);
    EXPECT_EQ(item.record->cell, report.cell);
  }
}

// Takes `answers.size()` connections and gives each the next answer; keeps what was asked.
class Server {
 public:
  explicit Server(std::vector<std::string> answers) : socket_(listen_on("127.0.0.1:0").value()) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, answers] { serve(answers); });
  }
  ~Server() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  std::uint16_t port = 0;
  std::vector<std::string> requests;

 private:
  void serve(const std::vector<std::string>& answers) {
    for (const std::string& answer : answers) {
      pollfd waiting = {socket_.get(), POLLIN, 0};
      if (poll(&waiting, 1, 20'000) != 1) return;
      const Descriptor client(accept(socket_.get(), nullptr, nullptr));
      std::string request;
      std::array<char, 4096> block{};
      while (request.find('}') == std::string::npos) {
        const ssize_t got = recv(client.get(), block.data(), block.size(), 0);
        if (got <= 0) break;
        request.append(block.data(), static_cast<std::size_t>(got));
      }
      requests.push_back(request);
      (void)send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  Descriptor socket_;
  std::thread thread_;
};

TEST(LabApiClient, TriesAgainUntilAComplaintIsTaken) {
  Server server({"", "HTTP/1.1 503 Later\r\n\r\n", "HTTP/1.1 429 Slower\r\n\r\n",
                 "HTTP/1.1 201 Created\r\n\r\n{\"id\":\"a\"}", "HTTP/1.1 422 No\r\n\r\n{}"});
  ApiClient client({"127.0.0.1", server.port}, "secret");
  client.start();
  client.post_complaint("a", "{}");
  client.post_complaint("b", "{}");
  server.join();
  ASSERT_EQ(server.requests.size(), 5U);
  EXPECT_TRUE(server.requests[0].starts_with("POST /api/v1/complaints HTTP/1.1\r\n"));
  EXPECT_NE(server.requests[0].find("\r\nAuthorization: Bearer secret\r\n"), std::string::npos);
  while (client.deliveries().at("b").attempts == 0) std::this_thread::yield();
  client.stop();
  const auto deliveries = client.deliveries();
  EXPECT_TRUE(deliveries.at("a").accepted);
  EXPECT_EQ(deliveries.at("a").attempts, 4U);
  EXPECT_EQ(deliveries.at("a").answer, "{\"id\":\"a\"}");
  EXPECT_FALSE(deliveries.at("b").accepted);
  EXPECT_EQ(deliveries.at("b").status, 422);
}

TEST(LabApiClient, ReadsUrls) {
  EXPECT_EQ(parse_api_url("http://127.0.0.1:9464/")->port, 9464);
  EXPECT_EQ(parse_api_url("http://[::1]:9464")->host, "::1");
  EXPECT_EQ(parse_api_url("http://[::1]")->port, 80);
  for (const char* wrong : {"", "127.0.0.1:1", "https://127.0.0.1:1", "http://name:1", "http://127.0.0.1:x",
                            "http://127.0.0.1:70000"})
    EXPECT_FALSE(parse_api_url(wrong)) << wrong;
}

}  // namespace
}  // namespace faultline::lab
