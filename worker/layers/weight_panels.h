// Weights as the kernels want them: packed into panels of cpu::kPanel columns (cpu/kernels.h).
#ifndef ASSAY_WORKER_LAYERS_WEIGHT_PANELS_H_
#define ASSAY_WORKER_LAYERS_WEIGHT_PANELS_H_

#include <cstdint>

#include "common/domain/run.h"

namespace assay {

// What the embedding and the head are of: LLM.int8() leaves them as they are.
Precision OutsidePrecision(Precision precision);

// Bytes of a panel of this depth.
int64_t PanelBytes(Precision precision, int64_t depth);
// Whether the weights are of 8 bits, with a scale for each column.
bool HasScales(Precision precision);

// values[kPanel][depth] to a panel. Of 8 bits, the greatest magnitude of a column becomes 127, and
// scales[kPanel] are filled in; else `scales` is not used.
void PackPanel(Precision precision, const float* values, int64_t depth, char* panel, float* scales);

// The values of one column of a panel as float32; `scale` is its scale where there are scales.
void UnpackColumn(Precision precision, const char* panel, int64_t depth, int64_t column,
                  float scale, float* out);

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_WEIGHT_PANELS_H_
