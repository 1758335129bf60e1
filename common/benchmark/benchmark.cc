#include "common/benchmark/benchmark.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/sha256.h"
#include "common/benchmark/bbh.h"
#include "common/benchmark/crass.h"
#include "common/benchmark/drop.h"
#include "common/benchmark/hhh.h"
#include "common/benchmark/human_eval.h"
#include "common/benchmark/mmlu.h"

namespace assay {

absl::string_view RequestTypeName(RequestType type) {
  switch (type) {
    case RequestType::kGenerate:
      return "generate";
    case RequestType::kScoreChoices:
      return "score_choices";
  }
  return "";
}

absl::StatusOr<const ProtocolSpec*> Benchmark::FindProtocol(absl::string_view name) const {
  for (const ProtocolSpec& protocol : protocols()) {
    if (protocol.name == name) return &protocol;
  }
  const auto append_name = [](std::string* out, const ProtocolSpec& protocol) {
    absl::StrAppend(out, protocol.name);
  };
  return absl::NotFoundError(
      absl::StrCat("benchmark ", this->name(), " has no protocol \"", name,
                   "\"; there are: ", absl::StrJoin(protocols(), ", ", append_name)));
}

std::string Benchmark::RenderVariant(const ProtocolSpec& protocol, const Item& item,
                                     absl::Span<const Item> shots, int variant) const {
  return RenderPrompt(protocol, item, shots);
}

absl::Span<const Benchmark* const> AllBenchmarks() {
  static const std::array<const Benchmark*, 6> benchmarks = {
      new BbhBenchmark, new CrassBenchmark,     new DropBenchmark,
      new HhhBenchmark, new HumanEvalBenchmark, new MmluBenchmark};
  return benchmarks;
}

absl::StatusOr<const Benchmark*> FindBenchmark(absl::string_view name) {
  for (const Benchmark* benchmark : AllBenchmarks()) {
    if (benchmark->name() == name) return benchmark;
  }
  const auto append_name = [](std::string* out, const Benchmark* benchmark) {
    absl::StrAppend(out, benchmark->name());
  };
  return absl::NotFoundError(absl::StrCat("unknown benchmark \"", name, "\"; there are: ",
                                          absl::StrJoin(AllBenchmarks(), ", ", append_name)));
}

std::string DatasetDigest(absl::Span<const SourceFile> files) {
  std::vector<const SourceFile*> ordered;
  for (const SourceFile& file : files) ordered.push_back(&file);
  std::sort(ordered.begin(), ordered.end(),
            [](const SourceFile* a, const SourceFile* b) { return a->path < b->path; });
  constexpr absl::string_view kNul("\0", 1);
  Sha256 digest;
  for (const SourceFile* file : ordered) {
    digest.Update(absl::StrCat(file->path, kNul, file->content.size(), kNul));
    digest.Update(file->content);
  }
  return digest.Finish();
}

}  // namespace assay
