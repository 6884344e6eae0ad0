#include "tests/lab/files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace faultline::lab {

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(fmt::format("{}: {}", path.string(), std::strerror(errno)));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<std::string> read_secret(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return text;
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (text->empty()) return fail(fmt::format("{}: is empty (expected a secret)", path.string()));
  return text;
}

Result<void> write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::path temporary = path;
  temporary += ".new";
  std::ofstream file(temporary, std::ios::binary);
  file << text;
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(temporary, path, error);
  if (!file || error)
    return fail(fmt::format("{}: cannot be written: {}", path.string(),
                            error ? error.message() : std::strerror(errno)));
  return {};
}

}  // namespace faultline::lab
