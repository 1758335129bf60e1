// How a run asks its questions: everything that a user may choose, and that a run's record keeps.
#ifndef ASSAY_COMMON_DOMAIN_RUN_SETTINGS_H_
#define ASSAY_COMMON_DOMAIN_RUN_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// What a model computes in. kInt8: weights of 8 bits, everything else as for kBFloat16. kLlmInt8:
// LLM.int8(), products of 8 bits in the layers, everything else as for kFloat16.
enum class Precision { kFloat32, kBFloat16, kFloat16, kInt8, kLlmInt8 };
// "float32", "bfloat16", "float16", "int8", "llm-int8"
absl::string_view PrecisionName(Precision precision);
absl::StatusOr<Precision> ParsePrecision(absl::string_view name);

// What is put around the protocol's prompt.
enum class PromptTemplate {
  kNone,    // nothing: the protocol's prompt as it is
  kChat,    // the model's own chat template; the prompt is the user's message
  kAlpaca,  // Alpaca's instruction template; the prompt is the instruction
};
absl::string_view PromptTemplateName(PromptTemplate prompt_template);  // "none", "chat", "alpaca"
absl::StatusOr<PromptTemplate> ParsePromptTemplate(absl::string_view name);

// Whether a prompt begins with the model's BOS token; never with two.
enum class BosHandling {
  kDefault,  // as the tokenizer adds it; with the chat template, as the template writes it
  kAlways,
  kNever,
};
absl::string_view BosHandlingName(BosHandling bos);  // "default", "always", "never"
absl::StatusOr<BosHandling> ParseBosHandling(absl::string_view name);

// At most so many samples of an item.
inline constexpr int kMostSamples = 1000;

// How tokens are chosen from what the model computes. Greedy: the most probable one, always. Else
// the logits are divided by `temperature`, all but the `top_k` most probable tokens are left out,
// then all but the fewest most probable ones whose probabilities come to `top_p`.
struct SamplingSettings {
  // 0: greedy. Absent: the protocol's own; the planner fills it in.
  std::optional<double> temperature;
  double top_p = 1;  // in (0, 1]; 1: no token is left out
  int top_k = 0;     // 0: no token is left out
  int64_t seed = 0;  // at least 0; the same seed gives the same samples
  int samples = 1;   // of each item, at most kMostSamples

  bool greedy() const { return temperature.value_or(0) == 0; }
};

struct RunSettings {
  std::string protocol;      // "instructeval", "lm-eval"
  int protocol_version = 0;  // filled in by the planner
  int shots = -1;            // -1: the protocol's own number
  Precision precision = Precision::kBFloat16;
  int64_t limit = 0;  // at most so many items of each group, in file order; 0: all
  PromptTemplate prompt_template = PromptTemplate::kNone;
  // The system message of the chat template, or what stands for Alpaca's preamble; empty: none, or
  // Alpaca's own.
  std::string system_prompt;
  BosHandling bos = BosHandling::kDefault;
  SamplingSettings sampling;
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_RUN_SETTINGS_H_
