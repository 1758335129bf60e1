// Writes how long the questions of the suite's benchmarks are, from their published files:
//   schedule_lengths FOLDER > tests/bench/schedule/lengths.csv
// FOLDER has a folder or a file for each benchmark: mmlu, bbh, drop/drop_dataset_dev...json.gz,
// crass, hhh, human_eval, and impact (MT-bench's questions stand in for IMPACT's own, which are
// not published in a form that may be included).
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "common/benchmark/utf8.h"
#include "common/catalog/built_in.h"

namespace assay {
namespace {

constexpr int64_t kCharactersPerToken = 4;
constexpr int64_t kStep = 8;  // lengths are rounded up to a multiple

absl::Status Write(const std::string& name, const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(const Benchmark* benchmark, FindBenchmark(name));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<SourceFile> files, CollectFiles(*benchmark, path));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<Item> items, benchmark->Parse(files));
  std::map<std::string, std::vector<Item>> groups;
  for (const Item& item : items) groups[item.group].push_back(item);
  const ProtocolSpec& protocol = benchmark->protocols().front();
  std::map<int64_t, int64_t> lengths;
  for (const auto& [group, members] : groups) {
    ASSAY_ASSIGN_OR_RETURN(const Selection selection,
                           benchmark->Select(protocol, protocol.shots, members));
    for (const Item& item : selection.items) {
      int64_t characters = 0;
      for (int variant = 0; variant < protocol.variants; ++variant) {
        characters += CountCharacters(benchmark->RenderVariant(protocol, item, {}, variant));
      }
      const int64_t tokens = (characters + kCharactersPerToken - 1) / kCharactersPerToken;
      ++lengths[(tokens + kStep - 1) / kStep * kStep];
    }
  }
  std::string line = absl::StrCat(name, ",", protocol.max_output, ",");
  for (const auto& [length, count] : lengths) {
    absl::StrAppend(&line, line.back() == ',' ? "" : " ", length, ":", count);
  }
  std::puts(line.c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: schedule_lengths FOLDER\n", stderr);
    return 2;
  }
  const std::vector<std::pair<const char*, const char*>> places = {
      {"mmlu", "mmlu"},
      {"bbh", "bbh"},
      {"drop", "drop/drop_dataset_dev.reconstructed.json.gz"},
      {"crass", "crass"},
      {"hhh", "hhh"},
      {"human_eval", "human_eval"},
      {"impact", "writing_standin/mt_bench.question.jsonl"}};
  for (const auto& [name, place] : places) {
    const absl::Status status = assay::Write(name, std::string(argv[1]) + "/" + place);
    if (!status.ok()) {
      std::fprintf(stderr, "%s: %s\n", name, std::string(status.message()).c_str());
      return 1;
    }
  }
  return 0;
}
