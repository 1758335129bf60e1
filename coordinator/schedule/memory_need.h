// How much memory a worker needs for a model.
#ifndef ASSAY_COORDINATOR_SCHEDULE_MEMORY_NEED_H_
#define ASSAY_COORDINATOR_SCHEDULE_MEMORY_NEED_H_

#include <cstdint>

#include "common/domain/run.h"

namespace assay {

// The weights in the precision, and the keys and values of one prompt as long as the suite's
// longest (of a context that is shorter: as long as that). Keys and values are those of a
// transformer of so many parameters whose every head has its own, which most of the suite have:
// others need less. 0 where nothing is known of the model.
int64_t MemoryNeed(int64_t parameters, int64_t context_length, Precision precision);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SCHEDULE_MEMORY_NEED_H_
