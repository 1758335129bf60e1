// Weights in groups of inputs that share a scale and a zero, as GPTQ and AWQ store them.
#ifndef ASSAY_WORKER_WEIGHTS_GROUP_MATRIX_H_
#define ASSAY_WORKER_WEIGHTS_GROUP_MATRIX_H_

#include <string>

#include "absl/status/statusor.h"
#include "worker/weights/quantization_config.h"
#include "worker/weights/quantized_matrix.h"
#include "worker/weights/quantized_parts.h"

namespace assay {

// W[o, k] = scales[g, o] × (q[k, o] − zero[g, o]), g being the group of input k.
//
// GPTQ: <layer>.qweight [⌈in·bits/32⌉, out] of 32-bit words, packed along the inputs; qzeros
// [groups, ⌈out·bits/32⌉], packed along the outputs, each less one (modulo 2^bits) in the first
// version of the format; scales [groups, out]; g_idx [in], or else groups of group_size. Values of
// 3 bits may lie across two words.
// AWQ: qweight [in, out/8] and qzeros [groups, out/8], both packed along the outputs, nibble i of a
// word being output 0, 2, 4, 6, 1, 3, 5, 7 of the eight; scales [groups, out].
//
// Errors name the tensor. The tensors' bytes outlive the matrix.
absl::StatusOr<QuantizedLayer> OpenGptqLayer(const QuantizationConfig& config,
                                             const QuantizedParts& parts, const std::string& layer);
absl::StatusOr<QuantizedLayer> OpenAwqLayer(const QuantizationConfig& config,
                                            const QuantizedParts& parts, const std::string& layer);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_GROUP_MATRIX_H_
