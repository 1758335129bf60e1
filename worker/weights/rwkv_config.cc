#include "worker/weights/rwkv_config.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr int64_t kContext = 1024;
constexpr int64_t kMostLayers = 1 << 12;

// The size of a dimension of a tensor of two; 0 where there is none of the name.
int64_t SizeOf(const std::vector<StoredTensor>& tensors, absl::string_view name, size_t dimension) {
  const auto found = std::lower_bound(
      tensors.begin(), tensors.end(), name,
      [](const StoredTensor& tensor, absl::string_view wanted) { return tensor.name < wanted; });
  if (found == tensors.end() || found->name != name || found->shape.size() != 2) return 0;
  return found->shape[dimension];
}

int64_t ContextIn(absl::string_view file_name) {
  constexpr absl::string_view kMark = "ctx";
  const size_t at = file_name.rfind(kMark);
  if (at == absl::string_view::npos) return kContext;
  absl::string_view digits = file_name.substr(at + kMark.size());
  size_t count = 0;
  while (count < digits.size() && absl::ascii_isdigit(static_cast<unsigned char>(digits[count]))) {
    ++count;
  }
  int64_t context = 0;
  return absl::SimpleAtoi(digits.substr(0, count), &context) && context > 0 ? context : kContext;
}

}  // namespace

std::optional<nlohmann::json> RwkvConfig(const std::vector<StoredTensor>& tensors,
                                         absl::string_view file_name) {
  const auto size = [&tensors](absl::string_view name, size_t dimension) {
    return SizeOf(tensors, name, dimension);
  };
  const int64_t attention = size("blocks.0.att.key.weight", 0);
  const int64_t intermediate = size("blocks.0.ffn.key.weight", 0);
  const int64_t vocabulary = size("emb.weight", 0);
  if (attention == 0 || intermediate == 0 || vocabulary == 0) return std::nullopt;
  int64_t layers = 1;
  while (layers < kMostLayers && size(absl::StrCat("blocks.", layers, ".att.key.weight"), 0) > 0) {
    ++layers;
  }
  return nlohmann::json{{"model_type", "rwkv"},
                        {"vocab_size", vocabulary},
                        {"hidden_size", size("emb.weight", 1)},
                        {"attention_hidden_size", attention},
                        {"intermediate_size", intermediate},
                        {"num_hidden_layers", layers},
                        {"context_length", ContextIn(file_name)},
                        {"bos_token_id", 0},
                        {"eos_token_id", 0}};
}

}  // namespace assay
