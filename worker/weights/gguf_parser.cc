#include "worker/weights/gguf_parser.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/weights/float_bits.h"

namespace assay {
namespace {

constexpr uint32_t kMaxDimensions = 4;
constexpr int kMaxArrayDepth = 8;
constexpr uint64_t kDefaultAlignment = 32;
constexpr absl::string_view kMagic = "GGUF";

struct StoredType {
  uint32_t number;
  absl::string_view name;
  std::optional<TensorType> type;  // none: known to GGML, not to us
};
constexpr StoredType kStoredTypes[] = {
    {0, "F32", TensorType::kF32},    {1, "F16", TensorType::kF16},
    {2, "Q4_0", TensorType::kQ4_0},  {3, "Q4_1", TensorType::kQ4_1},
    {6, "Q5_0", TensorType::kQ5_0},  {7, "Q5_1", TensorType::kQ5_1},
    {8, "Q8_0", TensorType::kQ8_0},  {9, "Q8_1", std::nullopt},
    {10, "Q2_K", TensorType::kQ2_K}, {11, "Q3_K", TensorType::kQ3_K},
    {12, "Q4_K", TensorType::kQ4_K}, {13, "Q5_K", TensorType::kQ5_K},
    {14, "Q6_K", TensorType::kQ6_K}, {15, "Q8_K", TensorType::kQ8_K},
    {16, "IQ2_XXS", std::nullopt},   {17, "IQ2_XS", std::nullopt},
    {18, "IQ3_XXS", std::nullopt},   {19, "IQ1_S", std::nullopt},
    {20, "IQ4_NL", std::nullopt},    {21, "IQ3_S", std::nullopt},
    {22, "IQ2_S", std::nullopt},     {23, "IQ4_XS", std::nullopt},
    {24, "I8", std::nullopt},        {25, "I16", std::nullopt},
    {26, "I32", std::nullopt},       {27, "I64", std::nullopt},
    {28, "F64", std::nullopt},       {29, "IQ1_M", std::nullopt},
    {30, "BF16", TensorType::kBF16}, {34, "TQ1_0", std::nullopt},
    {35, "TQ2_0", std::nullopt},     {39, "MXFP4", std::nullopt},
};

// Names come from the file: shortened, and without bytes that a terminal would act on.
std::string Printable(absl::string_view name) {
  constexpr size_t kLongest = 100;
  std::string text = absl::CHexEscape(name.substr(0, kLongest));
  if (name.size() > kLongest) absl::StrAppend(&text, "...");
  return absl::StrCat("\"", text, "\"");
}

class Parser {
 public:
  Parser(const std::string& path, absl::string_view bytes)
      : path_(path), bytes_(bytes), rest_(bytes) {}

  absl::StatusOr<GgufContent> Parse() {
    ASSAY_ASSIGN_OR_RETURN(const Counts counts, ReadHeader());
    for (uint64_t i = 0; i < counts.values; ++i) ASSAY_RETURN_IF_ERROR(ReadKeyAndValue(i));
    ASSAY_RETURN_IF_ERROR(RefuseSplitFile());
    ASSAY_RETURN_IF_ERROR(ReadTensors(counts.tensors));
    return std::move(content_);
  }

 private:
  struct Counts {
    uint64_t tensors = 0;
    uint64_t values = 0;
  };
  // A tensor's bytes, counted from the start of the data.
  struct Extent {
    uint64_t offset = 0;
    uint64_t size = 0;
    size_t tensor = 0;
  };

  template <typename... Parts>
  absl::Status Error(const Parts&... parts) const {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": ", parts...));
  }

  absl::StatusOr<absl::string_view> Take(uint64_t size, absl::string_view what) {
    if (size > rest_.size()) {
      return Error("the file ends inside ", what, ": it claims ", size, " bytes, the file has ",
                   rest_.size(), " left (truncated or damaged file)");
    }
    absl::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  template <typename T>
  absl::StatusOr<T> Number(absl::string_view what) {
    ASSAY_ASSIGN_OR_RETURN(absl::string_view bytes, Take(sizeof(T), what));
    return LoadAs<T>(bytes.data());
  }

  absl::StatusOr<absl::string_view> String(absl::string_view what) {
    ASSAY_ASSIGN_OR_RETURN(const uint64_t length, Number<uint64_t>(what));
    return Take(length, what);
  }

  absl::StatusOr<Counts> ReadHeader() {
    if (!absl::StartsWith(bytes_, kMagic)) {
      return Error("not a GGUF file: it does not begin with \"GGUF\"");
    }
    rest_.remove_prefix(kMagic.size());
    ASSAY_ASSIGN_OR_RETURN(content_.version, Number<uint32_t>("the header"));
    if (content_.version != 2 && content_.version != 3) {
      const bool swapped = (content_.version & 0xffff) == 0 && content_.version != 0;
      return swapped ? Error("a big-endian GGUF file, which cannot be read")
                     : Error("GGUF version ", content_.version, "; only 2 and 3 can be read");
    }
    Counts counts;
    ASSAY_ASSIGN_OR_RETURN(counts.tensors, Number<uint64_t>("the header"));
    ASSAY_ASSIGN_OR_RETURN(counts.values, Number<uint64_t>("the header"));
    // The least bytes that a tensor's entry and a key with its value take.
    ASSAY_RETURN_IF_ERROR(CheckCount(counts.tensors, 8 + 4 + 8 + 4 + 8, "tensors in the header"));
    ASSAY_RETURN_IF_ERROR(CheckCount(counts.values, 8 + 4 + 1, "keys in the header"));
    return counts;
  }

  absl::Status CheckCount(uint64_t count, uint64_t least_size, absl::string_view what) const {
    if (count <= rest_.size() / least_size) return absl::OkStatus();
    return Error("the number of ", what, " claims ", count, " of at least ", least_size,
                 " bytes, the file has ", rest_.size(), " bytes left (truncated or damaged file)");
  }

  absl::Status ReadKeyAndValue(uint64_t index) {
    ASSAY_ASSIGN_OR_RETURN(absl::string_view key, String(absl::StrCat("key number ", index)));
    const std::string name = absl::StrCat("the value of key ", Printable(key));
    GgufValue value;
    ASSAY_ASSIGN_OR_RETURN(value.type, Type(name));
    if (value.type == GgufType::kString) {
      ASSAY_ASSIGN_OR_RETURN(value.bytes, String(name));
    } else if (value.type == GgufType::kArray) {
      ASSAY_ASSIGN_OR_RETURN(value, Array(name, 1));
    } else {
      ASSAY_ASSIGN_OR_RETURN(value.bytes, Take(GgufTypeSize(value.type), name));
      if (value.type == GgufType::kBool && static_cast<uint8_t>(value.bytes[0]) > 1) {
        return Error(name, " is a bool and is neither 0 nor 1");
      }
    }
    if (!content_.values.emplace(key, value).second) {
      return Error("the key ", Printable(key), " is there twice");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<GgufType> Type(absl::string_view what) {
    ASSAY_ASSIGN_OR_RETURN(const uint32_t number, Number<uint32_t>(what));
    if (number > static_cast<uint32_t>(GgufType::kFloat64)) {
      return Error(what, " has the unknown type ", number);
    }
    return static_cast<GgufType>(number);
  }

  absl::StatusOr<GgufValue> Array(absl::string_view what, int depth) {
    if (depth > kMaxArrayDepth) {
      return Error(what, " nests more than ", kMaxArrayDepth, " arrays");
    }
    GgufValue value;
    value.type = GgufType::kArray;
    ASSAY_ASSIGN_OR_RETURN(value.element_type, Type(what));
    ASSAY_ASSIGN_OR_RETURN(value.count, Number<uint64_t>(what));
    const bool of_strings = value.element_type == GgufType::kString;
    const bool of_arrays = value.element_type == GgufType::kArray;
    const uint64_t least = of_strings ? 8 : of_arrays ? 12 : GgufTypeSize(value.element_type);
    ASSAY_RETURN_IF_ERROR(CheckCount(value.count, least, absl::StrCat("elements of ", what)));
    const absl::string_view elements = rest_;
    if (of_strings) {
      for (uint64_t i = 0; i < value.count; ++i) ASSAY_RETURN_IF_ERROR(String(what).status());
    } else if (of_arrays) {
      for (uint64_t i = 0; i < value.count; ++i) {
        ASSAY_RETURN_IF_ERROR(Array(what, depth + 1).status());
      }
    } else {
      rest_.remove_prefix(value.count * least);  // checked by CheckCount
    }
    value.bytes = elements.substr(0, elements.size() - rest_.size());
    return value;
  }

  // A large model can come as "model-00001-of-00003.gguf" and so on; each is a whole GGUF file with
  // a part of the tensors.
  absl::Status RefuseSplitFile() const {
    auto found = content_.values.find("split.count");
    if (found == content_.values.end() || found->second.type != GgufType::kUint16) {
      return absl::OkStatus();
    }
    const uint16_t parts = LoadAs<uint16_t>(found->second.bytes.data());
    if (parts <= 1) return absl::OkStatus();
    return Error("one of ", parts,
                 " parts of a split model; merge them with llama.cpp's llama-gguf-split --merge");
  }

  absl::StatusOr<uint64_t> Alignment() const {
    auto found = content_.values.find("general.alignment");
    if (found == content_.values.end()) return kDefaultAlignment;
    uint32_t alignment = 0;
    if (found->second.type == GgufType::kUint32) {
      alignment = LoadAs<uint32_t>(found->second.bytes.data());
    }
    if (!std::has_single_bit(alignment)) {
      return Error("general.alignment must be a uint32 that is a power of two");
    }
    return alignment;
  }

  absl::Status ReadTensors(uint64_t count) {
    std::vector<Extent> extents;
    absl::flat_hash_set<absl::string_view> names;
    for (uint64_t i = 0; i < count; ++i) {
      ASSAY_ASSIGN_OR_RETURN(absl::string_view name, String(absl::StrCat("tensor number ", i)));
      if (!names.insert(name).second)
        return Error("the tensor ", Printable(name), " is there twice");
      ASSAY_ASSIGN_OR_RETURN(Extent extent, ReadTensor(name));
      extent.tensor = content_.tensors.size() - 1;
      extents.push_back(extent);
    }
    return PlaceTensors(std::move(extents));
  }

  absl::StatusOr<Extent> ReadTensor(absl::string_view name) {
    const std::string what = absl::StrCat("the entry of tensor ", Printable(name));
    GgufTensor tensor;
    tensor.name = std::string(name);
    ASSAY_ASSIGN_OR_RETURN(const uint32_t dimensions, Number<uint32_t>(what));
    if (dimensions == 0 || dimensions > kMaxDimensions) {
      return Error(what, " claims ", dimensions, " dimensions; 1 to ", kMaxDimensions,
                   " are possible");
    }
    int64_t values = 1;
    for (uint32_t i = 0; i < dimensions; ++i) {
      ASSAY_ASSIGN_OR_RETURN(const uint64_t size, Number<uint64_t>(what));
      if (size == 0 || size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) ||
          __builtin_mul_overflow(values, static_cast<int64_t>(size), &values)) {
        return Error(what, ": dimension ", i, " is ", size,
                     ", which is 0 or makes more values than fit in 63 bits");
      }
      tensor.shape.insert(tensor.shape.begin(), static_cast<int64_t>(size));
    }
    ASSAY_ASSIGN_OR_RETURN(const uint32_t number, Number<uint32_t>(what));
    ASSAY_ASSIGN_OR_RETURN(tensor.type, StoredTensorType(number, name));
    const TensorTypeInfo& info = Info(tensor.type);
    if (tensor.shape.back() % info.block_values != 0) {
      return Error("tensor ", Printable(name), " has rows of ", tensor.shape.back(),
                   " values, which ", info.name, "'s blocks of ", info.block_values,
                   " do not divide");
    }
    int64_t size = 0;
    if (__builtin_mul_overflow(values / info.block_values, info.block_bytes, &size)) {
      return Error("tensor ", Printable(name), " claims more bytes than fit in 63 bits");
    }
    Extent extent;
    extent.size = static_cast<uint64_t>(size);
    ASSAY_ASSIGN_OR_RETURN(extent.offset, Number<uint64_t>(what));
    content_.tensors.push_back(std::move(tensor));
    return extent;
  }

  absl::StatusOr<TensorType> StoredTensorType(uint32_t number, absl::string_view name) const {
    std::string known;
    for (const StoredType& stored : kStoredTypes) {
      if (stored.number == number && stored.type.has_value()) return *stored.type;
      if (stored.type.has_value()) absl::StrAppend(&known, known.empty() ? "" : ", ", stored.name);
    }
    std::string type = absl::StrCat("number ", number);
    for (const StoredType& stored : kStoredTypes) {
      if (stored.number == number) type = std::string(stored.name);
    }
    return Error("tensor ", Printable(name), " is stored in the type ", type,
                 ", which cannot be read; these can: ", known);
  }

  // Finds the tensors' bytes behind the header, which ends where the reading has come to.
  absl::Status PlaceTensors(std::vector<Extent> extents) {
    if (extents.empty()) return absl::OkStatus();
    ASSAY_ASSIGN_OR_RETURN(const uint64_t alignment, Alignment());
    const uint64_t header = bytes_.size() - rest_.size();
    const uint64_t start = (header + alignment - 1) / alignment * alignment;
    const absl::string_view data = start > bytes_.size() ? "" : bytes_.substr(start);
    for (const Extent& extent : extents) {
      GgufTensor& tensor = content_.tensors[extent.tensor];
      if (extent.offset % alignment != 0) {
        return Error("tensor ", Printable(tensor.name), " begins at offset ", extent.offset,
                     ", which is not a multiple of the alignment ", alignment);
      }
      if (extent.offset > data.size() || extent.size > data.size() - extent.offset) {
        return Error("tensor ", Printable(tensor.name), " claims ", extent.size,
                     " bytes at offset ", extent.offset, " of the data, the file has ", data.size(),
                     " bytes of data (truncated or damaged file)");
      }
      tensor.bytes = data.substr(extent.offset, extent.size);
    }
    std::sort(extents.begin(), extents.end(),
              [](const Extent& a, const Extent& b) { return a.offset < b.offset; });
    for (size_t i = 1; i < extents.size(); ++i) {
      const Extent& before = extents[i - 1];
      if (before.offset + before.size > extents[i].offset) {
        return Error("tensor ", Printable(content_.tensors[extents[i].tensor].name),
                     " begins at offset ", extents[i].offset, ", inside tensor ",
                     Printable(content_.tensors[before.tensor].name), ", which ends at ",
                     before.offset + before.size);
      }
    }
    return absl::OkStatus();
  }

  const std::string& path_;
  const absl::string_view bytes_;
  absl::string_view rest_;
  GgufContent content_;
};

}  // namespace

absl::string_view GgufTypeName(GgufType type) {
  constexpr absl::string_view kNames[] = {"uint8",  "int8",    "uint16", "int16",  "uint32",
                                          "int32",  "float32", "bool",   "string", "array",
                                          "uint64", "int64",   "float64"};
  const size_t index = static_cast<size_t>(type);
  return index < std::size(kNames) ? kNames[index] : "an unknown type";
}

size_t GgufTypeSize(GgufType type) {
  constexpr size_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  const size_t index = static_cast<size_t>(type);
  return index < std::size(kSizes) ? kSizes[index] : 0;
}

absl::StatusOr<GgufContent> ParseGguf(const std::string& path, absl::string_view bytes) {
  return Parser(path, bytes).Parse();
}

}  // namespace assay
