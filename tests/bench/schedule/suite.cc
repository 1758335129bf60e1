#include "tests/bench/schedule/suite.h"

#include <algorithm>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace assay::simulation {

absl::StatusOr<std::vector<SuiteBenchmark>> ReadLengths(absl::string_view path,
                                                        absl::string_view text) {
  std::vector<SuiteBenchmark> benchmarks;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    ++number;
    const auto invalid = [&](absl::string_view reason) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", number, ": ", reason));
    };
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ',');
    int32_t output = 0;
    if (fields.size() != 3 || !absl::SimpleAtoi(fields[1], &output)) {
      return invalid("is not BENCHMARK,OUTPUT,LENGTH:ITEMS ...");
    }
    SuiteBenchmark& benchmark = benchmarks.emplace_back();
    benchmark.name = std::string(fields[0]);
    for (const absl::string_view pair : absl::StrSplit(fields[2], ' ')) {
      const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(pair, ':');
      int32_t length = 0;
      size_t items = 0;
      if (!absl::SimpleAtoi(parts.first, &length) || !absl::SimpleAtoi(parts.second, &items) ||
          length < 0 || items > 1000000) {
        return invalid(absl::StrCat("\"", pair, "\" is not LENGTH:ITEMS"));
      }
      benchmark.tokens.insert(benchmark.tokens.end(), items, std::max(1, length + output));
    }
    std::mt19937 random(1);
    // Not std::shuffle, whose order is the library's own.
    for (size_t i = benchmark.tokens.size(); i > 1; --i) {
      std::swap(benchmark.tokens[i - 1], benchmark.tokens[random() % i]);
    }
  }
  return benchmarks;
}

}  // namespace assay::simulation
