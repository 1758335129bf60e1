// Runs a fuzzer's function over a folder of seeds and over mutations of them, the same on every
// machine and at every run.
//
//   NAME_replay FOLDER [MUTATIONS]  every file of the folder, and MUTATIONS (200,000) mutations of
//   each NAME_replay FILE NUMBER         one file's mutation NUMBER; 0 is the file itself
//
// A crash prints the file and the number, to be given to the second form under a debugger.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kDefaultMutations = 200'000;
constexpr uint64_t kInterestingNumbers[] = {0,
                                            1,
                                            2,
                                            7,
                                            8,
                                            31,
                                            32,
                                            0x7f,
                                            0x80,
                                            0xff,
                                            0x7fff,
                                            0xffff,
                                            0x7fffffff,
                                            0x80000000,
                                            0xffffffff,
                                            0x100000000,
                                            0x7fffffffffffffff,
                                            0x8000000000000000,
                                            0xffffffffffffffff};

char current_case[4096];  // for the signal handler

void Report(int signal_number) {
  constexpr char kText[] = "\ncrashed at ";
  (void)!write(STDERR_FILENO, kText, sizeof(kText) - 1);
  (void)!write(STDERR_FILENO, current_case, std::strlen(current_case));
  (void)!write(STDERR_FILENO, "\n", 1);
  raise(signal_number);  // the handler is gone after the first time
}

void ReportCrashes() {
  struct sigaction action = {};
  action.sa_handler = Report;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) sigaction(number, &action, nullptr);
}

// SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Below(uint64_t limit) { return limit == 0 ? 0 : Next() % limit; }

 private:
  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint64_t state_;
};

void MutateOnce(Random& random, std::string& bytes) {
  const size_t at = random.Below(bytes.size() + 1);
  const size_t left = bytes.size() - at;
  switch (random.Below(7)) {
    case 0:
      if (left > 0) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.Below(8)));
      break;
    case 1:
      if (left > 0) bytes[at] = static_cast<char>(random.Below(256));
      break;
    case 2:
    case 3: {  // a number of 1, 2, 4 or 8 bytes
      uint64_t number = kInterestingNumbers[random.Below(std::size(kInterestingNumbers))];
      if (random.Below(4) == 0) number = bytes.size() - random.Below(16);
      const size_t size = std::min<size_t>(left, size_t{1} << random.Below(4));
      std::memcpy(bytes.data() + at, &number, size);
      break;
    }
    case 4:
      bytes.resize(at);
      break;
    case 5:
      bytes.erase(at, random.Below(std::min<size_t>(left, 32) + 1));
      break;
    case 6: {  // a copy of a piece, elsewhere
      const std::string piece = bytes.substr(at, random.Below(64));
      bytes.insert(random.Below(bytes.size() + 1), piece);
      break;
    }
  }
}

void Run(const fs::path& seed_file, const std::string& seed, uint64_t number) {
  std::snprintf(current_case, sizeof(current_case), "%s %llu", seed_file.c_str(),
                static_cast<unsigned long long>(number));
  std::string bytes = seed;
  if (number > 0) {
    Random random(number);
    for (uint64_t count = 1 + random.Below(4); count > 0; --count) MutateOnce(random, bytes);
  }
  // In a vector of exactly this size, an address sanitizer sees a read past the end.
  const std::vector<uint8_t> input(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

std::string Read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t number = kDefaultMutations;
  if (argc < 2 || argc > 3 || (argc == 3 && !absl::SimpleAtoi(argv[2], &number))) {
    std::fprintf(stderr, "usage: %s FOLDER [MUTATIONS] | FILE NUMBER\n", argv[0]);
    return 2;
  }
  ReportCrashes();
  const fs::path path = argv[1];
  if (fs::is_regular_file(path)) {
    if (argc == 2) number = 0;
    Run(path, Read(path), number);
    return 0;
  }
  std::vector<fs::path> seeds;
  if (fs::is_directory(path)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
      if (entry.is_regular_file()) seeds.push_back(entry.path());
    }
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: no seeds there\n", path.c_str());
    return 1;
  }
  std::sort(seeds.begin(), seeds.end());
  for (const fs::path& seed_file : seeds) {
    const std::string seed = Read(seed_file);
    for (uint64_t i = 0; i <= number; ++i) Run(seed_file, seed, i);
  }
  std::printf("%zu seeds with %llu mutations each\n", seeds.size(),
              static_cast<unsigned long long>(number));
  return 0;
}
