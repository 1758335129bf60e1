#include "worker/weights/torch_tensors.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "worker/weights/pickle_globals.h"

namespace assay {
namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMostDimensions = 64;
constexpr int kMostWrappers = 8;

constexpr TorchDtype kDtypes[] = {
    {"float32", "FloatStorage", 4, TensorType::kF32, true},
    {"float16", "HalfStorage", 2, TensorType::kF16, true},
    {"bfloat16", "BFloat16Storage", 2, TensorType::kBF16, true},
    {"int8", "CharStorage", 1, TensorType::kInt8},
    {"uint8", "ByteStorage", 1, TensorType::kUInt8},
    {"int32", "IntStorage", 4, TensorType::kInt32},
    {"int64", "LongStorage", 8, TensorType::kInt64},
    {"bool", "BoolStorage", 1, std::nullopt},
    {"int16", "ShortStorage", 2, std::nullopt},
    {"float64", "DoubleStorage", 8, std::nullopt},
    {"complex64", "ComplexFloatStorage", 8, std::nullopt},
    {"complex128", "ComplexDoubleStorage", 16, std::nullopt},
    {"uint16", "", 2, std::nullopt},
    {"uint32", "", 4, std::nullopt},
    {"uint64", "", 8, std::nullopt},
    {"float8_e4m3fn", "", 1, std::nullopt},
    {"float8_e5m2", "", 1, std::nullopt},
};
// A storage of bytes, which says nothing of its values.
constexpr TorchDtype kUntyped = {"bytes", "UntypedStorage", 1, std::nullopt};

template <typename... Parts>
absl::Status TensorError(const std::string& where, absl::string_view name, const Parts&... parts) {
  return absl::InvalidArgumentError(
      absl::StrCat(where, ": tensor \"", absl::CHexEscape(name.substr(0, 200)), "\" ", parts...));
}

// Null where the value is no such call of at least so many arguments.
const std::vector<const PickleValue*>* Arguments(const PickleValue& value,
                                                 absl::string_view function, size_t least) {
  if (value.kind != Kind::kCall || value.items[0]->text != function) return nullptr;
  const std::vector<const PickleValue*>& arguments = value.items[1]->items;
  return arguments.size() >= least ? &arguments : nullptr;
}

// What rebuilds the tensor inside of what makes a parameter of it; null for other values.
struct Rebuild {
  absl::string_view function;
  const std::vector<const PickleValue*>* arguments = nullptr;
};
Rebuild FindRebuild(const PickleValue* value) {
  for (int depth = 0; depth < kMostWrappers; ++depth) {
    const std::vector<const PickleValue*>* inside = nullptr;
    for (const absl::string_view function : {kRebuildParameter, kRebuildParameterWithState}) {
      if (inside == nullptr) inside = Arguments(*value, function, 1);
    }
    if (inside != nullptr) {
      value = inside->front();
      continue;
    }
    for (const absl::string_view function : {kRebuildTensor, kRebuildTensor2, kRebuildTensor3}) {
      if (const auto* found = Arguments(*value, function, 4)) return {function, found};
    }
    // Of the function, the class, the function's arguments and attributes.
    const auto* typed = Arguments(*value, kRebuildFromType, 3);
    if (typed == nullptr || (*typed)[2]->kind != Kind::kTuple) return {};
    const std::vector<const PickleValue*>& arguments = (*typed)[2]->items;
    for (const absl::string_view function : {kRebuildTensor, kRebuildTensor2, kRebuildTensor3}) {
      if ((*typed)[0]->text == function && arguments.size() >= 4) return {function, &arguments};
    }
    return {};
  }
  return {};
}

absl::StatusOr<const TorchDtype*> DtypeOfGlobal(const std::string& where,
                                                const PickleValue& global) {
  absl::string_view name = global.text;
  if (absl::EndsWith(name, ".UntypedStorage")) return &kUntyped;
  absl::ConsumePrefix(&name, "torch.");
  for (const TorchDtype& dtype : kDtypes) {
    if (global.kind == Kind::kGlobal && (name == dtype.name || name == dtype.storage)) {
      return &dtype;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(where, ": a tensor's type is not known"));
}

absl::StatusOr<TorchStorage> ReadTorchStorage(const std::string& where, const PickleValue& value) {
  const auto error = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": a tensor's storage is not described as torch does (damaged file)"));
  };
  // ("storage", type, key, location, count[, (key, offset, count) of a view])
  if (value.kind != Kind::kPersistent || value.items[0]->kind != Kind::kTuple) return error();
  const std::vector<const PickleValue*>& id = value.items[0]->items;
  if (id.size() < 5 || id.size() > 6 || id[0]->text != "storage" || id[2]->kind != Kind::kText ||
      id[4]->kind != Kind::kInteger || id[4]->integer < 0) {
    return error();
  }
  TorchStorage storage;
  ASSAY_ASSIGN_OR_RETURN(storage.dtype, DtypeOfGlobal(where, *id[1]));
  storage.key = id[2]->text;
  storage.size = storage.visible = id[4]->integer;
  if (id.size() == 6 && id[5]->kind != Kind::kNone) {
    const std::vector<const PickleValue*>& view = id[5]->items;
    if (view.size() != 3 || view[1]->kind != Kind::kInteger || view[2]->kind != Kind::kInteger ||
        view[1]->integer < 0 || view[1]->integer > storage.size || view[2]->integer < 0 ||
        view[2]->integer > storage.size - view[1]->integer) {
      return error();
    }
    storage.offset = view[1]->integer;
    storage.visible = view[2]->integer;
  }
  int64_t bytes = 0;
  if (__builtin_mul_overflow(storage.size, storage.dtype->bytes, &bytes)) return error();
  return storage;
}

absl::StatusOr<std::vector<int64_t>> ReadSizes(const std::string& where, absl::string_view name,
                                               const PickleValue& value) {
  const PickleValue* sizes = &value;
  if (const auto* arguments = Arguments(value, kSize, 1)) sizes = arguments->front();
  std::vector<int64_t> result;
  if (sizes->kind == Kind::kTuple && sizes->items.size() <= kMostDimensions) {
    for (const PickleValue* size : sizes->items) {
      if (size->kind == Kind::kInteger && size->integer >= 0) result.push_back(size->integer);
    }
    if (result.size() == sizes->items.size()) return result;
  }
  return TensorError(where, name, "has sizes or strides that are no whole numbers from 0");
}

// Count, extent and whether the values follow one another.
absl::Status Measure(const std::string& where, TorchTensor* tensor) {
  int64_t count = 1, extent = 1, expected = 1;
  bool fits = true;
  tensor->contiguous = true;
  for (size_t i = tensor->shape.size(); i-- > 0;) {
    const int64_t size = tensor->shape[i];
    if (size != 1 && tensor->strides[i] != expected) tensor->contiguous = false;
    int64_t last = 0;
    fits &= !__builtin_mul_overflow(count, size, &count);
    fits &= !__builtin_mul_overflow(size == 0 ? 0 : size - 1, tensor->strides[i], &last);
    fits &= !__builtin_add_overflow(extent, last, &extent);
    expected = count;
  }
  if (count == 0) {
    tensor->contiguous = true;
    extent = 0;
  }
  const int64_t left = tensor->storage.visible - tensor->offset;
  if (!fits || left < 0 || extent > left) {
    return TensorError(where, tensor->name, "reaches beyond its storage of ",
                       tensor->storage.visible, " values (damaged file)");
  }
  // A tensor of any size can be made of one value.
  if (count > tensor->storage.visible) {
    return TensorError(where, tensor->name, "has ", count, " values, and its storage ",
                       tensor->storage.visible,
                       ": expanded tensors are not read; save its clone()");
  }
  tensor->count = count;
  tensor->extent = extent;
  return absl::OkStatus();
}

absl::StatusOr<TorchTensor> ReadTensor(const std::string& where, absl::string_view name,
                                       const Rebuild& rebuild) {
  const std::vector<const PickleValue*>& arguments = *rebuild.arguments;
  TorchTensor tensor;
  tensor.name = std::string(name);
  ASSAY_ASSIGN_OR_RETURN(tensor.storage, ReadTorchStorage(where, *arguments[0]));
  tensor.dtype = tensor.storage.dtype;
  if (rebuild.function == kRebuildTensor3 && arguments.size() >= 7) {
    ASSAY_ASSIGN_OR_RETURN(tensor.dtype, DtypeOfGlobal(where, *arguments[6]));
  }
  if (tensor.dtype == &kUntyped) return TensorError(where, name, "has no type");
  if (tensor.storage.dtype == &kUntyped) {
    for (int64_t* bytes : {&tensor.storage.size, &tensor.storage.offset, &tensor.storage.visible}) {
      *bytes /= tensor.dtype->bytes;
    }
    tensor.storage.dtype = tensor.dtype;
  }
  if (tensor.dtype->bytes != tensor.storage.dtype->bytes) {
    return TensorError(where, name, "has another type than its storage");
  }
  if (!tensor.dtype->is_weight && tensor.dtype->bytes != 1 && absl::EndsWith(name, ".weight")) {
    return TensorError(where, name, "has the type ", tensor.dtype->name,
                       "; only float32, float16 and bfloat16 weights can be read");
  }
  const PickleValue& offset = *arguments[1];
  if (offset.kind != Kind::kInteger || offset.integer < 0) {
    return TensorError(where, name, "has an offset that is no whole number from 0");
  }
  tensor.offset = offset.integer;
  ASSAY_ASSIGN_OR_RETURN(tensor.shape, ReadSizes(where, name, *arguments[2]));
  ASSAY_ASSIGN_OR_RETURN(tensor.strides, ReadSizes(where, name, *arguments[3]));
  if (tensor.shape.size() != tensor.strides.size()) {
    return TensorError(where, name, "has ", tensor.shape.size(), " sizes and ",
                       tensor.strides.size(), " strides");
  }
  ASSAY_RETURN_IF_ERROR(Measure(where, &tensor));
  return tensor;
}

bool HoldsTensors(const PickleValue& dict) {
  if (dict.kind != Kind::kDict) return false;
  for (size_t i = 1; i < dict.items.size(); i += 2) {
    if (FindRebuild(dict.items[i]).arguments != nullptr) return true;
  }
  return false;
}

const PickleValue* FindStateDict(const PickleValue& root) {
  if (root.kind != Kind::kDict) return nullptr;
  for (const char* name : {"state_dict", "model", "model_state_dict", "module"}) {
    for (size_t i = 0; i < root.items.size(); i += 2) {
      if (root.items[i]->kind == Kind::kText && root.items[i]->text == name &&
          HoldsTensors(*root.items[i + 1])) {
        return root.items[i + 1];
      }
    }
  }
  return HoldsTensors(root) ? &root : nullptr;
}

}  // namespace

absl::StatusOr<std::vector<TorchTensor>> FindTorchTensors(const std::string& where,
                                                          const PickleValue& root) {
  const PickleValue* dict = FindStateDict(root);
  if (dict == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(where,
                     ": no tensors by name: a state dict is wanted, alone or as \"state_dict\", "
                     "\"model\", \"model_state_dict\" or \"module\" of a dictionary"));
  }
  std::vector<TorchTensor> tensors;
  absl::flat_hash_set<absl::string_view> names;
  for (size_t i = 0; i < dict->items.size(); i += 2) {
    const Rebuild rebuild = FindRebuild(dict->items[i + 1]);
    if (rebuild.arguments == nullptr) continue;
    const PickleValue& key = *dict->items[i];
    if (key.kind != Kind::kText) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": a tensor's name is no text"));
    }
    if (!names.insert(key.text).second) return TensorError(where, key.text, "is there twice");
    ASSAY_ASSIGN_OR_RETURN(tensors.emplace_back(), ReadTensor(where, key.text, rebuild));
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const TorchTensor& a, const TorchTensor& b) { return a.name < b.name; });
  return tensors;
}

absl::StatusOr<std::vector<TorchStorage>> FindTorchStorages(const std::string& where,
                                                            const PickleValue& root) {
  std::vector<TorchStorage> storages;
  absl::flat_hash_set<const PickleValue*> seen = {&root};
  std::vector<const PickleValue*> left = {&root};
  while (!left.empty()) {
    const PickleValue& value = *left.back();
    left.pop_back();
    if (value.kind == Kind::kPersistent) {
      ASSAY_ASSIGN_OR_RETURN(storages.emplace_back(), ReadTorchStorage(where, value));
      continue;
    }
    for (const PickleValue* item : value.items) {
      const bool holds = item->kind == Kind::kPersistent || !item->items.empty();
      if (holds && seen.insert(item).second) left.push_back(item);
    }
  }
  return storages;
}

}  // namespace assay
