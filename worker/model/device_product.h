// Products of rows with a linear layer on a device.
#ifndef ASSAY_WORKER_MODEL_DEVICE_PRODUCT_H_
#define ASSAY_WORKER_MODEL_DEVICE_PRODUCT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "worker/model/device_weights.h"

namespace assay {

// Rows of a product. A fixed number of them, filled up with zeros, keeps a row's bits apart from
// the number of rows.
inline constexpr int64_t kProductRows = 256;

// With rows of zeros behind, up to a multiple of kProductRows.
at::Tensor PadRows(const at::Tensor& rows);

// x Wᵀ + b as float32 [rows, out]; x: [rows, in], rounded to `type` before. Layers of LLM.int8()
// as Kernels::llm_int8_gemm makes them. Throws what libtorch throws.
at::Tensor ProductOnDevice(const DeviceLinear& linear, const at::Tensor& input,
                           at::ScalarType type);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_DEVICE_PRODUCT_H_
