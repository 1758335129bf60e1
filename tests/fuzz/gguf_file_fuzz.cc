// Any bytes as a GGUF file: it is refused, or everything in it can be read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "worker/weights/gguf_checkpoint.h"
#include "worker/weights/gguf_file.h"

namespace {

constexpr int64_t kMaxRowValues = 1 << 16;

// The keys that the reader of configs and tokenizers asks for.
constexpr absl::string_view kKeys[] = {"general.architecture",      "general.alignment",
                                       "tokenizer.ggml.tokens",     "tokenizer.ggml.scores",
                                       "tokenizer.ggml.token_type", "llama.block_count"};

void ReadMetadata(const assay::GgufFile& file) {
  for (absl::string_view key : kKeys) {
    (void)file.GetUint(key);
    (void)file.GetNumber(key);
    (void)file.GetBool(key);
    (void)file.GetString(key);
    (void)file.GetInts(key);
    (void)file.GetFloats(key);
    auto strings = file.GetStrings(key);
    if (!strings.ok()) continue;
    for (absl::string_view text : *strings) {
      // Inside the file, or the parser let something through.
      if (text.data() < file.bytes().data() ||
          text.data() + text.size() > file.bytes().data() + file.bytes().size()) {
        std::abort();
      }
    }
  }
}

void ReadTensors(const assay::Checkpoint& checkpoint) {
  std::vector<float> row;
  for (const assay::StoredTensor& tensor : checkpoint.tensors()) {
    int64_t size = 1;
    for (size_t i = 1; i < tensor.shape.size(); ++i) size *= tensor.shape[i];
    if (size > kMaxRowValues) continue;
    row.resize(static_cast<size_t>(size));
    const int64_t last = tensor.shape[0] - 1;
    if (!checkpoint.ReadRows(tensor, 0, 1, row.data()).ok()) std::abort();
    if (!checkpoint.ReadRows(tensor, last, last + 1, row.data()).ok()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto file = assay::GgufFile::FromBytes("input.gguf", bytes);
  if (!file.ok()) return 0;
  ReadMetadata(**file);
  auto checkpoint = assay::GgufCheckpoint::FromFile(*std::move(file));
  if (checkpoint.ok()) ReadTensors(**checkpoint);
  return 0;
}
