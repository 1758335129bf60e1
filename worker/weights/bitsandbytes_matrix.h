// Weights as bitsandbytes stores them in a folder.
#ifndef ASSAY_WORKER_WEIGHTS_BITSANDBYTES_MATRIX_H_
#define ASSAY_WORKER_WEIGHTS_BITSANDBYTES_MATRIX_H_

#include <string>

#include "absl/status/statusor.h"
#include "worker/weights/quantized_matrix.h"
#include "worker/weights/quantized_parts.h"

namespace assay {

// LLM.int8(): <layer>.weight int8 [out, in] row by row, SCB [out], the greatest magnitudes of the
// rows: W = weight × SCB / 127. A weight_format other than 0 (row by row) is refused.
absl::StatusOr<QuantizedLayer> OpenInt8Layer(const QuantizedParts& parts, const std::string& layer);

// NF4 and FP4: <layer>.weight has two values a byte, the first in the high nibble, in blocks that
// share a scale (absmax); a value is quant_map[nibble] × scale. With double quantization the scales
// are bytes themselves: nested_quant_map[byte] × nested_absmax[block of scales] + offset. Sizes are
// in a JSON text, <layer>.weight.quant_state.bitsandbytes__<nf4 or fp4>.
absl::StatusOr<QuantizedLayer> OpenFourBitLayer(const QuantizedParts& parts,
                                                const std::string& layer);
// Whether the layer has such a text.
bool IsFourBitLayer(const QuantizedParts& parts, const std::string& layer);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_BITSANDBYTES_MATRIX_H_
