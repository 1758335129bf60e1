// What several families' configs have: sizes within bounds, activations, rotary positions.
#ifndef ASSAY_WORKER_MODEL_CONFIG_FIELDS_H_
#define ASSAY_WORKER_MODEL_CONFIG_FIELDS_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/linear.h"
#include "worker/layers/rotary_embedding.h"
#include "worker/model/config_reader.h"
#include "worker/model/decoder.h"
#include "worker/weights/checkpoint.h"

namespace assay {

// Bounds that no real model comes near; they keep products of sizes far from overflow.
inline constexpr int64_t kMostLayers = 1 << 12;
inline constexpr int64_t kMostWidth = 1 << 20;
inline constexpr int64_t kMostVocabulary = 1 << 24;
inline constexpr int64_t kMostContext = 1 << 28;

// The reader of a checkpoint's config; `checkpoint` must outlive it.
ConfigReader ConfigOf(const Checkpoint& checkpoint);

// The first of these fields that is there; the first of all when none is.
std::string FirstField(const ConfigReader& config, std::initializer_list<const char*> fields);

// Parts of a decoder without a bias, or with one.
LinearPart Matrix(std::string name, int64_t out, int64_t in,
                  LinearPart::Bias bias = LinearPart::Bias::kNone);
LinearPart Biased(std::string name, int64_t out, int64_t in);

// The sizes that every decoder has, by the names of their fields.
struct DecoderSizes {
  int64_t vocabulary = 0;
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t head = 0;  // hidden / heads, which divides it
};
absl::StatusOr<DecoderSizes> ReadDecoderSizes(const ConfigReader& config,
                                              absl::string_view hidden_field,
                                              absl::string_view layers_field,
                                              absl::string_view heads_field);

// A decoder of these sizes, each head with keys of its own; its layers are to be filled in.
DecoderSpec DecoderOf(const DecoderSizes& sizes);

// What the config has under the names that GPT-2 gave them: sizes, context, epsilon and activation
// of a decoder with layer norms.
struct Gpt2Fields {
  DecoderSizes sizes;
  DecoderSpec spec;
};
absl::StatusOr<Gpt2Fields> ReadGpt2Fields(const ConfigReader& config, int64_t context_otherwise,
                                          const std::string& activation_otherwise);

absl::StatusOr<int64_t> ReadContext(const ConfigReader& config, absl::string_view field,
                                    int64_t otherwise);
absl::StatusOr<float> ReadEpsilon(const ConfigReader& config, absl::string_view field,
                                  double otherwise);
// An activation by the name that transformers has for it.
absl::StatusOr<cpu::Activation> ReadActivation(const ConfigReader& config, absl::string_view field,
                                               const std::string& otherwise);
// That a setting that changes the computation has the only value that is supported.
absl::Status RefuseUnless(const ConfigReader& config, absl::string_view field, bool otherwise,
                          bool supported);

// Rotary positions of the whole head or, by a factor in `part_field` ("partial_rotary_factor",
// "rotary_pct") or among the rope parameters, of its first dimensions. The base is in "rope_theta",
// among the rope parameters or in `base_field`.
absl::StatusOr<RotaryConfig> ReadRotary(const ConfigReader& config, int64_t head_size,
                                        int64_t context_length,
                                        absl::string_view part_field = "partial_rotary_factor",
                                        double part = 1,
                                        absl::string_view base_field = "rope_theta");
absl::StatusOr<RotaryScaling> ReadRotaryScaling(const ConfigReader& config, int64_t context_length);
absl::Status CheckRotarySize(const ConfigReader& config, absl::string_view field, int64_t size);

// Which of the layers see a window only: by "layer_types", or else those that `otherwise` names.
absl::StatusOr<std::vector<bool>> ReadSlidingLayers(const ConfigReader& config, int64_t layers,
                                                    const std::function<bool(int64_t)>& otherwise);

// The rows of one head of `head_size`, each with its first `rotated` rows,
// which come as pairs that are rotated together, put into the half-split order of our kernel.
// Scores are sums over a head's dimensions, so queries and keys may both be reordered.
void AppendHeadRows(int64_t first, int64_t head_size, int64_t rotated, std::vector<int64_t>* rows);
// The rows [first, first + count).
std::vector<int64_t> RowRun(int64_t first, int64_t count);

// The first prefix with which a tensor of this name is stored, or the first of all: files that were
// saved from the bare model lack the part of the name that the head's model adds.
std::string TensorPrefix(const Checkpoint& checkpoint, std::initializer_list<const char*> prefixes,
                         absl::string_view name);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_CONFIG_FIELDS_H_
