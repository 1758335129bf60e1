// Which engine this process computes with.
#ifndef ASSAY_WORKER_PROCESS_ENGINE_IDENTITY_H_
#define ASSAY_WORKER_PROCESS_ENGINE_IDENTITY_H_

#include <string>

namespace assay {

// "<kEngineVersion>/<kernels>", for example "1/amx". Engines of the same identity compute the same
// bits. The process ends with a message where the processor is not supported.
std::string EngineIdentity();

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_ENGINE_IDENTITY_H_
