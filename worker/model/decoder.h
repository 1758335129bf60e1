// Decoder-only transformers. What families have in common is here; a family's own file reads its
// config and says what its layers are made of and how its tensors are called.
#ifndef ASSAY_WORKER_MODEL_DECODER_H_
#define ASSAY_WORKER_MODEL_DECODER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "worker/layers/cpu/kernels.h"
#include "worker/layers/linear.h"
#include "worker/layers/norm.h"
#include "worker/layers/position_bias.h"
#include "worker/layers/rotary_embedding.h"
#include "worker/model/model_family.h"

namespace assay {

// How a layer's two halves, attention and feed-forward, meet the residual stream h.
enum class Residual {
  kSequential,    // h += attention(norm(h)); h += feed_forward(norm(h))
  kParallel,      // h += attention(norm(h)) + feed_forward(norm(h))
  kNormedBehind,  // h = norm(h + attention(h)); h = norm(h + feed_forward(h))
  kNormedStream,  // n = norm(h); h = scale n + attention(n); then the same with feed_forward
};

// The end of a prompt whose tokens see one another (GLM, Du et al. 2022): a token that stands for
// what is to be written, and one that begins it. The text before the latter is the prefix; in what
// follows, a token's first position is the mask's, its second counts from 1 on.
struct PrefixMarks {
  int32_t mask = 0;
  int32_t begin = 0;
};

// Norms are named by their tensors' common part; parts and norms without a name are not there.
struct DecoderLayerSpec {
  std::string attention_norm;
  LinearPart queries, keys, values;
  std::string query_norm, key_norm;  // of each head, before it is rotated
  LinearPart attention_output;
  std::string attention_output_norm;  // before it is added to the stream
  std::string feed_forward_norm;      // kParallel: none where the two halves share attention_norm
  LinearPart gate;                    // none: the layer is not gated
  LinearPart up, down;
  std::string feed_forward_output_norm;
  int64_t window = 0;  // tokens that a token sees, up to itself; 0: all
  int rotary = 0;      // which of DecoderSpec::rotary; -1: none
};

struct DecoderSpec {
  int64_t vocabulary_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t context_length = 0;

  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_size = 0;
  float score_scale = 0;  // 0: 1 / sqrt(head_size)
  float score_cap = 0;    // AttentionShape
  float clip = 0;         // HeadTransform
  std::vector<RotaryConfig> rotary;
  std::optional<PositionBias::Settings> position_bias;

  Residual residual = Residual::kSequential;
  float residual_scale = 1;  // kNormedStream
  std::optional<PrefixMarks> prefix_marks;
  NormKind norm;
  NormKind head_norm;  // of queries and keys
  cpu::Activation activation = cpu::Activation::kSilu;

  LinearPart embedding;
  float embedding_scale = 1;  // rounded to the compute type
  LinearPart positions;       // learned; of position p the row p + position_offset
  int64_t position_offset = 0;
  LinearPart embedding_projection;  // from embeddings that are narrower than the stream
  std::string embedding_norm;
  std::vector<DecoderLayerSpec> layers;
  std::string final_norm;
  LinearPart output_projection;  // to the embeddings' width
  LinearPart head;               // none: the embedding is the head, too
  float logit_scale = 1;
  float logit_cap = 0;  // not 0: logits l become cap tanh(l / cap)
};

// A fused matrix as queries, keys and values, one behind the other.
void SplitStacked(const LinearPart& fused, int64_t query_rows, int64_t key_rows,
                  DecoderLayerSpec* layer);
// A fused matrix that has, for each key-value head, its group's queries, its key and its value.
void SplitByHead(const LinearPart& fused, int64_t kv_heads, int64_t group_heads, int64_t head_size,
                 DecoderLayerSpec* layer);

// A fused matrix as the gate and what it is multiplied with, one behind the other.
void SplitGated(const LinearPart& fused, DecoderLayerSpec* layer);

// The sizes must fit together, as ReadDecoderSizes sees to (config_fields.h).
std::unique_ptr<ModelDescription> DescribeDecoder(DecoderSpec spec);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_DECODER_H_
