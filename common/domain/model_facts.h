// What is known of a model beside what its files say: where it comes from and how it was trained.
// An empty field, or 0, is a fact that is not known.
#ifndef ASSAY_COMMON_DOMAIN_MODEL_FACTS_H_
#define ASSAY_COMMON_DOMAIN_MODEL_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// kRlhf: after supervised training, by people's preferences.
enum class TrainingMethod { kUnknown, kPretrained, kSupervised, kRlhf };
// "", "pretrained", "supervised", "rlhf"
absl::string_view TrainingMethodName(TrainingMethod method);
absl::StatusOr<TrainingMethod> ParseTrainingMethod(absl::string_view name);

// Which weights the training changed.
enum class Tuning { kUnknown, kFull, kLora };
absl::string_view TuningName(Tuning tuning);  // "", "full", "lora"
absl::StatusOr<Tuning> ParseTuning(absl::string_view name);

struct ModelFacts {
  std::string name;        // that of a model which is registered, or may be one day
  std::string title;       // as its authors or the leaderboards write it
  std::string family;      // which code runs it: "llama", "t5", "gpt-neox"
  std::string foundation;  // the pretrained model that it stands on: "LLaMA", "T5"
  int64_t parameters = 0;  // as it is called by: 7000000000 of a "7B", whatever the exact number is
  std::string instruction_data;      // "Alpaca", "Flan Collection"
  int64_t instruction_examples = 0;  // of that data, about
  TrainingMethod method = TrainingMethod::kUnknown;
  Tuning tuning = Tuning::kUnknown;
  std::string prompt_template;  // "alpaca", "vicuna": the form of prompt that it was trained on
  std::string precision;        // of the published weights: "float16", "GPTQ 4-bit"
  std::string license;
  std::string source;  // Hugging Face id: "google/flan-t5-xl"
  // What published tables call it, with the size where the name alone is not enough: "Llama 13B".
  std::vector<std::string> aliases;
};

// InvalidArgument, naming the fact: a name that no model can have, a number below 0, a text that is
// longer than 1,000 bytes or holds control characters, or more than 100 aliases.
absl::Status CheckModelFacts(const ModelFacts& facts);

// Sets one fact by its key, which is the field's name: {"method", "supervised"}, {"parameters",
// "7b"}, {"aliases", "Llama 7B, LLaMA-7B"}. An empty value forgets the fact. InvalidArgument for an
// unknown key, naming those there are, and for a value that is none of it.
absl::Status SetFact(absl::string_view key, absl::string_view value, ModelFacts* facts);

// "7b", "0.7B", "350m", "52k" or "52002"; at most three digits after the point count.
absl::StatusOr<int64_t> ParseCount(absl::string_view text);

// Where two sources tell of one model: `other`'s facts where `facts` has none. Names stay.
void FillMissingFacts(const ModelFacts& other, ModelFacts* facts);

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_MODEL_FACTS_H_
