#include "probes/packet/settings.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>

namespace faultline::packet {
namespace {

constexpr std::int64_t kStampSize = 44;
constexpr std::int64_t kAuthenticatedStampSize = 112;
constexpr std::size_t kLongestKey = 4096;

constexpr OptionSpec kInterval = {
    "interval", OptionType::duration, "10s", 1, 3600, {}, "time from one round's start to the next"};
constexpr OptionSpec kPackets = {"packets", OptionType::integer, "5", 1, 1000, {}, "packets a round"};
constexpr OptionSpec kSpacing = {
    "spacing", OptionType::duration, "200ms", 0.001, 60, {}, "time between two packets of a round"};
constexpr OptionSpec kTimeout = {
    "timeout", OptionType::duration, "2s", 0.01, 60, {}, "how long a reply is waited for"};
constexpr OptionSpec kLateHorizon = {"late_horizon",
                                     OptionType::duration,
                                     "0s",
                                     0,
                                     300,
                                     {},
                                     "how long a reply is still known as late; 0s = three intervals"};
constexpr OptionSpec kDscp = {
    "dscp", OptionType::integer, "0", 0, 63, {}, "differentiated services code point of what is sent"};
constexpr OptionSpec kSource = {
    "source", OptionType::text, "", 0, 0, {}, "source address; empty = the kernel chooses"};
constexpr OptionSpec kInterface = {
    "interface", OptionType::text, "", 0, 0, {}, "interface to send by; empty = by the routing table"};

constexpr std::array kIcmpOptions = {
    kInterval,
    kPackets,
    kSpacing,
    kTimeout,
    kLateHorizon,
    OptionSpec{"size", OptionType::integer, "56", 16, 8972, {}, "payload in bytes after the ICMP header"},
    kDscp,
    kSource,
    kInterface,
    OptionSpec{"mode", OptionType::choice, "auto", 0, 0, "auto raw unprivileged",
               "raw sockets (CAP_NET_RAW) or unprivileged ping sockets"},
};

constexpr std::array kStampOptions = {
    kInterval,
    kPackets,
    kSpacing,
    kTimeout,
    kLateHorizon,
    OptionSpec{"size", OptionType::integer, "0", 0, 8972, {}, "UDP payload in bytes; 0 = the shortest"},
    kDscp,
    kSource,
    kInterface,
    OptionSpec{"port", OptionType::integer, "862", 1, 65535, {}, "UDP port of the reflector"},
    OptionSpec{"key_file",
               OptionType::text,
               "",
               0,
               0,
               {},
               "file with the HMAC-SHA-256 key of authenticated mode; empty = unauthenticated"},
};

constexpr std::array kMetrics = {Metric::loss_ratio, Metric::rtt_ms, Metric::ipdv_ms};

Result<std::vector<std::byte>> from_hex(std::string_view text, const std::string& path) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned value = 0;
    const auto* begin = text.data() + i;
    const auto [stop, error] =
        std::from_chars(begin, begin + std::min<std::size_t>(2, text.size() - i), value, 16);
    if (error != std::errc{} || stop != begin + 2)
      return fail(
          fmt::format("key_file: {}: after \"hex:\" an even number of hexadecimal digits is expected", path));
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

Result<std::vector<std::byte>> read_key(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return fail(fmt::format("key_file: cannot read {}", path));
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty() || text == "hex:") return fail(fmt::format("key_file: {} holds no key", path));
  if (text.size() > kLongestKey)
    return fail(fmt::format("key_file: {} is longer than {} bytes", path, kLongestKey));
  if (text.starts_with("hex:")) return from_hex(std::string_view(text).substr(4), path);
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return std::vector<std::byte>(begin, begin + text.size());
}

Result<void> set_stamp(PacketSettings& settings, const ProbeOptions& options) {
  settings.port = static_cast<std::uint16_t>(options.integer("port"));
  const auto& key_file = options.text("key_file");
  if (!key_file.empty()) {
    auto key = read_key(key_file);
    if (!key) return tl::make_unexpected(key.error());
    settings.key = std::move(*key);
  }
  const auto shortest = settings.key.empty() ? kStampSize : kAuthenticatedStampSize;
  const auto size = options.integer("size");
  if (size != 0 && size != shortest && !settings.key.empty())
    return fail(
        fmt::format("size: {} with a key_file: authenticated STAMP is sent with {} bytes", size, shortest));
  if (size != 0 && size != shortest && size < shortest + 4)
    return fail(fmt::format("size: {}: STAMP needs {} bytes, or at least {} with padding", size, shortest,
                            shortest + 4));
  settings.payload = static_cast<std::uint16_t>(size == 0 ? shortest : size);
  return {};
}

void set_icmp(PacketSettings& settings, const ProbeOptions& options) {
  settings.payload = static_cast<std::uint16_t>(options.integer("size"));
  const auto& mode = options.text("mode");
  settings.mode = mode == "raw"            ? IcmpMode::raw
                  : mode == "unprivileged" ? IcmpMode::unprivileged
                                           : IcmpMode::automatic;
}

Result<void> check_times(const PacketSettings& settings) {
  const auto needed = (settings.packets - 1) * settings.spacing + settings.timeout;
  if (needed <= settings.interval) return {};
  return fail(fmt::format("interval: {}s is too short: {} packets {}ms apart and a timeout of {}ms take {}ms",
                          to_seconds(settings.interval), settings.packets, to_milliseconds(settings.spacing),
                          to_milliseconds(settings.timeout), to_milliseconds(needed)));
}

}  // namespace

std::span<const OptionSpec> icmp_options() {
  return kIcmpOptions;
}
std::span<const OptionSpec> stamp_options() {
  return kStampOptions;
}
std::span<const Metric> round_metrics() {
  return kMetrics;
}

Result<PacketSettings> packet_settings(std::string_view kind_name, ProbeKindIndex kind,
                                       const ProbeOptions& options) {
  PacketSettings settings;
  settings.protocol = kind_name == "stamp" ? Protocol::stamp : Protocol::icmp;
  settings.kind = kind;
  settings.interval = options.duration("interval");
  settings.packets = static_cast<std::uint16_t>(options.integer("packets"));
  settings.spacing = options.duration("spacing");
  settings.timeout = options.duration("timeout");
  settings.late_horizon = options.duration("late_horizon");
  if (settings.late_horizon == Duration::zero())
    settings.late_horizon = std::min<Duration>(3 * settings.interval, std::chrono::minutes(5));
  settings.dscp = static_cast<std::uint8_t>(options.integer("dscp"));
  settings.interface = options.text("interface");
  if (const auto& source = options.text("source"); !source.empty()) {
    settings.source = parse_address(source);
    if (!settings.source) return fail(fmt::format("source: \"{}\" is not an IP address", source));
  }
  if (auto timely = check_times(settings); !timely) return tl::make_unexpected(timely.error());
  if (settings.protocol == Protocol::icmp) {
    set_icmp(settings, options);
    return settings;
  }
  if (auto stamp = set_stamp(settings, options); !stamp) return tl::make_unexpected(stamp.error());
  return settings;
}

}  // namespace faultline::packet
