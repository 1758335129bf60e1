#include "worker/layers/kv_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "worker/layers/cpu/kernels.h"

namespace assay {

using cpu::kBlockTokens;
using cpu::kPanel;

int64_t KvLayout::PartBytes() const {
  return kBlockTokens * cpu::Padded(head_size) * cpu::ElementSize(precision);
}
int64_t KvLayout::BlockBytes() const { return layers * kv_heads * 2 * PartBytes(); }

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
  return std::unique_ptr<KvPool>(
      new KvPool(layout, static_cast<int32_t>(blocks), static_cast<char*>(memory), size));
}

KvPool::KvPool(const KvLayout& layout, int32_t blocks, char* memory, int64_t bytes)
    : layout_(layout), blocks_(blocks), memory_(memory), bytes_(bytes) {}

KvPool::~KvPool() { munmap(memory_, static_cast<size_t>(bytes_)); }

char* KvPool::Keys(int32_t block, int64_t layer, int64_t head) const {
  return memory_ + block * layout_.BlockBytes() +
         (layer * layout_.kv_heads + head) * 2 * layout_.PartBytes();
}

void KvPool::Clear(int32_t block) {
  const int64_t part = layout_.PartBytes();
  for (int64_t layer = 0; layer < layout_.layers; ++layer) {
    for (int64_t head = 0; head < layout_.kv_heads; ++head) {
      std::memset(Keys(block, layer, head) + part, 0, static_cast<size_t>(part));
    }
  }
}

namespace {

// Where element `d` of token `slot` lies among the keys, and among the values, in elements.
int64_t KeyIndex(bool paired, int64_t padded, int64_t slot, int64_t d) {
  const int64_t panel = slot / kPanel * padded * kPanel;
  const int64_t column = slot % kPanel;
  return paired ? panel + d / 2 * kPanel * 2 + column * 2 + d % 2 : panel + d * kPanel + column;
}
int64_t ValueIndex(bool paired, int64_t slot, int64_t d) {
  const int64_t panel = d / kPanel * kBlockTokens * kPanel;
  const int64_t column = d % kPanel;
  return paired ? panel + slot / 2 * kPanel * 2 + column * 2 + slot % 2
                : panel + slot * kPanel + column;
}

template <typename Element>
void CopyTokensOf(bool paired, int64_t padded, int64_t tokens, const char* from, char* to,
                  int64_t part) {
  const auto* keys_from = reinterpret_cast<const Element*>(from);
  auto* keys_to = reinterpret_cast<Element*>(to);
  const auto* values_from = reinterpret_cast<const Element*>(from + part);
  auto* values_to = reinterpret_cast<Element*>(to + part);
  for (int64_t slot = 0; slot < tokens; ++slot) {
    for (int64_t d = 0; d < padded; ++d) {
      const int64_t key = KeyIndex(paired, padded, slot, d);
      keys_to[key] = keys_from[key];
      const int64_t value = ValueIndex(paired, slot, d);
      values_to[value] = values_from[value];
    }
  }
}

}  // namespace

void KvPool::CopyTokens(int64_t layer, int32_t from, int32_t to, int64_t tokens) {
  const int64_t padded = cpu::Padded(layout_.head_size);
  for (int64_t head = 0; head < layout_.kv_heads; ++head) {
    const char* source = Keys(from, layer, head);
    char* target = Keys(to, layer, head);
    if (layout_.precision == Precision::kFloat32) {
      CopyTokensOf<float>(false, padded, tokens, source, target, layout_.PartBytes());
    } else {
      CopyTokensOf<uint16_t>(true, padded, tokens, source, target, layout_.PartBytes());
    }
  }
}

void KvPool::Write(int32_t block, int64_t layer, int64_t head, int64_t slot, const float* key,
                   const float* value) {
  const int64_t padded = cpu::Padded(layout_.head_size);
  char* keys = Keys(block, layer, head);
  char* values = keys + layout_.PartBytes();
  if (layout_.precision == Precision::kFloat32) {
    for (int64_t d = 0; d < layout_.head_size; ++d) {
      reinterpret_cast<float*>(keys)[KeyIndex(false, padded, slot, d)] = key[d];
      reinterpret_cast<float*>(values)[ValueIndex(false, slot, d)] = value[d];
    }
    return;
  }
  for (int64_t d = 0; d < layout_.head_size; ++d) {
    reinterpret_cast<uint16_t*>(keys)[KeyIndex(true, padded, slot, d)] =
        cpu::ToBits16(layout_.precision, key[d]);
    reinterpret_cast<uint16_t*>(values)[ValueIndex(true, slot, d)] =
        cpu::ToBits16(layout_.precision, value[d]);
  }
}

}  // namespace assay
