// The arithmetic of the CPU, one table of functions for each instruction set, chosen once at start.
//
// Every function computes a row from that row's inputs alone, in an order of operations that is
// fixed by the shapes of the weights and by absolute positions. So a row has the same bits whatever
// rows stand beside it, which is what makes an evaluation's result independent of batching.
// (Library GEMMs do not have this property: oneDNN and MKL choose their kernels, and with them the
// order of summation, by the number of rows.)
//
// Weights and cached keys and values are stored in panels of kPanel columns. A panel of a [columns,
// depth] matrix holds, for float32, [depth, kPanel]; for 16-bit types, [depth / 2, kPanel, 2], two
// neighbours of the depth side by side, as dot-product instructions want them. The depth is padded
// with zeros to a multiple of kDepthStep, the columns to one of kPanel.
#ifndef ASSAY_WORKER_LAYERS_CPU_KERNELS_H_
#define ASSAY_WORKER_LAYERS_CPU_KERNELS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/domain/run.h"

namespace assay::cpu {

inline constexpr int64_t kPanel = 32;
inline constexpr int64_t kDepthStep = 32;
// Rows that a kernel may read (never write) past the last one of its input; buffers have as many to
// spare.
inline constexpr int64_t kSpareRows = 32;
// Tokens in a block of the key-value cache. Keys are seen in tiles of this size at multiples of it,
// whoever owns the blocks.
inline constexpr int64_t kBlockTokens = 64;

inline constexpr int64_t RoundUp(int64_t value, int64_t step) {
  return (value + step - 1) / step * step;
}
inline constexpr int64_t Padded(int64_t depth) { return RoundUp(depth, kDepthStep); }
inline constexpr int64_t ElementSize(Precision precision) {
  return precision == Precision::kFloat32 ? 4 : 2;
}

// What becomes of a product. Inputs and weights are of the compute type; sums are float32.
enum class Output {
  kStore,    // out float32 = sum + bias
  kAdd,      // out float32 += sum + bias
  kSiluMul,  // columns come as 16 of the gate and 16 of the other; out, of the compute type, =
             // silu(gate) * other
};

struct GemmTask {
  const void* input;  // [rows, input_stride] of the compute type; columns from the depth to `depth`
                      // are zero
  int64_t input_stride;  // in elements
  const void* panels;    // of the first panel of this task
  int64_t depth;         // padded
  int64_t panel_count;
  int64_t rows;
  Output output;
  const float* bias;    // of the first column of this task, in the panels' order; may be null
  void* out;            // at the first row and column of this task
  int64_t out_stride;   // in elements
  int64_t out_columns;  // columns of `out` that may be written, from its first
};

// One block of the cache for one layer and one key-value head: panels of the keys ([kBlockTokens,
// head_size] as columns and depth), then of the values ([head_size, kBlockTokens]); each part has
// kBlockTokens × Padded(head_size) elements.
struct AttentionTask {
  const float* query;            // one row a (token, head of the group)
  const int64_t* query_offsets;  // of each row in `query`, in elements
  const int64_t* out_offsets;    // of each row in `out`, in elements
  const int32_t* row_positions;  // of each row's token; not decreasing
  int64_t rows;                  // at most kAttentionRows
  int64_t head_size;
  float scale;
  const char* const* blocks;  // this layer's and head's part of each block of the sequence
  void* out;                  // of the compute type
};
inline constexpr int64_t kAttentionRows = 32;

struct Kernels {
  absl::string_view name;  // "avx2", "avx512", "amx"
  void (*gemm)(Precision precision, const GemmTask& task);
  void (*attention)(Precision precision, const AttentionTask& task);
  // out[0, padded) of the compute type = row * weight / sqrt(mean(row²) + epsilon); zeros behind
  // `size`.
  void (*rms_norm)(Precision precision, const float* row, const float* weight, float epsilon,
                   int64_t size, int64_t padded, void* out);
  // Rotary embedding of one head in the half-split form: (row[i], row[half + i]) turned by the
  // angle of (cosine[i], sine[i]).
  void (*rotate)(float* row, const float* cosine, const float* sine, int64_t half);
  // The index of the greatest value, the first of equal ones.
  int64_t (*argmax)(const float* values, int64_t size);
  // log(sum(exp(values))), summed in a fixed order.
  double (*log_sum_exp)(const float* values, int64_t size);
};

// The best table that this processor runs; the environment variable
// ASSAY_CPU_KERNELS=avx2|avx512|amx asks for a lesser one. The process ends with a message where
// the processor has not even AVX2.
const Kernels& BestKernels();

const Kernels& Avx2Kernels();
const Kernels& Avx512Kernels();
const Kernels& AmxKernels();

// Bits of the 16-bit types, rounded to nearest, ties to even.
uint16_t ToBits16(Precision precision, float value);
float FromBits16(Precision precision, uint16_t bits);

}  // namespace assay::cpu

#endif  // ASSAY_WORKER_LAYERS_CPU_KERNELS_H_
