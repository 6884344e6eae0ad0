// faultline reflector: the far end of STAMP, for a host or router where there is none. Needs no
// configuration.
#include "daemon/app/privileges.h"
#include "daemon/commands/commands.h"
#include "probes/packet/settings.h"
#include "probes/reflector/server.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace faultline::commands {
namespace {

struct Options {
  std::vector<std::string> addresses;
  std::uint16_t port = 862;
  bool is_stateful = false;
  std::string key_file;
  double rate = 20'000, rate_by_network = 1000;
};

std::unique_ptr<reflector::Server> server;  // of the process, for its signal handler

Result<std::vector<std::byte>> key_of(const std::string& file) {
  ProbeOptions options = ProbeOptions::defaults(packet::stamp_options());
  options.set("key_file", file);
  auto settings = packet::packet_settings("stamp", 0, options);
  if (!settings) return tl::make_unexpected(settings.error());
  return settings->key;
}

void print(const reflector::Counts& counts) {
  using reflector::Verdict;
  std::printf(
      "answered %llu; dropped: %llu too short, %llu not signed, %llu from a forbidden port or address, %llu "
      "over the rate; not sent %llu\n",
      static_cast<unsigned long long>(counts.of(Verdict::answered)),
      static_cast<unsigned long long>(counts.of(Verdict::too_short)),
      static_cast<unsigned long long>(counts.of(Verdict::unsigned_or_wrong)),
      static_cast<unsigned long long>(counts.of(Verdict::forbidden_source)),
      static_cast<unsigned long long>(counts.of(Verdict::over_rate)),
      static_cast<unsigned long long>(counts.not_sent));
}

int run(const Options& options) {
  reflector::ReflectorSettings settings;
  settings.is_stateful = options.is_stateful;
  settings.port = options.port;
  settings.most_a_second = options.rate;
  settings.most_a_second_by_network = options.rate_by_network;
  if (!options.key_file.empty()) {
    auto key = key_of(options.key_file);
    if (!key) {
      std::fprintf(stderr, "faultline reflector: %s\n", key.error().message.c_str());
      return kBadUsage;
    }
    settings.key = std::move(*key);
  }
  auto opened = reflector::Server::open(options.addresses, settings);
  if (!opened) {
    std::fprintf(stderr, "faultline reflector: %s\n", opened.error().message.c_str());
    return kFailed;
  }
  server = std::move(*opened);
  if (const auto dropped = app::drop_network_capabilities(); !dropped)
    std::fprintf(stderr, "faultline reflector: %s\n", dropped.error().message.c_str());
  const auto stop = [](int) { server->stop(); };
  std::signal(SIGTERM, stop);
  std::signal(SIGINT, stop);
  std::printf("answers STAMP on port %u, %s, %s\n", server->port(),
              settings.is_stateful ? "stateful" : "stateless",
              settings.key.empty() ? "unauthenticated" : "authenticated");
  std::fflush(stdout);
  server->run();
  print(server->counts());
  return kGood;
}

}  // namespace

void add_reflector(CLI::App& app, Context& context) {
  static Options options;
  CLI::App* command =
      app.add_subcommand("reflector", "answer STAMP probes (RFC 8762), at the far end of a path");
  command->add_option("--listen", options.addresses,
                      "address to answer on; none = all. May be given several times");
  command->add_option("--port", options.port, "UDP port; 0 = one that the kernel chooses")
      ->capture_default_str();
  command->add_flag("--stateful", options.is_stateful,
                    "number the answers to each sender, so that it can tell loss there from loss back");
  command->add_option(
      "--key-file", options.key_file,
      "key of authenticated mode, as the probe's key_file; packets that are not signed by it are dropped");
  command->add_option("--rate", options.rate, "answers a second, in total")
      ->check(CLI::Range(1.0, 1e7))
      ->capture_default_str();
  command
      ->add_option("--rate-by-network", options.rate_by_network,
                   "answers a second to one IPv4 address or IPv6 network of 64 bits")
      ->check(CLI::Range(1.0, 1e7))
      ->capture_default_str();
  command->callback([&context] { context.chosen = [] { return run(options); }; });
}

}  // namespace faultline::commands
