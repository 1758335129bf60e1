#include "tests/support/gguf_builder.h"

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr size_t kAlignment = 32;

void Pad(std::string& bytes) {
  bytes.resize((bytes.size() + kAlignment - 1) / kAlignment * kAlignment);
}

template <typename T>
std::string Packed(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

}  // namespace

std::string GgufString(absl::string_view text) {
  return absl::StrCat(LittleEndian<uint64_t>(text.size()), text);
}

GgufBuilder& GgufBuilder::Value(absl::string_view key, GgufType type, absl::string_view bytes) {
  ++values_;
  absl::StrAppend(&metadata_, GgufString(key), LittleEndian(static_cast<uint32_t>(type)), bytes);
  return *this;
}

GgufBuilder& GgufBuilder::String(absl::string_view key, absl::string_view value) {
  return Value(key, GgufType::kString, GgufString(value));
}

GgufBuilder& GgufBuilder::Uint32(absl::string_view key, uint32_t value) {
  return Value(key, GgufType::kUint32, LittleEndian(value));
}

GgufBuilder& GgufBuilder::Float32(absl::string_view key, float value) {
  return Value(key, GgufType::kFloat32, LittleEndian(value));
}

GgufBuilder& GgufBuilder::Bool(absl::string_view key, bool value) {
  return Value(key, GgufType::kBool, LittleEndian<uint8_t>(value ? 1 : 0));
}

GgufBuilder& GgufBuilder::Array(absl::string_view key, GgufType element, uint64_t count,
                                absl::string_view bytes) {
  return Value(
      key, GgufType::kArray,
      absl::StrCat(LittleEndian(static_cast<uint32_t>(element)), LittleEndian(count), bytes));
}

GgufBuilder& GgufBuilder::Strings(absl::string_view key, const std::vector<std::string>& values) {
  std::string bytes;
  for (const std::string& value : values) absl::StrAppend(&bytes, GgufString(value));
  return Array(key, GgufType::kString, values.size(), bytes);
}

GgufBuilder& GgufBuilder::Ints(absl::string_view key, const std::vector<int32_t>& values) {
  return Array(key, GgufType::kInt32, values.size(), Packed(values));
}

GgufBuilder& GgufBuilder::Floats(absl::string_view key, const std::vector<float>& values) {
  return Array(key, GgufType::kFloat32, values.size(), Packed(values));
}

GgufBuilder& GgufBuilder::Tensor(absl::string_view name, const std::vector<int64_t>& shape,
                                 uint32_t type, absl::string_view bytes) {
  Pad(data_);
  return RawTensor(name, std::vector<uint64_t>(shape.rbegin(), shape.rend()), type, data_.size(),
                   bytes);
}

GgufBuilder& GgufBuilder::RawTensor(absl::string_view name, const std::vector<uint64_t>& dimensions,
                                    uint32_t type, uint64_t offset, absl::string_view bytes) {
  ++tensors_;
  absl::StrAppend(&entries_, GgufString(name),
                  LittleEndian(static_cast<uint32_t>(dimensions.size())), Packed(dimensions),
                  LittleEndian(type), LittleEndian(offset));
  absl::StrAppend(&data_, bytes);
  return *this;
}

std::string GgufBuilder::Bytes() const {
  std::string file = absl::StrCat("GGUF", LittleEndian(version_), LittleEndian(tensors_),
                                  LittleEndian(values_), metadata_, entries_);
  Pad(file);
  return absl::StrCat(file, data_);
}

}  // namespace assay
