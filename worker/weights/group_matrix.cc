#include "worker/weights/group_matrix.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/weights/packed_bits.h"

namespace assay {
namespace {

// Where AWQ's output i of eight lies in their word.
constexpr int kAwqNibble[8] = {0, 4, 1, 5, 2, 6, 3, 7};

class GroupMatrix : public QuantizedMatrix {
 public:
  struct Tensors {
    const char* weights;
    const char* zeros;
    const StoredTensor* scales;
  };

  GroupMatrix(const QuantizationConfig& config, int64_t out, int64_t in,
              std::vector<int32_t> group_of, Tensors tensors)
      : awq_(config.method == QuantizationMethod::kAwq),
        bits_(config.bits),
        zeros_less_one_(!awq_ && config.zeros_less_one),
        out_(out),
        in_(in),
        groups_(tensors.scales->shape[0]),
        group_of_(std::move(group_of)),
        weights_(tensors.weights),
        zeros_(tensors.zeros),
        scale_type_(tensors.scales->type),
        scales_(tensors.scales->bytes.data()) {}

  void ReadRows(int64_t begin, int64_t end, float* out) const override {
    const int64_t count = end - begin;
    // Of each group, the rows' scales and zeros.
    std::vector<float> scales(static_cast<size_t>(groups_ * count));
    std::vector<int32_t> zeros(scales.size());
    const int64_t scale_bytes = Info(scale_type_).block_bytes;
    for (int64_t group = 0; group < groups_; ++group) {
      ToFloat32(scale_type_, scales_ + (group * out_ + begin) * scale_bytes, count,
                scales.data() + group * count);
      for (int64_t i = 0; i < count; ++i) {
        zeros[static_cast<size_t>(group * count + i)] = Zero(group, begin + i);
      }
    }
    for (int64_t k = 0; k < in_; ++k) {
      const int64_t at = group_of_[static_cast<size_t>(k)] * count;
      const float* scale = scales.data() + at;
      const int32_t* zero = zeros.data() + at;
      for (int64_t i = 0; i < count; ++i) {
        out[i * in_ + k] = scale[i] * static_cast<float>(Weight(k, begin + i) - zero[i]);
      }
    }
  }

  std::optional<FourBitWeights> ReadFourBits() const override {
    if (bits_ != 4) return std::nullopt;
    FourBitWeights four = {.out = out_, .in = in_};
    const int64_t row_bytes = (in_ + 1) / 2;
    four.values.resize(static_cast<size_t>(out_ * row_bytes));
    four.scales.resize(static_cast<size_t>(out_ * groups_));
    four.zeros.resize(four.scales.size());
    four.group_of.assign(group_of_.begin(), group_of_.end());
    const int64_t scale_bytes = Info(scale_type_).block_bytes;
    for (int64_t o = 0; o < out_; ++o) {
      for (int64_t k = 0; k < in_; ++k) {
        four.values[static_cast<size_t>(o * row_bytes + k / 2)] |=
            static_cast<uint8_t>(Weight(k, o) << (k % 2 * 4));
      }
      for (int64_t group = 0; group < groups_; ++group) {
        const size_t at = static_cast<size_t>(o * groups_ + group);
        ToFloat32(scale_type_, scales_ + (group * out_ + o) * scale_bytes, 1, &four.scales[at]);
        four.zeros[at] = static_cast<float>(Zero(group, o));
      }
    }
    return four;
  }

  std::string TypeName() const override {
    return absl::StrCat(awq_ ? "AWQ " : "GPTQ ", bits_, "-bit");
  }

 private:
  static int32_t AwqValue(const char* row, int64_t output) {
    const uint32_t word = LoadAs<uint32_t>(row + output / 8 * 4);
    return static_cast<int32_t>(word >> (4 * kAwqNibble[output % 8]) & 15);
  }
  int32_t Weight(int64_t k, int64_t output) const {
    if (awq_) return AwqValue(weights_ + k * out_ / 8 * 4, output);
    return static_cast<int32_t>(PackedValue(weights_ + output * 4, out_, k, bits_));
  }
  int32_t Zero(int64_t group, int64_t output) const {
    if (awq_) return AwqValue(zeros_ + group * out_ / 8 * 4, output);
    const uint32_t zero =
        PackedValue(zeros_ + group * PackedWords(out_, bits_) * 4, 1, output, bits_);
    return static_cast<int32_t>(zeros_less_one_ ? (zero + 1) & ((1u << bits_) - 1) : zero);
  }

  const bool awq_;
  const int bits_;
  const bool zeros_less_one_;
  const int64_t out_, in_, groups_;
  const std::vector<int32_t> group_of_;  // of each input
  const char* const weights_;
  const char* const zeros_;
  const TensorType scale_type_;
  const char* const scales_;
};

// The matrix of words that the rest of a layer is held against.
absl::StatusOr<const StoredTensor*> NeedWords(const QuantizedParts& parts,
                                              const std::string& layer) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* words, parts.Need(layer, ".qweight"));
  if (words->type != TensorType::kInt32 || words->shape.size() != 2 || words->shape[0] == 0 ||
      words->shape[1] == 0) {
    return PartError(*words, "is no matrix of int32");
  }
  return words;
}

int64_t GroupSize(const QuantizationConfig& config, int64_t in) {
  return config.group_size < 0 ? in : config.group_size;
}

absl::StatusOr<std::vector<int32_t>> ReadGroups(const QuantizationConfig& config,
                                                const StoredTensor* g_idx, int64_t in,
                                                int64_t groups) {
  std::vector<int32_t> group_of(static_cast<size_t>(in));
  for (int64_t k = 0; k < in; ++k) {
    const int32_t group = g_idx == nullptr ? static_cast<int32_t>(k / GroupSize(config, in))
                                           : LoadAs<int32_t>(g_idx->bytes.data() + k * 4);
    if (group < 0 || group >= groups) {
      return PartError(*g_idx, "puts input ", k, " into group ", group, "; there are ", groups);
    }
    group_of[static_cast<size_t>(k)] = group;
  }
  return group_of;
}

}  // namespace

absl::StatusOr<QuantizedLayer> OpenGptqLayer(const QuantizationConfig& config,
                                             const QuantizedParts& parts,
                                             const std::string& layer) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* words, NeedWords(parts, layer));
  const int64_t out = words->shape[1];
  int64_t in = words->shape[0] * 32 / config.bits;
  const StoredTensor* g_idx = parts.Find(absl::StrCat(layer, ".g_idx"));
  if (g_idx != nullptr) {
    if (g_idx->shape.size() != 1) return PartError(*g_idx, "is no list");
    in = g_idx->shape[0];
    ASSAY_ASSIGN_OR_RETURN(g_idx, parts.NeedIntegers(layer, ".g_idx", TensorType::kInt32, {in}));
  }
  if (in == 0 || PackedWords(in, config.bits) != words->shape[0]) {
    return PartError(*words, "has ", words->shape[0], " rows of words, which do not hold ", in,
                     " inputs of ", config.bits, " bits (\"bits\" of ", config.where, ")");
  }
  const int64_t group_size = GroupSize(config, in);
  const int64_t groups = (in + group_size - 1) / group_size;
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* zeros,
                         parts.NeedIntegers(layer, ".qzeros", TensorType::kInt32,
                                            {groups, PackedWords(out, config.bits)}));
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* scales,
                         parts.NeedFloats(layer, ".scales", {groups, out}));
  ASSAY_ASSIGN_OR_RETURN(std::vector<int32_t> group_of, ReadGroups(config, g_idx, in, groups));
  return QuantizedLayer{
      out, in,
      std::make_shared<GroupMatrix>(
          config, out, in, std::move(group_of),
          GroupMatrix::Tensors{words->bytes.data(), zeros->bytes.data(), scales})};
}

absl::StatusOr<QuantizedLayer> OpenAwqLayer(const QuantizationConfig& config,
                                            const QuantizedParts& parts, const std::string& layer) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* words, NeedWords(parts, layer));
  const int64_t in = words->shape[0];
  const int64_t out = words->shape[1] * 8;
  const int64_t group_size = GroupSize(config, in);
  if (in % group_size != 0) {
    return PartError(*words, "has ", in, " inputs, which are not whole groups of ", group_size,
                     " (\"group_size\" of ", config.where, ")");
  }
  const int64_t groups = in / group_size;
  ASSAY_ASSIGN_OR_RETURN(
      const StoredTensor* zeros,
      parts.NeedIntegers(layer, ".qzeros", TensorType::kInt32, {groups, words->shape[1]}));
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* scales,
                         parts.NeedFloats(layer, ".scales", {groups, out}));
  ASSAY_ASSIGN_OR_RETURN(std::vector<int32_t> group_of, ReadGroups(config, nullptr, in, groups));
  return QuantizedLayer{
      out, in,
      std::make_shared<GroupMatrix>(
          config, out, in, std::move(group_of),
          GroupMatrix::Tensors{words->bytes.data(), zeros->bytes.data(), scales})};
}

}  // namespace assay
