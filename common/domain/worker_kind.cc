#include "common/domain/worker_kind.h"

#include "absl/strings/str_cat.h"

namespace assay {

std::string WorkerKindOf(const WorkerInfo& worker) {
  std::string kind = absl::StrCat(worker.device.substr(0, worker.device.find(':')), "/",
                                  worker.engine_version, "/", worker.threads, " threads");
  if (worker.tensor_parallel > 1) {
    absl::StrAppend(&kind, "/", worker.tensor_parallel, " processes");
  }
  return kind;
}

}  // namespace assay
