#include "worker/process/threads.h"

#include <ATen/Parallel.h>

#include <exception>

#include "absl/strings/str_cat.h"
#include "worker/layers/thread_pool.h"

namespace assay {

absl::Status SetComputeThreads(int threads, const std::vector<int>& processors) {
  try {
    at::set_num_threads(threads);
    at::set_num_interop_threads(1);
  } catch (const std::exception& error) {
    return absl::InternalError(
        absl::StrCat("libtorch does not take ", threads, " threads: ", error.what()));
  }
  ThreadPool::SetThreads(threads, processors);
  return absl::OkStatus();
}

}  // namespace assay
