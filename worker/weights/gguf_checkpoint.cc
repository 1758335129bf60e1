#include "worker/weights/gguf_checkpoint.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "worker/weights/gguf_config.h"

namespace assay {
namespace {

struct Rename {
  absl::string_view gguf;
  absl::string_view huggingface;
};
constexpr Rename kModelNames[] = {
    {"token_embd", "model.embed_tokens"},
    {"output_norm", "model.norm"},
    {"output", "lm_head"},
};
constexpr Rename kLayerNames[] = {
    {"attn_norm", "input_layernorm"},    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},      {"attn_v", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj"}, {"ffn_norm", "post_attention_layernorm"},
    {"ffn_gate", "mlp.gate_proj"},       {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
};

template <size_t kCount>
absl::string_view Renamed(const Rename (&names)[kCount], absl::string_view stem) {
  for (const Rename& name : names) {
    if (name.gguf == stem) return name.huggingface;
  }
  return "";
}

// Of the query and key projections' weights and biases; 0 of others.
int64_t PermutedHeads(absl::string_view name, int64_t heads, int64_t kv_heads) {
  if (absl::StrContains(name, ".self_attn.q_proj.")) return heads;
  if (absl::StrContains(name, ".self_attn.k_proj.")) return kv_heads;
  return 0;
}

}  // namespace

std::string HuggingFaceTensorName(absl::string_view gguf_name) {
  const size_t dot = gguf_name.rfind('.');
  if (dot == gguf_name.npos) return std::string(gguf_name);
  absl::string_view stem = gguf_name.substr(0, dot);
  const absl::string_view kind = gguf_name.substr(dot);  // ".weight", ".bias"
  if (absl::string_view name = Renamed(kModelNames, stem); !name.empty()) {
    return absl::StrCat(name, kind);
  }
  if (absl::ConsumePrefix(&stem, "blk.")) {
    const size_t layer_end = std::min(stem.find('.'), stem.size());
    const absl::string_view layer = stem.substr(0, layer_end);
    const absl::string_view name =
        Renamed(kLayerNames, stem.substr(std::min(layer_end + 1, stem.size())));
    if (!name.empty()) return absl::StrCat("model.layers.", layer, ".", name, kind);
  }
  return std::string(gguf_name);
}

absl::StatusOr<std::unique_ptr<Checkpoint>> GgufCheckpoint::Open(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<GgufFile> file, GgufFile::Open(path));
  return FromFile(std::move(file));
}

absl::StatusOr<std::unique_ptr<Checkpoint>> GgufCheckpoint::FromFile(
    std::unique_ptr<GgufFile> file) {
  std::unique_ptr<GgufCheckpoint> checkpoint(new GgufCheckpoint(std::move(file)));
  ASSAY_ASSIGN_OR_RETURN(checkpoint->config_, HuggingFaceConfig(*checkpoint->file_));
  ASSAY_RETURN_IF_ERROR(checkpoint->ListTensors());
  if (checkpoint->config_["model_type"] == "llama") {
    ASSAY_RETURN_IF_ERROR(checkpoint->MarkPermutedHeads());
  }
  return checkpoint;
}

absl::Status GgufCheckpoint::ListTensors() {
  for (const GgufTensor& tensor : file_->tensors()) {
    tensors_.push_back({HuggingFaceTensorName(tensor.name), tensor.shape, tensor.type, tensor.bytes,
                        file_->path(), 0});
  }
  std::sort(tensors_.begin(), tensors_.end(),
            [](const StoredTensor& a, const StoredTensor& b) { return a.name < b.name; });
  for (size_t i = 1; i < tensors_.size(); ++i) {
    if (tensors_[i - 1].name == tensors_[i].name) {
      return absl::InvalidArgumentError(
          absl::StrCat(file_->path(), ": two tensors stand for \"", tensors_[i].name, "\""));
    }
  }
  return absl::OkStatus();
}

absl::Status GgufCheckpoint::MarkPermutedHeads() {
  const int64_t heads = config_["num_attention_heads"].get<int64_t>();
  const int64_t kv_heads = config_["num_key_value_heads"].get<int64_t>();
  for (StoredTensor& tensor : tensors_) {
    tensor.permuted_heads = PermutedHeads(tensor.name, heads, kv_heads);
    if (tensor.permuted_heads == 0) continue;
    const int64_t rows = tensor.shape[0];
    if (rows % tensor.permuted_heads != 0 || rows / tensor.permuted_heads % 2 != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(file_->path(), ": tensor \"", tensor.name, "\" has ", rows,
                       " rows, which are not ", tensor.permuted_heads, " heads of an even size"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> GgufCheckpoint::Digest() const { return Sha256Hex(file_->bytes()); }

}  // namespace assay
