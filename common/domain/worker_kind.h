// What a worker's speed is measured by: of two workers of a kind, each is expected to be as fast as
// the other.
#ifndef ASSAY_COMMON_DOMAIN_WORKER_KIND_H_
#define ASSAY_COMMON_DOMAIN_WORKER_KIND_H_

#include <string>

#include "common/domain/worker.h"

namespace assay {

// "cpu/1/amx/2 threads"; "cuda/2/cuda-sm90/8 threads/4 processes" of one whose models are computed
// by several processes. The number of a GPU is no part of it.
std::string WorkerKindOf(const WorkerInfo& worker);

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_WORKER_KIND_H_
