#include "worker/layers/kv_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "worker/layers/cpu/kernels.h"

namespace assay {

using cpu::kBlockTokens;

int64_t KvLayout::PartBytes() const {
  return kBlockTokens * cpu::Padded(head_size) * cpu::ElementSize(precision);
}
int64_t KvLayout::LayerBytes() const {
  if (recurrent()) return state_values * static_cast<int64_t>(sizeof(float));
  return kv_heads * 2 * PartBytes();
}
int64_t KvLayout::BlockBytes() const { return layers * LayerBytes(); }

absl::StatusOr<std::unique_ptr<KvPool>> KvPool::Create(const KvLayout& layout, int64_t bytes) {
  const int64_t blocks = std::min<int64_t>(bytes / layout.BlockBytes(), 1 << 24);
  if (blocks < 1) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the key-value cache of ", bytes, " bytes cannot hold one block of ", kBlockTokens,
        " tokens, which takes ", layout.BlockBytes(), " bytes; give it more (--kv-cache-mb)"));
  }
  const int64_t size = blocks * layout.BlockBytes();
  void* memory = mmap(nullptr, static_cast<size_t>(size), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot reserve ", size, " bytes for the key-value cache"));
  }
  // Fewer, larger pages: each layer and head of each block lies elsewhere. Refused, it is only
  // slower.
  madvise(memory, static_cast<size_t>(size), MADV_HUGEPAGE);
  return std::unique_ptr<KvPool>(
      new KvPool(layout, static_cast<int32_t>(blocks), static_cast<char*>(memory), size));
}

KvPool::KvPool(const KvLayout& layout, int32_t blocks, char* memory, int64_t bytes)
    : layout_(layout), blocks_(blocks), memory_(memory), bytes_(bytes) {}

KvPool::~KvPool() { munmap(memory_, static_cast<size_t>(bytes_)); }

char* KvPool::Part(int32_t block, int64_t layer, int64_t head) const {
  return memory_ + block * layout_.BlockBytes() + layer * layout_.LayerBytes() +
         head * 2 * layout_.PartBytes();
}

void KvPool::Clear(int32_t block) {
  const int64_t part = layout_.PartBytes();
  for (int64_t layer = 0; layer < layout_.layers; ++layer) {
    for (int64_t head = 0; head < layout_.kv_heads; ++head) {
      std::memset(Part(block, layer, head) + part, 0, static_cast<size_t>(part));
    }
  }
}

void KvPool::CopyTokens(int64_t layer, int64_t head, int32_t from, int32_t to, int64_t tokens) {
  cpu::BestKernels().copy_kv(layout_.precision, Part(from, layer, head), Part(to, layer, head),
                             layout_.head_size, tokens);
}

}  // namespace assay
