// GGML's quantized blocks to float32. Each function reads one block of the type it is named after
// and writes its values (32, or 256 for the K types). Layouts: ggml-common.h; arithmetic: float32,
// in the order of the reference, never fused. Scales are float16 unless said otherwise. No
// alignment is needed.
#ifndef ASSAY_WORKER_WEIGHTS_QUANTIZED_BLOCKS_H_
#define ASSAY_WORKER_WEIGHTS_QUANTIZED_BLOCKS_H_

#include <cstdint>

namespace assay {

void DequantizeQ8_0(const uint8_t* block, float* out);  // scale, 32 signed bytes
void DequantizeQ4_0(const uint8_t* block, float* out);  // scale, 32 nibbles less 8
void DequantizeQ4_1(const uint8_t* block, float* out);  // scale, minimum, 32 nibbles
void DequantizeQ5_0(const uint8_t* block, float* out);  // scale, 32 fifth bits, 32 nibbles; less 16
void DequantizeQ5_1(const uint8_t* block, float* out);  // scale, minimum, 32 fifth bits, 32 nibbles
void DequantizeQ2_K(const uint8_t* block, float* out);  // 16 groups with 4-bit scales and minimums
void DequantizeQ3_K(const uint8_t* block, float* out);  // 16 groups with 6-bit signed scales
void DequantizeQ4_K(const uint8_t* block, float* out);  // 8 groups with 6-bit scales and minimums
void DequantizeQ5_K(const uint8_t* block, float* out);  // the same with fifth bits
void DequantizeQ6_K(const uint8_t* block, float* out);  // 16 groups with 8-bit signed scales
void DequantizeQ8_K(const uint8_t* block, float* out);  // float32 scale, 256 signed bytes, sums

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_QUANTIZED_BLOCKS_H_
