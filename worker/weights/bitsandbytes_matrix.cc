#include "worker/weights/bitsandbytes_matrix.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/weights/float_bits.h"
#include "worker/weights/json_object.h"

namespace assay {
namespace {

using nlohmann::json;

constexpr int64_t kMostBlock = 1 << 16;
constexpr const char* kTypes[] = {"nf4", "fp4"};

std::vector<float> Floats(const StoredTensor& tensor) {
  std::vector<float> values(tensor.bytes.size() /
                            static_cast<size_t>(Info(tensor.type).block_bytes));
  ToFloat32(tensor.type, tensor.bytes.data(), static_cast<int64_t>(values.size()), values.data());
  return values;
}

class Int8Matrix : public QuantizedMatrix {
 public:
  Int8Matrix(int64_t in, const char* weights, std::vector<float> greatest)
      : in_(in), weights_(weights), greatest_(std::move(greatest)) {}

  void ReadRows(int64_t begin, int64_t end, float* out) const override {
    for (int64_t row = begin; row < end; ++row) {
      const float greatest = greatest_[static_cast<size_t>(row)];
      for (int64_t k = 0; k < in_; ++k) {
        const int8_t value = LoadAs<int8_t>(weights_ + row * in_ + k);
        *out++ = static_cast<float>(value) * greatest * (1.0f / 127.0f);
      }
    }
  }
  std::string TypeName() const override { return "LLM.int8"; }

 private:
  const int64_t in_;
  const char* const weights_;
  const std::vector<float> greatest_;  // of each row
};

class FourBitMatrix : public QuantizedMatrix {
 public:
  FourBitMatrix(std::string type, int64_t in, int64_t block, const char* weights,
                const std::vector<float>& quant_map, std::vector<float> scales)
      : type_(std::move(type)),
        in_(in),
        block_(block),
        weights_(weights),
        scales_(std::move(scales)) {
    std::copy_n(quant_map.begin(), quant_map_.size(), quant_map_.begin());
  }

  void ReadRows(int64_t begin, int64_t end, float* out) const override {
    for (int64_t i = begin * in_; i < end * in_; ++i) {
      *out++ = quant_map_[Nibble(i)] * scales_[static_cast<size_t>(i / block_)];
    }
  }
  std::optional<FourBitWeights> ReadFourBits() const override {
    if (in_ % block_ != 0) return std::nullopt;
    FourBitWeights four = {.out = static_cast<int64_t>(scales_.size()) * block_ / in_, .in = in_};
    four.values.resize(static_cast<size_t>(four.out * ((in_ + 1) / 2)));
    for (int64_t i = 0; i < four.out * in_; ++i) {
      const int64_t o = i / in_, k = i % in_;
      four.values[static_cast<size_t>(o * ((in_ + 1) / 2) + k / 2)] |=
          static_cast<uint8_t>(Nibble(i) << (k % 2 * 4));
    }
    four.scales = scales_;
    four.table.assign(quant_map_.begin(), quant_map_.end());
    for (int64_t k = 0; k < in_; ++k) four.group_of.push_back(k / block_);
    return four;
  }
  std::string TypeName() const override { return type_; }

 private:
  size_t Nibble(int64_t i) const {
    const uint8_t byte = LoadAs<uint8_t>(weights_ + i / 2);
    return i % 2 == 0 ? byte >> 4 : byte & 15;
  }

  const std::string type_;
  const int64_t in_, block_;
  const char* const weights_;
  std::array<float, 16> quant_map_ = {};
  const std::vector<float> scales_;  // of each block
};

const StoredTensor* FindState(const QuantizedParts& parts, const std::string& layer,
                              std::string* type) {
  for (const char* name : kTypes) {
    const StoredTensor* state =
        parts.Find(absl::StrCat(layer, ".weight.quant_state.bitsandbytes__", name));
    if (state == nullptr) continue;
    *type = name;
    return state;
  }
  return nullptr;
}

// A positive whole number.
absl::StatusOr<int64_t> Size(const StoredTensor& state, const json& value, absl::string_view field,
                             int64_t most) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() < 1 ||
      value.get<uint64_t>() > static_cast<uint64_t>(most)) {
    return PartError(state, "has a \"", field, "\" that is no whole number from 1 to ", most);
  }
  return value.get<int64_t>();
}

// The scales of the blocks where they are quantized themselves.
absl::StatusOr<std::vector<float>> NestedScales(const QuantizedParts& parts,
                                                const std::string& layer, const StoredTensor& state,
                                                const json& fields, int64_t count) {
  ASSAY_ASSIGN_OR_RETURN(const int64_t block, Size(state, fields.value("nested_blocksize", json()),
                                                   "nested_blocksize", kMostBlock));
  const json offset = fields.value("nested_offset", json());
  if (!offset.is_number()) return PartError(state, "has no number \"nested_offset\"");
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* bytes,
                         parts.NeedIntegers(layer, ".weight.absmax", TensorType::kUInt8, {count}));
  ASSAY_ASSIGN_OR_RETURN(
      const StoredTensor* nested,
      parts.NeedFloats(layer, ".weight.nested_absmax", {(count + block - 1) / block}));
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* map,
                         parts.NeedFloats(layer, ".weight.nested_quant_map", {256}));
  const std::vector<float> scale_of = Floats(*nested), value_of = Floats(*map);
  std::vector<float> scales(static_cast<size_t>(count));
  for (size_t i = 0; i < scales.size(); ++i) {
    const uint8_t byte = static_cast<uint8_t>(bytes->bytes[i]);
    scales[i] = value_of[byte] * scale_of[i / static_cast<size_t>(block)] + offset.get<float>();
  }
  return scales;
}

}  // namespace

absl::StatusOr<QuantizedLayer> OpenInt8Layer(const QuantizedParts& parts,
                                             const std::string& layer) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* weight, parts.Need(layer, ".weight"));
  if (weight->type != TensorType::kInt8 || weight->shape.size() != 2) {
    return PartError(*weight, "is no matrix of int8");
  }
  const int64_t out = weight->shape[0], in = weight->shape[1];
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* greatest, parts.NeedFloats(layer, ".SCB", {out}));
  const StoredTensor* format = parts.Find(absl::StrCat(layer, ".weight_format"));
  if (format != nullptr && format->bytes.find_first_not_of('\0') != absl::string_view::npos) {
    return PartError(*format,
                     "says that the weights lie in an order of a graphics processor; "
                     "save the model again with a newer bitsandbytes");
  }
  return QuantizedLayer{out, in,
                        std::make_shared<Int8Matrix>(in, weight->bytes.data(), Floats(*greatest))};
}

bool IsFourBitLayer(const QuantizedParts& parts, const std::string& layer) {
  std::string type;
  return FindState(parts, layer, &type) != nullptr;
}

absl::StatusOr<QuantizedLayer> OpenFourBitLayer(const QuantizedParts& parts,
                                                const std::string& layer) {
  std::string type;
  const StoredTensor* state = FindState(parts, layer, &type);
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* weight, parts.Need(layer, ".weight"));
  if (state == nullptr) return PartError(*weight, "has no quant_state.bitsandbytes__nf4 or fp4");
  ASSAY_ASSIGN_OR_RETURN(
      const json fields,
      ParseJsonObject(absl::StrCat(state->file, ": ", state->name), state->bytes));
  const json shape = fields.value("shape", json());
  if (!shape.is_array() || shape.size() != 2) {
    return PartError(*state, "has no \"shape\" of two sizes");
  }
  constexpr int64_t kMostSize = int64_t{1} << 30;
  ASSAY_ASSIGN_OR_RETURN(const int64_t out, Size(*state, shape[0], "shape", kMostSize));
  ASSAY_ASSIGN_OR_RETURN(const int64_t in, Size(*state, shape[1], "shape", kMostSize));
  ASSAY_ASSIGN_OR_RETURN(const int64_t block,
                         Size(*state, fields.value("blocksize", json()), "blocksize", kMostBlock));
  if (static_cast<int64_t>(weight->bytes.size()) != (out * in + 1) / 2) {
    return PartError(*weight, "has ", weight->bytes.size(), " bytes; by its quant_state it holds ",
                     out, " × ", in, " values of 4 bits");
  }
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* map,
                         parts.NeedFloats(layer, ".weight.quant_map", {16}));
  const int64_t count = (out * in + block - 1) / block;
  std::vector<float> scales;
  if (fields.contains("nested_blocksize")) {
    ASSAY_ASSIGN_OR_RETURN(scales, NestedScales(parts, layer, *state, fields, count));
  } else {
    ASSAY_ASSIGN_OR_RETURN(const StoredTensor* absmax,
                           parts.NeedFloats(layer, ".weight.absmax", {count}));
    scales = Floats(*absmax);
  }
  const std::string name = absl::StrCat("bitsandbytes ", absl::AsciiStrToUpper(type));
  return QuantizedLayer{out, in,
                        std::make_shared<FourBitMatrix>(name, in, block, weight->bytes.data(),
                                                        Floats(*map), std::move(scales))};
}

}  // namespace assay
