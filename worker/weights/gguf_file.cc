#include "worker/weights/gguf_file.h"

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/weights/float_bits.h"
#include "worker/weights/gguf_parser.h"

namespace assay {

absl::StatusOr<std::unique_ptr<GgufFile>> GgufFile::Open(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::Open(path));
  std::unique_ptr<GgufFile> file(new GgufFile(path));
  file->file_ = std::move(mapped);
  ASSAY_RETURN_IF_ERROR(file->Parse(file->file_.bytes()));
  return file;
}

absl::StatusOr<std::unique_ptr<GgufFile>> GgufFile::FromBytes(std::string path,
                                                              absl::string_view bytes) {
  std::unique_ptr<GgufFile> file(new GgufFile(std::move(path)));
  ASSAY_RETURN_IF_ERROR(file->Parse(bytes));
  return file;
}

absl::Status GgufFile::Parse(absl::string_view bytes) {
  bytes_ = bytes;
  ASSAY_ASSIGN_OR_RETURN(GgufContent content, ParseGguf(path_, bytes));
  version_ = content.version;
  values_ = std::move(content.values);
  tensors_ = std::move(content.tensors);
  return absl::OkStatus();
}

absl::StatusOr<const GgufValue*> GgufFile::Find(absl::string_view key) const {
  auto found = values_.find(key);
  if (found == values_.end()) {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": the metadata lacks the key ", key));
  }
  return &found->second;
}

absl::Status GgufFile::WrongType(absl::string_view key, const GgufValue& value,
                                 absl::string_view want) const {
  std::string have = std::string(GgufTypeName(value.type));
  if (value.type == GgufType::kArray)
    absl::StrAppend(&have, " of ", GgufTypeName(value.element_type));
  return absl::InvalidArgumentError(
      absl::StrCat(path_, ": the key ", key, " holds ", have, ", and should hold ", want));
}

namespace {

// The element at `bytes` of an integer type; nullopt for other types and for numbers above int64's
// largest.
std::optional<int64_t> Integer(GgufType type, const char* bytes) {
  switch (type) {
    case GgufType::kUint8:
      return LoadAs<uint8_t>(bytes);
    case GgufType::kInt8:
      return LoadAs<int8_t>(bytes);
    case GgufType::kUint16:
      return LoadAs<uint16_t>(bytes);
    case GgufType::kInt16:
      return LoadAs<int16_t>(bytes);
    case GgufType::kUint32:
      return LoadAs<uint32_t>(bytes);
    case GgufType::kInt32:
      return LoadAs<int32_t>(bytes);
    case GgufType::kInt64:
      return LoadAs<int64_t>(bytes);
    case GgufType::kUint64: {
      const uint64_t value = LoadAs<uint64_t>(bytes);
      if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
      return static_cast<int64_t>(value);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

absl::StatusOr<uint64_t> GgufFile::GetUint(absl::string_view key) const {
  ASSAY_ASSIGN_OR_RETURN(const GgufValue* value, Find(key));
  const std::optional<int64_t> integer = Integer(value->type, value->bytes.data());
  if (!integer.has_value() || *integer < 0)
    return WrongType(key, *value, "an integer from 0 to 2^63 - 1");
  return static_cast<uint64_t>(*integer);
}

absl::StatusOr<double> GgufFile::GetNumber(absl::string_view key) const {
  ASSAY_ASSIGN_OR_RETURN(const GgufValue* value, Find(key));
  double number = std::numeric_limits<double>::quiet_NaN();
  if (value->type == GgufType::kFloat32) {
    number = LoadAs<float>(value->bytes.data());
  } else if (value->type == GgufType::kFloat64) {
    number = LoadAs<double>(value->bytes.data());
  } else if (auto integer = Integer(value->type, value->bytes.data()); integer.has_value()) {
    number = static_cast<double>(*integer);
  }
  if (!std::isfinite(number)) return WrongType(key, *value, "a finite number");
  return number;
}

absl::StatusOr<bool> GgufFile::GetBool(absl::string_view key) const {
  ASSAY_ASSIGN_OR_RETURN(const GgufValue* value, Find(key));
  if (value->type != GgufType::kBool) return WrongType(key, *value, "a bool");
  return value->bytes[0] != 0;
}

absl::StatusOr<absl::string_view> GgufFile::GetString(absl::string_view key) const {
  ASSAY_ASSIGN_OR_RETURN(const GgufValue* value, Find(key));
  if (value->type != GgufType::kString) return WrongType(key, *value, "a string");
  return value->bytes;
}

absl::StatusOr<uint64_t> GgufFile::GetUint(absl::string_view key, uint64_t missing) const {
  if (!Has(key)) return missing;
  return GetUint(key);
}

absl::StatusOr<double> GgufFile::GetNumber(absl::string_view key, double missing) const {
  if (!Has(key)) return missing;
  return GetNumber(key);
}

absl::StatusOr<bool> GgufFile::GetBool(absl::string_view key, bool missing) const {
  if (!Has(key)) return missing;
  return GetBool(key);
}

absl::StatusOr<absl::string_view> GgufFile::GetString(absl::string_view key,
                                                      absl::string_view missing) const {
  if (!Has(key)) return missing;
  return GetString(key);
}

absl::StatusOr<std::vector<absl::string_view>> GgufFile::GetStrings(absl::string_view key) const {
  ASSAY_ASSIGN_OR_RETURN(const GgufValue* value, Find(key));
  if (value->type != GgufType::kArray || value->element_type != GgufType::kString) {
    return WrongType(key, *value, "an array of strings");
  }
  std::vector<absl::string_view> strings;
  strings.reserve(value->count);
  absl::string_view rest = value->bytes;  // checked by the parser
  for (uint64_t i = 0; i < value->count; ++i) {
    const uint64_t length = LoadAs<uint64_t>(rest.data());
    strings.push_back(rest.substr(sizeof(length), length));
    rest.remove_prefix(sizeof(length) + length);
  }
  return strings;
}

absl::StatusOr<std::vector<int64_t>> GgufFile::GetInts(absl::string_view key) const {
  ASSAY_ASSIGN_OR_RETURN(const GgufValue* value, Find(key));
  const auto wrong = [&] { return WrongType(key, *value, "an array of integers below 2^63"); };
  if (value->type != GgufType::kArray) return wrong();
  const size_t size = GgufTypeSize(value->element_type);
  std::vector<int64_t> integers;
  if (size == 0) return wrong();
  integers.reserve(value->count);
  for (uint64_t i = 0; i < value->count; ++i) {
    const auto integer = Integer(value->element_type, value->bytes.data() + i * size);
    if (!integer.has_value()) return wrong();
    integers.push_back(*integer);
  }
  return integers;
}

absl::StatusOr<std::vector<float>> GgufFile::GetFloats(absl::string_view key) const {
  ASSAY_ASSIGN_OR_RETURN(const GgufValue* value, Find(key));
  const bool is_array = value->type == GgufType::kArray;
  std::vector<float> floats;
  if (is_array && value->element_type == GgufType::kFloat32) {
    floats.resize(value->count);
    std::memcpy(floats.data(), value->bytes.data(), value->bytes.size());
  } else if (is_array && value->element_type == GgufType::kFloat64) {
    floats.reserve(value->count);
    for (uint64_t i = 0; i < value->count; ++i) {
      floats.push_back(
          static_cast<float>(LoadAs<double>(value->bytes.data() + i * sizeof(double))));
    }
  } else {
    return WrongType(key, *value, "an array of floats");
  }
  return floats;
}

bool GgufFile::IsArray(absl::string_view key) const {
  auto found = values_.find(key);
  return found != values_.end() && found->second.type == GgufType::kArray;
}

}  // namespace assay
