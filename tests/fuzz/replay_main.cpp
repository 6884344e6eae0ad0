// Runs a fuzz target without a fuzzer: over the files and folders it is given (the kept corpus, fixtures; of
// a file NAME.hex each line is an input), then over a few thousand inputs made of them by a fixed seed, so
// that every test run replays what was ever found and looks a little further. FAULTLINE_FUZZ_RUNS sets the
// number. The input that kills it is left in the file `crash-input`.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;
constexpr std::size_t kMostBytes = 4096;
Input current;

void keep_input(int signal_number) {
  const int fd = open("crash-input", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  if (fd >= 0) [[maybe_unused]]
    const auto written = write(fd, current.data(), current.size());
  constexpr char kMessage[] = "the input is in the file crash-input\n";
  [[maybe_unused]] const auto told = write(2, kMessage, sizeof kMessage - 1);
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

void run(Input input) {
  current = std::move(input);
  // A copy of exactly this size on the heap, so that a sanitizer sees one byte too far.
  LLVMFuzzerTestOneInput(current.data(), current.size());
}

Input from_hex(std::string_view line) {
  Input input;
  for (std::size_t i = 0; i + 1 < line.size(); i += 2)
    input.push_back(static_cast<std::uint8_t>(std::stoul(std::string(line.substr(i, 2)), nullptr, 16)));
  return input;
}

std::vector<Input> read_inputs(int count, char** paths) {
  std::vector<std::filesystem::path> files;
  for (int i = 0; i < count; ++i) {
    if (!std::filesystem::is_directory(paths[i])) {
      files.emplace_back(paths[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(paths[i]))
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // the same order everywhere
  std::vector<Input> inputs;
  for (const auto& path : files) {
    std::ifstream in(path, std::ios::binary);
    if (!in) std::fprintf(stderr, "cannot read %s\n", path.c_str());
    if (path.extension() == ".hex") {
      for (std::string line; std::getline(in, line);) inputs.push_back(from_hex(line));
      continue;
    }
    inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return inputs;
}

class Mutator {
 public:
  explicit Mutator(const std::vector<Input>& seeds) : seeds_(seeds) {}

  Input next() {
    Input input = seeds_.empty() ? Input{} : seeds_[below(seeds_.size())];
    for (std::size_t steps = 1 + below(6); steps > 0; --steps) change(input);
    if (input.size() > kMostBytes) input.resize(kMostBytes);
    return input;
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }  // the same on every library
  std::uint8_t byte() {
    static constexpr std::uint8_t kTelling[] = {0,   1,   '\t', '\n', '\r', ' ', '"', '%', ',',  '-',
                                                '.', '/', '0',  '9',  ':',  '[', '{', '~', 0x7F, 0xFF};
    return below(2) == 0 ? kTelling[below(std::size(kTelling))] : static_cast<std::uint8_t>(random_());
  }
  void change(Input& input) {
    const auto at = static_cast<std::ptrdiff_t>(below(input.size()));
    const auto rest = static_cast<std::ptrdiff_t>(input.size()) - at;
    const auto span = std::min(rest, static_cast<std::ptrdiff_t>(1 + below(16)));
    switch (below(input.empty() ? 1 : 6)) {
      case 0:
        input.insert(input.begin() + at, byte());
        break;
      case 1:
        input[static_cast<std::size_t>(at)] = byte();
        break;
      case 2:
        input[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 3:
        input.erase(input.begin() + at, input.begin() + at + span);
        break;
      case 4: {  // a piece of itself, elsewhere
        const Input piece(input.begin() + at, input.begin() + at + span);
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(below(input.size())), piece.begin(),
                     piece.end());
        break;
      }
      default: {  // goes on as another one does
        const Input& other = seeds_[below(seeds_.size())];
        const auto from = static_cast<std::ptrdiff_t>(below(other.size()));
        input.resize(static_cast<std::size_t>(at));
        input.insert(input.end(), other.begin() + from, other.end());
      }
    }
  }

  const std::vector<Input>& seeds_;
  std::mt19937_64 random_{20'260'314};
};

}  // namespace

int main(int count, char** arguments) try {
  std::signal(SIGABRT, keep_input);
  std::signal(SIGSEGV, keep_input);
  const std::vector<Input> seeds = read_inputs(count - 1, arguments + 1);
  for (const Input& seed : seeds) run(seed);
  run({});
  const char* wanted = std::getenv("FAULTLINE_FUZZ_RUNS");
  const long runs = wanted != nullptr ? std::strtol(wanted, nullptr, 10) : 3000;
  Mutator mutator(seeds);
  for (long i = 0; i < runs; ++i) run(mutator.next());
  std::printf("%zu kept inputs and %ld made of them\n", seeds.size(), runs);
  return seeds.empty() ? 1 : 0;  // a corpus that is not found tests nothing
} catch (const std::exception& error) {
  std::fprintf(stderr, "an exception left the target: %s\n", error.what());
  std::abort();
}
