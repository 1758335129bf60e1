// What an encoder-decoder of the T5 family is made of, by its config.
#ifndef ASSAY_WORKER_MODEL_T5_SPEC_H_
#define ASSAY_WORKER_MODEL_T5_SPEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "worker/layers/cpu/kernels.h"
#include "worker/layers/linear.h"
#include "worker/layers/norm.h"
#include "worker/layers/relative_bias.h"

namespace assay {

struct T5AttentionSpec {
  std::string norm;  // before it; named by its tensor's common part
  LinearPart queries, keys, values, output;
};

struct T5LayerSpec {
  T5AttentionSpec attention;
  std::string relative_bias;        // of `attention`; empty: the bias of the stack's first layer
  T5AttentionSpec cross_attention;  // the decoder's; without names in the encoder
  std::string feed_forward_norm;
  LinearPart gate;  // none: the layer is not gated
  LinearPart up, down;
};

struct T5StackSpec {
  std::vector<T5LayerSpec> layers;
  std::string final_norm;
  RelativeBuckets buckets;
};

struct T5Spec {
  int64_t vocabulary_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t context_length = 0;
  int64_t heads = 0;
  int64_t head_size = 0;
  int32_t start_token = 0;  // that the decoder begins with
  NormKind norm;
  cpu::Activation activation = cpu::Activation::kRelu;
  LinearPart embedding;
  LinearPart head;  // none: the embedding is the head, too
  float logit_scale = 1;
  T5StackSpec encoder, decoder;
};

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_T5_SPEC_H_
