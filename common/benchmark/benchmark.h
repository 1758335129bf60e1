// A benchmark: how its files are read, and how its protocols turn items into prompts.
#ifndef ASSAY_COMMON_BENCHMARK_BENCHMARK_H_
#define ASSAY_COMMON_BENCHMARK_BENCHMARK_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/domain/item.h"

namespace assay {

// A file of a dataset as it was handed in. `path` is relative to the imported folder, with '/'.
struct SourceFile {
  std::string path;
  std::string content;
};

enum class RequestType {
  kGenerate,      // greedy continuation of the prompt
  kScoreChoices,  // log-likelihood of each choice after the prompt
};
absl::string_view RequestTypeName(RequestType type);  // "generate", "score_choices"

enum class Averaging {
  kMicro,  // mean over all items
  kMacro,  // mean over the groups of each group's mean
};

// A named way to run a benchmark. Raise `version` with every change that may change a prompt, a
// request or a verdict.
struct ProtocolSpec {
  std::string name;  // "instructeval", "lm-eval"
  int version = 1;
  int shots = 0;
  RequestType request_type = RequestType::kGenerate;
  int max_input =
      0;  // tokens, special tokens included; shots are dropped, last first, until the prompt fits
  int max_output = 0;  // new tokens; 0 for kScoreChoices
  std::string grader;  // a name that common/scoring knows
  Averaging averaging = Averaging::kMicro;
  // What precedes a choice's label in the continuation that is scored (kScoreChoices).
  std::string choice_prefix;
};

// The items of one group that serve as few-shot examples, and those that are asked.
struct Selection {
  std::vector<Item> shots;
  std::vector<Item> items;
};

// Stateless; thread-safe.
class Benchmark {
 public:
  virtual ~Benchmark() = default;

  virtual absl::string_view name() const = 0;
  virtual absl::string_view description() const = 0;
  // The default first.
  virtual const std::vector<ProtocolSpec>& protocols() const = 0;
  // NotFound, naming the protocols there are.
  absl::StatusOr<const ProtocolSpec*> FindProtocol(absl::string_view name) const;

  // Whether a file of the folder is part of the dataset ("test/astronomy_test.csv"); others are
  // left alone.
  virtual bool IsDataFile(absl::string_view path) const = 0;
  // All items of both splits, groups in order of name, ordinals set. InvalidArgument names file,
  // line and reason.
  virtual absl::StatusOr<std::vector<Item>> Parse(absl::Span<const SourceFile> files) const = 0;

  // `group` holds all items of one group, both splits, in order. InvalidArgument when there are
  // fewer than `shots` examples.
  virtual absl::StatusOr<Selection> Select(const ProtocolSpec& protocol, int shots,
                                           absl::Span<const Item> group) const = 0;
  // The prompt of `item` after these shots, in this order.
  virtual std::string RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                                   absl::Span<const Item> shots) const = 0;

  // Names of the larger groups that `group` belongs to: {"subcategory:math", "category:STEM"};
  // empty when there are none.
  virtual std::vector<std::string> ParentGroups(absl::string_view group) const { return {}; }
};

// The benchmarks there are, in order of name. They live as long as the process.
absl::Span<const Benchmark* const> AllBenchmarks();
// NotFound, naming the benchmarks there are.
absl::StatusOr<const Benchmark*> FindBenchmark(absl::string_view name);

// Reads the benchmark's files below the folder `directory`, in order of path. An error when there
// is none.
absl::StatusOr<std::vector<SourceFile>> CollectFiles(const Benchmark& benchmark,
                                                     const std::string& directory);
// DatasetInfo::sha256 of these files, whatever their order.
std::string DatasetDigest(absl::Span<const SourceFile> files);

// A prompt that fits, and what it took.
struct FittedPrompt {
  std::string text;
  int shots_used = 0;
  bool over_max_input =
      false;  // does not fit with no shot at all; text is then the prompt without shots
};
// Drops shots, last first, until the prompt has at most protocol.max_input tokens by
// `count_tokens`.
absl::StatusOr<FittedPrompt> FitPrompt(
    const Benchmark& benchmark, const ProtocolSpec& protocol, const Item& item,
    absl::Span<const Item> shots,
    const std::function<absl::StatusOr<int64_t>(absl::string_view)>& count_tokens);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_BENCHMARK_H_
