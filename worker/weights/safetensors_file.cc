#include "worker/weights/safetensors_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/weights/float_bits.h"
#include "worker/weights/json_object.h"

namespace assay {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxHeader = 100'000'000;  // the reference implementation's limit

struct Dtype {
  absl::string_view name;
  int64_t bytes;
  std::optional<TensorType> type;  // none: read past
  bool is_weight = false;
};
constexpr Dtype kDtypes[] = {
    {"F32", 4, TensorType::kF32, true},
    {"F16", 2, TensorType::kF16, true},
    {"BF16", 2, TensorType::kBF16, true},
    {"I8", 1, TensorType::kInt8},
    {"U8", 1, TensorType::kUInt8},
    {"I32", 4, TensorType::kInt32},
    {"I64", 8, TensorType::kInt64},
    {"BOOL", 1, std::nullopt},
    {"U16", 2, std::nullopt},
    {"I16", 2, std::nullopt},
    {"U32", 4, std::nullopt},
    {"U64", 8, std::nullopt},
};

// One entry of the header, as far as it is understood.
struct Entry {
  Dtype dtype;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

template <typename... Parts>
absl::Status TensorError(const std::string& path, const std::string& name, const Parts&... parts) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": tensor \"", absl::CHexEscape(name.substr(0, 200)), "\" ", parts...));
}

absl::StatusOr<Dtype> ReadDtype(const std::string& path, const std::string& name,
                                const json& entry) {
  auto field = entry.find("dtype");
  if (field == entry.end() || !field->is_string()) {
    return TensorError(path, name, "has no text \"dtype\"");
  }
  const std::string& text = field->get_ref<const std::string&>();
  for (const Dtype& dtype : kDtypes) {
    if (dtype.name != text) continue;
    // No quantized format that is read has other integers than bytes under a weight's name.
    if (!dtype.is_weight && dtype.bytes != 1 && absl::EndsWith(name, ".weight")) break;
    return dtype;
  }
  return TensorError(path, name, "has the dtype ", absl::CHexEscape(text.substr(0, 40)),
                     "; only F32, F16 and BF16 weights can be read");
}

absl::StatusOr<std::vector<int64_t>> ReadSizes(const std::string& path, const std::string& name,
                                               const json& entry, const char* key) {
  auto field = entry.find(key);
  std::vector<int64_t> sizes;
  bool good = field != entry.end() && field->is_array();
  if (good) {
    for (const json& size : *field) {
      good = good && size.is_number_unsigned() &&
             size.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX);
      if (good) sizes.push_back(size.get<int64_t>());
    }
  }
  if (!good) {
    return TensorError(path, name, "has no \"", key, "\" that is a list of whole numbers from 0");
  }
  return sizes;
}

absl::StatusOr<Entry> ReadEntry(const std::string& path, const std::string& name,
                                const json& json_entry, uint64_t data_size) {
  if (!json_entry.is_object()) return TensorError(path, name, "is not an object in the header");
  Entry entry;
  ASSAY_ASSIGN_OR_RETURN(entry.dtype, ReadDtype(path, name, json_entry));
  ASSAY_ASSIGN_OR_RETURN(entry.shape, ReadSizes(path, name, json_entry, "shape"));
  ASSAY_ASSIGN_OR_RETURN(std::vector<int64_t> offsets,
                         ReadSizes(path, name, json_entry, "data_offsets"));
  if (offsets.size() != 2 || offsets[0] > offsets[1]) {
    return TensorError(path, name, "has \"data_offsets\" that are not a begin and an end");
  }
  entry.begin = static_cast<uint64_t>(offsets[0]);
  entry.end = static_cast<uint64_t>(offsets[1]);
  int64_t size = entry.dtype.bytes;
  for (int64_t dimension : entry.shape) {
    if (__builtin_mul_overflow(size, dimension, &size)) {
      return TensorError(path, name, "has a shape of more bytes than fit in 63 bits");
    }
  }
  if (static_cast<uint64_t>(size) != entry.end - entry.begin) {
    return TensorError(path, name, "has a shape of ", size, " bytes in ", entry.dtype.name,
                       ", and offsets of ", entry.end - entry.begin, " bytes");
  }
  if (entry.end > data_size) {
    return TensorError(path, name, "claims bytes ", entry.begin, " to ", entry.end,
                       " of the data, the file has ", data_size,
                       " bytes of data (truncated or damaged file)");
  }
  return entry;
}

struct Extent {
  uint64_t begin;
  uint64_t end;
  const std::string* name;
};

absl::Status CheckOverlaps(const std::string& path, std::vector<Extent> extents) {
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  for (size_t i = 1; i < extents.size(); ++i) {
    if (extents[i - 1].end > extents[i].begin) {
      return TensorError(path, *extents[i].name, "begins at byte ", extents[i].begin,
                         " of the data, inside tensor \"", extents[i - 1].name->substr(0, 200),
                         "\", which ends at ", extents[i - 1].end);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SafetensorsFile>> SafetensorsFile::Open(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::Open(path));
  std::unique_ptr<SafetensorsFile> file(new SafetensorsFile(path));
  file->file_ = std::move(mapped);
  ASSAY_RETURN_IF_ERROR(file->Parse(file->file_.bytes()));
  return file;
}

absl::StatusOr<std::unique_ptr<SafetensorsFile>> SafetensorsFile::FromBytes(
    std::string path, absl::string_view bytes) {
  std::unique_ptr<SafetensorsFile> file(new SafetensorsFile(std::move(path)));
  ASSAY_RETURN_IF_ERROR(file->Parse(bytes));
  return file;
}

absl::Status SafetensorsFile::Parse(absl::string_view bytes) {
  bytes_ = bytes;
  uint64_t header_size = 0;
  if (bytes.size() < sizeof(header_size)) {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": not a safetensors file: it has ",
                                                   bytes.size(),
                                                   " bytes, the header's length alone takes 8"));
  }
  header_size = LoadAs<uint64_t>(bytes.data());
  const absl::string_view rest = bytes.substr(sizeof(header_size));
  if (header_size > rest.size() || header_size > kMaxHeader) {
    return absl::InvalidArgumentError(absl::StrCat(
        path_, ": the header claims ", header_size, " bytes, the file has ", rest.size(),
        " left and headers are at most ", kMaxHeader, " (truncated or damaged file)"));
  }
  const absl::string_view data = rest.substr(header_size);
  ASSAY_ASSIGN_OR_RETURN(const json header, ParseJsonObject(absl::StrCat(path_, ": header"),
                                                            rest.substr(0, header_size)));

  std::vector<Extent> extents;
  for (auto item = header.begin(); item != header.end(); ++item) {  // in order of name
    const std::string& name = item.key();
    if (name == "__metadata__") continue;
    ASSAY_ASSIGN_OR_RETURN(Entry entry, ReadEntry(path_, name, item.value(), data.size()));
    names_.insert(name);
    if (entry.dtype.type.has_value()) {
      std::vector<StoredTensor>& list = entry.dtype.is_weight ? tensors_ : integers_;
      list.push_back({name, std::move(entry.shape), *entry.dtype.type,
                      data.substr(entry.begin, entry.end - entry.begin), path_});
    }
    if (entry.begin < entry.end) extents.push_back({entry.begin, entry.end, &name});
  }
  return CheckOverlaps(path_, std::move(extents));
}

}  // namespace assay
