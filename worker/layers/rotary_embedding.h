// Rotary position embedding (Su et al. 2021) in the half-split form, with the scalings that Llama
// checkpoints name.
#ifndef ASSAY_WORKER_LAYERS_ROTARY_EMBEDDING_H_
#define ASSAY_WORKER_LAYERS_ROTARY_EMBEDDING_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace assay {

struct RotaryScaling {
  enum class Type {
    kNone,
    kLinear,   // positions divided by `factor` (Chen et al. 2023)
    kDynamic,  // base grown with the length beyond the original context (NTK-aware); the same as
               // kNone within it
    kLlama3,   // low frequencies divided by `factor`, a smooth passage to the high ones (Llama 3.1)
    kYarn,     // Peng et al. 2023
    kFactors,  // each frequency divided by its own number (GGUF's rope_freqs)
  };
  Type type = Type::kNone;
  float factor = 1.0f;
  float low_frequency_factor = 1.0f;   // kLlama3
  float high_frequency_factor = 4.0f;  // kLlama3
  float beta_fast = 32.0f;             // kYarn
  float beta_slow = 1.0f;              // kYarn
  float attention_factor = 0.0f;       // kYarn; 0: 0.1 ln(factor) + 1
  bool truncate = true;                // kYarn: whole numbers as the correction's bounds
  int64_t original_context = 0;        // tokens the model was trained on before it was scaled
  std::vector<float> factors;          // kFactors: size / 2 of them
};

struct RotaryConfig {
  int64_t size = 0;  // rotated dimensions of a head, even
  float base = 10000.0f;
  RotaryScaling scaling;
  // 2: a token has two positions (GLM, Zeng et al. 2022), and each turns a half of the dimensions.
  int64_t axes = 1;
  bool float16_frequencies = false;  // they are rounded to 16 bits, as the model was trained
};

// Immutable; thread-safe.
class RotaryEmbedding {
 public:
  explicit RotaryEmbedding(const RotaryConfig& config);

  int64_t half() const { return axes_ * static_cast<int64_t>(inverse_frequencies_.size()); }
  // For each token, of which there are `axes` positions side by side, `half()` cosines and as many
  // sines, those of the first position first; times the scaling's attention factor.
  void Angles(absl::Span<const int32_t> positions, float* cosines, float* sines) const;

  const std::vector<float>& inverse_frequencies() const { return inverse_frequencies_; }
  float attention_factor() const { return attention_factor_; }

 private:
  int64_t axes_ = 1;
  std::vector<float> inverse_frequencies_;  // of each axis
  float attention_factor_ = 1.0f;
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_ROTARY_EMBEDDING_H_
