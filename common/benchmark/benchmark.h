// A benchmark: how its files are read, and how its protocols turn items into prompts.
#ifndef ASSAY_COMMON_BENCHMARK_BENCHMARK_H_
#define ASSAY_COMMON_BENCHMARK_BENCHMARK_H_

#include <cstddef>
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

// What a choice is to the model (kScoreChoices).
enum class ChoiceTokens {
  kContinuation,  // the tokens that the choice adds to the prompt, as lm-evaluation-harness has it
  kFirstToken,    // the first token of the choice's own text, whatever is before it
};

// The program that is made of an output and run by the worker: the item's prompt, the completion
// and the item's tests, in Python. The kinds differ in how a completion is taken from the output.
enum class ProgramKind {
  kNone,
  kHumanEval,         // as INSTRUCTEVAL does
  kHumanEvalChatGlm,  // as it does of ChatGLM's answers
  kHumanEvalWhole,    // the output up to the protocol's stop texts
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
  std::map<std::string, std::string> grader_parameters =
      {};  // by name; those not named: the grader's own
  // What is generated counts up to where the first of these texts begins. The stored output is
  // whole.
  std::vector<std::string> stop_texts = {};
  // The temperature that is sampled at, by the number of samples of an item; empty: greedily.
  std::map<int, double> temperatures = {};
  Averaging averaging = Averaging::kMicro;
  // What precedes a choice's label in the continuation that is scored (kScoreChoices).
  std::string choice_prefix;
  ChoiceTokens choice_tokens = ChoiceTokens::kContinuation;
  // Prompts of an item, more than one with kScoreChoices only. Each is a request of its own; the
  // prediction has the log-likelihoods of all choices after the first prompt, then after the next.
  int variants = 1;
  ProgramKind program = ProgramKind::kNone;  // else with kGenerate only
  // What the share of correct items is called, and the mean of Score::value() where the grader
  // tells more than right and wrong; the latter, when not empty, is the protocol's first metric.
  // Without either the protocol has no metric.
  std::string verdict_metric = "accuracy";
  std::string value_metric = "";
  // Not empty: what judges rate from 1 to 5. The items are then asked together with the answers of
  // another run, RunSpec::judged_run, and the first metric is the mean rating.
  std::string criterion = "";
};

// Stands between an item's prompts where they are stored and shown as one text.
inline constexpr char kVariantSeparator[] = "\n\n=== the same item, asked again ===\n\n";

// The items of one group that serve as few-shot examples, and those that are asked.
struct Selection {
  std::vector<Item> shots;
  std::vector<Item> items;
};

// The text that declares a benchmark (common/declaration).
struct BenchmarkSource {
  int version = 0;
  std::string text;    // YAML
  std::string sha256;  // of the text
  bool built_in = false;
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
  // The item's prompt number `variant`, in [0, protocol.variants). Number 0 is RenderPrompt's.
  virtual std::string RenderVariant(const ProtocolSpec& protocol, const Item& item,
                                    absl::Span<const Item> shots, int variant) const;
  // The continuation that is scored for item.choices[choice] (kScoreChoices): the choice itself
  // behind the protocol's prefix, unless told otherwise.
  virtual std::string RenderChoice(const ProtocolSpec& protocol, const Item& item,
                                   size_t choice) const;

  // Names of the larger groups that `group` belongs to: {"subcategory:math", "category:STEM"};
  // empty when there are none.
  virtual std::vector<std::string> ParentGroups(absl::string_view group) const { return {}; }

  // Null for a benchmark that is written in C++.
  virtual const BenchmarkSource* source() const { return nullptr; }
  // Of a user's benchmark: the digest of what its declaration says of the data. Items that were
  // read by other rules are not this benchmark's.
  virtual absl::string_view reading_sha256() const { return {}; }
};

// Reads the benchmark's files below the folder `directory`, in order of path; or that file alone
// when it is the path of a file. An error when there is none.
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
// Drops shots, last first, until the item's prompt `variant` has at most protocol.max_input tokens
// by `count_tokens`.
absl::StatusOr<FittedPrompt> FitPrompt(
    const Benchmark& benchmark, const ProtocolSpec& protocol, const Item& item,
    absl::Span<const Item> shots,
    const std::function<absl::StatusOr<int64_t>(absl::string_view)>& count_tokens, int variant = 0);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_BENCHMARK_H_
