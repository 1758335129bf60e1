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
// The type that activations, keys and values have.
inline constexpr Precision ComputeType(Precision precision) {
  if (precision == Precision::kInt8) return Precision::kBFloat16;
  return precision == Precision::kLlmInt8 ? Precision::kFloat16 : precision;
}
inline constexpr int64_t ElementSize(Precision precision) {
  return precision == Precision::kFloat32 ? 4 : 2;
}

// How the inputs of products ([rows, depth] of the compute type) lie in memory: row by row, each of
// Padded(depth) elements; or as tile registers load them, 16 rows and 32 columns (1 KiB) together.
enum class InputLayout { kRows, kTiles };
inline constexpr int64_t kLayoutTileRows = 16;
inline constexpr int64_t kLayoutTileColumns = 32;

// Where an element lies, in elements from the start of the matrix. The elements of one row from a
// multiple of 32 columns to the next are side by side in both layouts.
inline constexpr int64_t InputOffset(InputLayout layout, int64_t padded, int64_t row,
                                     int64_t column) {
  if (layout == InputLayout::kRows) return row * padded + column;
  return row / kLayoutTileRows * kLayoutTileRows * padded +
         column / kLayoutTileColumns * kLayoutTileRows * kLayoutTileColumns +
         row % kLayoutTileRows * kLayoutTileColumns + column % kLayoutTileColumns;
}

// Where a weight lies in a panel of llm_int8_gemm: four neighbours of the depth side by side.
inline constexpr int64_t LlmInt8Index(int64_t k, int64_t column) {
  return k / 4 * 4 * kPanel + column * 4 + k % 4;
}
// The greatest depth whose sums of products of 8 bits fit in 32.
inline constexpr int64_t kMostLlmInt8Depth = 1 << 17;

// What becomes of a product. Inputs and weights are of the compute type; sums are float32.
enum class Output {
  kStore,      // out float32 = sum + bias
  kAdd,        // out float32 += sum + bias
  kGated,      // columns come as 16 of the gate and 16 of the other; out, the input of a further
               // product, = activation(gate) * other
  kActivated,  // out, the input of a further product, = activation(sum + bias)
};

// Each takes 0 to 0.
enum class Activation {
  kSilu,  // x / (1 + e^-x)
  kRelu,  // max(x, 0)
  kReluSquared,
  kGelu,       // x Φ(x), by the error function (to about 3e-7)
  kGeluTanh,   // its approximation by tanh (Hendrycks and Gimpel 2016)
  kGeluQuick,  // x / (1 + e^-1.702x)
};

struct GemmTask {
  const void* input;  // the whole matrix, in its layout; columns behind the depth are zero
  int64_t first_row;  // of the input; a multiple of kRowStep
  int64_t rows;
  const void* panels;  // of the first panel of this task
  int64_t depth;       // padded
  int64_t panel_count;
  Output output;
  const float* bias;  // of the first column of this task, in the panels' order; may be null
  // kStore, kAdd: at the first row and column of this task. kGated, kActivated: the whole matrix,
  // of which rows from first_row and columns from out_first_column are written.
  void* out;
  int64_t out_stride;   // in elements; of kGated and kActivated the padded columns of `out`
  int64_t out_columns;  // kStore, kAdd: columns of `out` that may be written, from its first
  int64_t out_first_column = 0;
  Activation activation = Activation::kSilu;
};
// Tasks begin at multiples of so many rows.
inline constexpr int64_t kRowStep = 32;

// Rows of queries that see a block of the cache. For one layer and one key-value head a block holds
// keys, then values, of kBlockTokens × Padded(head_size) elements each, in a layout of the table's
// own (panels or tiles).
struct AttentionBlock {
  int64_t block;           // number of the block in the pool
  int32_t first_position;  // of its first token
  int32_t first_row;       // of the task: the rows that see this block
  int32_t rows;
};
struct AttentionTask {
  // Rows of queries: one for each token and head of the group. Of different sequences where they
  // share blocks.
  const void* query;             // of the compute type
  const int64_t* query_offsets;  // of each row in `query`, in elements
  const int32_t* row_positions;  // of the last key that each row sees, its own token's mostly
  int64_t rows;                  // at most kAttentionRows
  int64_t head_size;
  float scale;
  const char* pool;              // this layer's and head's part of block 0
  int64_t block_bytes;           // from one block to the next
  const AttentionBlock* blocks;  // in order of position
  int64_t block_count;
  void* out;                   // the input of a further product, in its layout
  int64_t out_padded;          // its padded columns
  const int64_t* out_rows;     // of each row
  const int64_t* out_columns;  // the first of each row's head
  // A row sees so many keys, up to its own position; 0: all of them.
  int64_t window = 0;
  // Not 0: a score s (scaled) becomes cap tanh(s / cap).
  float score_cap = 0.0f;
  // Not null: to the score of a row and a key is added table[key's position] - table[row's
  // position], where the row's table begins at bias + bias_offsets[row]. Tables reach to the end of
  // the last block.
  const float* bias = nullptr;
  const int32_t* bias_offsets = nullptr;
};
inline constexpr int64_t kAttentionRows = 32;

// Consecutive tokens of one sequence in kWkvChannels channels of RWKV's recurrence.
struct WkvTask {
  // Of the first token and channel; `stride` floats from one token to the next.
  const float* key;
  const float* value;
  const float* receptance;
  int64_t stride;
  int64_t rows;
  const float* decay;  // of the channels: ln of what is left of a weight from token to token
  const float* first;  // ln of the weight that a token has more in its own output
  // The state of the channels, before the tokens and afterwards: sums of weighted values and of
  // weights, both divided by e^maximum.
  float* numerator;
  float* denominator;
  float* maximum;
  // The input of a further product, in its layout: the mean times sigmoid(receptance).
  void* out;
  int64_t out_padded;
  int64_t out_row;
  int64_t out_column;  // a multiple of kWkvChannels
};
inline constexpr int64_t kWkvChannels = 32;

struct Kernels {
  absl::string_view name;  // "avx2", "avx512", "amx"
  InputLayout bfloat16_layout;

  void (*gemm)(Precision precision, const GemmTask& task);
  void (*attention)(Precision precision, const AttentionTask& task);
  // Stores one token's key and value, `head_size` floats each, into the block of the cache at
  // `block` (this layer's and head's part).
  void (*store_kv)(Precision precision, char* block, int64_t head_size, int64_t slot,
                   const float* key, const float* value);
  // Copies the first `tokens` tokens from one block to another.
  void (*copy_kv)(Precision precision, const char* from, char* to, int64_t head_size,
                  int64_t tokens);
  // out[out_row] = row * weight / sqrt(mean(row²) + epsilon), zeros behind `size`; `out` is the
  // input of a product.
  void (*rms_norm)(Precision precision, const float* row, const float* weight, float epsilon,
                   int64_t size, int64_t padded, void* out, int64_t out_row);
  // The same with out = (row - mean) / sqrt(variance + epsilon) * weight + bias.
  void (*layer_norm)(Precision precision, const float* row, const float* weight, const float* bias,
                     float epsilon, int64_t size, int64_t padded, void* out, int64_t out_row);
  // values = cap tanh(values / cap)
  void (*cap)(float* values, int64_t count, float cap);
  // Rotary embedding of one head in the half-split form: (row[i], row[half + i]) turned by the
  // angle of (cosine[i], sine[i]).
  void (*rotate)(float* row, const float* cosine, const float* sine, int64_t half);
  void (*wkv)(Precision precision, const WkvTask& task);
  // out += scale × values × sigmoid(gate)
  void (*add_gated)(const float* gate, const float* values, float scale, int64_t count, float* out);
  // Values in the compute type.
  void (*convert)(Precision precision, const float* values, int64_t count, void* out);
  // A panel of weights of 8 bits, times a scale for each column, in bfloat16. For each pair of
  // depths the 8-bit panel has the even depth of columns 0 to 15, the odd one, and the same of
  // columns 16 to 31.
  void (*widen_panel)(const int8_t* weights, const float* scales, int64_t depth, uint16_t* panel);
  // A product as LLM.int8() makes it (Dettmers et al. 2022), of an input in float16 and weights of
  // 8 bits (LlmInt8Index) with a scale for each column. Each row for itself: its values below
  // `threshold` in magnitude are rounded to 8 bits, the greatest of them being 127, and multiplied
  // as whole numbers; the others, outliers, are multiplied as they are.
  void (*llm_int8_gemm)(const GemmTask& task, const float* column_scales, float threshold);
  // The index of the greatest value, the first of equal ones.
  int64_t (*argmax)(const float* values, int64_t size);
  // log(sum(exp(values))), summed in a fixed order.
  double (*log_sum_exp)(const float* values, int64_t size);

  InputLayout input_layout(Precision precision) const {
    return precision == Precision::kBFloat16 ? bfloat16_layout : InputLayout::kRows;
  }
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
