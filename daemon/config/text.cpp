#include "daemon/config/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <system_error>

namespace faultline::config {
namespace {

struct Descriptor {
  int fd;
  explicit Descriptor(int f) : fd(f) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

std::string reason_of(int error) {
  switch (error) {
    case ENOENT:
      return "does not exist";
    case EACCES:
      return "may not be read by this user";
    default:
      return "cannot be read: " + std::generic_category().message(error);
  }
}

Position position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 == 0
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(offset - line_begin) + 1};
}

bool starts_with_bytes(std::string_view text, std::string_view bytes) {
  return text.substr(0, bytes.size()) == bytes;
}

// UTF-16 with or without a mark: text that is mostly ASCII has a NUL in every second byte.
bool looks_like_utf16(std::string_view bytes) {
  if (starts_with_bytes(bytes, "\xFF\xFE") || starts_with_bytes(bytes, "\xFE\xFF")) return true;
  const std::string_view head = bytes.substr(0, 64);
  std::size_t even = 0, odd = 0;
  for (std::size_t i = 0; i < head.size(); ++i)
    if (head[i] == '\0') ++(i % 2 == 0 ? even : odd);
  const std::size_t half = head.size() / 2;
  return half >= 2 && ((even == 0 && odd >= half - half / 4) || (odd == 0 && even >= half - half / 4));
}

bool is_plain_word(std::uint64_t word) {
  constexpr std::uint64_t kHigh = 0x8080808080808080U, kOnes = 0x0101010101010101U;
  // No byte above 0x7F, and none below 0x20 (the classic "has less" test of eight bytes at once) or 0x7F.
  const std::uint64_t below = (word - kOnes * 0x20U) & ~word & kHigh;
  const std::uint64_t del = word ^ (kOnes * 0x7FU);
  const std::uint64_t is_del = (del - kOnes) & ~del & kHigh;
  return ((word & kHigh) | below | is_del) == 0;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) return fail(reason_of(errno));
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) return fail(reason_of(errno));
  if (S_ISDIR(status.st_mode)) return fail("is a directory, not a file");
  if (!S_ISREG(status.st_mode)) return fail("is not a regular file");
  if (static_cast<std::uint64_t>(status.st_size) > limit)
    return fail(fmt::format("has {} bytes; at most {} are read", status.st_size, limit));

  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::read(file.fd, text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(reason_of(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  return text;
}

std::string_view without_byte_order_mark(std::string_view text) {
  return starts_with_bytes(text, "\xEF\xBB\xBF") ? text.substr(3) : text;
}

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto is_tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return is_tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!is_tail(1) || !is_tail(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!is_tail(1) || !is_tail(2) || !is_tail(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

std::optional<TextProblem> check_text(std::string_view bytes) {
  if (looks_like_utf16(bytes))
    return TextProblem{{1, 1}, "is UTF-16 text; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)"};
  std::size_t i = 0;
  while (i < bytes.size()) {
    std::uint64_t word = 0;
    if (bytes.size() - i >= sizeof word) {
      std::memcpy(&word, bytes.data() + i, sizeof word);
      if (is_plain_word(word)) {
        i += sizeof word;
        continue;
      }
    }
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte == 0)
      return TextProblem{position_of(bytes, i), "NUL byte; this is not a text file, or a damaged one"};
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F)
      return TextProblem{position_of(bytes, i), fmt::format("control character \\x{:02X}; remove it", byte)};
    const std::size_t length = utf8_length(bytes.substr(i, 4));
    if (length == 0)
      return TextProblem{position_of(bytes, i),
                         fmt::format("byte \\x{:02X} is not UTF-8; save the file as UTF-8 (iconv -f "
                                     "WINDOWS-1252 -t UTF-8, if it is that)",
                                     byte)};
    i += length;
  }
  return std::nullopt;
}

}  // namespace faultline::config
