#include "worker/weights/checkpoint.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/weights/adapter_checkpoint.h"
#include "worker/weights/gguf_checkpoint.h"
#include "worker/weights/huggingface_checkpoint.h"
#include "worker/weights/lora_adapter.h"
#include "worker/weights/quantized_matrix.h"

namespace assay {
namespace {

int64_t Product(const std::vector<int64_t>& shape, size_t from) {
  int64_t product = 1;
  for (size_t i = from; i < shape.size(); ++i) product *= shape[i];
  return product;
}

// Values [first, first + count) of the tensor as they are stored, also where they begin or end
// inside a block.
void ReadValues(const StoredTensor& tensor, int64_t first, int64_t count, float* out) {
  const TensorTypeInfo& info = Info(tensor.type);
  const char* bytes = tensor.bytes.data();
  if (first % info.block_values == 0 && count % info.block_values == 0) {
    ToFloat32(tensor.type, bytes + first / info.block_values * info.block_bytes, count, out);
    return;
  }
  std::vector<float> block(static_cast<size_t>(info.block_values));
  for (int64_t done = 0; done < count;) {
    const int64_t index = (first + done) / info.block_values;
    const int64_t skipped = (first + done) % info.block_values;
    const int64_t taken = std::min(info.block_values - skipped, count - done);
    ToFloat32(tensor.type, bytes + index * info.block_bytes, info.block_values, block.data());
    std::copy_n(block.begin() + skipped, taken, out + done);
    done += taken;
  }
}

// The same of a tensor whose values do not follow one another.
void ReadStrided(const StoredTensor& tensor, int64_t first, int64_t count, float* out) {
  const int64_t size = Info(tensor.type).block_bytes;
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = first + i, at = 0;
    for (size_t dimension = tensor.shape.size(); dimension-- > 0;) {
      at += rest % tensor.shape[dimension] * tensor.strides[dimension];
      rest /= tensor.shape[dimension];
    }
    ToFloat32(tensor.type, tensor.bytes.data() + at * size, 1, out + i);
  }
}

// Where Hugging Face's row is stored. Inside a head of 2n rows, Hugging Face has the n first halves
// of the rotated pairs and then the n second halves; GGUF has the pairs one after the other.
int64_t StoredRow(int64_t row, int64_t rows_per_head) {
  const int64_t head = row / rows_per_head;
  const int64_t inside = row % rows_per_head;
  const int64_t half = rows_per_head / 2;
  return head * rows_per_head + inside % half * 2 + inside / half;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Checkpoint>> Checkpoint::Open(const std::string& path,
                                                             const std::string& base_path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open the model ", path));
  }
  if (S_ISDIR(info.st_mode) && LoraAdapter::IsFolder(path)) {
    return AdapterCheckpoint::Open(path, base_path);
  }
  if (!base_path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has no adapter_config.json: only a LoRA adapter has a base"));
  }
  if (S_ISDIR(info.st_mode)) return HuggingFaceCheckpoint::Open(path);
  for (const char* ending : {".bin", ".pth", ".pt"}) {
    if (path.ends_with(ending)) return HuggingFaceCheckpoint::OpenFile(path);
  }
  if (path.ends_with(".safetensors") || path.ends_with(".json")) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": one file of a model; give the folder that holds it and config.json"));
  }
  return GgufCheckpoint::Open(path);
}

absl::StatusOr<const StoredTensor*> Checkpoint::Find(absl::string_view name) const {
  const std::vector<StoredTensor>& all = tensors();
  auto found = std::lower_bound(
      all.begin(), all.end(), name,
      [](const StoredTensor& tensor, absl::string_view wanted) { return tensor.name < wanted; });
  if (found == all.end() || found->name != name) {
    return absl::NotFoundError(absl::StrCat(path(), " has no tensor \"", name, "\""));
  }
  return &*found;
}

bool Checkpoint::Has(absl::string_view name) const { return Find(name).ok(); }

absl::Status Checkpoint::ReadRows(const StoredTensor& tensor, int64_t begin, int64_t end,
                                  float* out) const {
  const int64_t rows = tensor.shape.empty() ? 1 : tensor.shape[0];
  if (begin < 0 || begin > end || end > rows) {
    return absl::InvalidArgumentError(absl::StrCat(tensor.file, ": tensor \"", tensor.name,
                                                   "\" has ", rows, " rows; ", begin, " to ", end,
                                                   " were asked for"));
  }
  if (tensor.quantized != nullptr) {
    tensor.quantized->ReadRows(begin, end, out);
    return absl::OkStatus();
  }
  const int64_t row_size = Product(tensor.shape, 1);
  if (!tensor.strides.empty()) {
    ReadStrided(tensor, begin * row_size, (end - begin) * row_size, out);
    return absl::OkStatus();
  }
  if (tensor.permuted_heads == 0) {
    ReadValues(tensor, begin * row_size, (end - begin) * row_size, out);
    return absl::OkStatus();
  }
  const int64_t rows_per_head = rows / tensor.permuted_heads;
  for (int64_t row = begin; row < end; ++row) {
    ReadValues(tensor, StoredRow(row, rows_per_head) * row_size, row_size,
               out + (row - begin) * row_size);
  }
  return absl::OkStatus();
}

std::optional<FourBitWeights> Checkpoint::ReadFourBits(const StoredTensor& tensor) const {
  if (tensor.quantized == nullptr) return std::nullopt;
  return tensor.quantized->ReadFourBits();
}

std::string Checkpoint::StoredType() const {
  std::map<std::string, int64_t> values;
  for (const StoredTensor& tensor : tensors()) {
    values[tensor.quantized != nullptr ? tensor.quantized->TypeName()
                                       : std::string(Info(tensor.type).name)] +=
        Product(tensor.shape, 0);
  }
  const auto most =
      std::max_element(values.begin(), values.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == values.end() ? "" : most->first;
}

}  // namespace assay
