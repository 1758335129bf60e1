#include "worker/cli/processors.h"

#include <algorithm>

#include "spdlog/spdlog.h"
#include "worker/machine/machine.h"

namespace assay {

ProcessorClaims ClaimProcessors(WorkerArguments* arguments) {
  const int cores = PhysicalCores();
  const int wanted = arguments->threads > 0 ? arguments->threads : cores;
  ProcessorClaims claims = ProcessorClaims::Take("assay-worker", ProcessorsOfCores(), wanted);
  const int free = static_cast<int>(claims.processors().size());
  if (arguments->threads == 0) arguments->threads = std::max(free, 1);
  if (free >= arguments->threads) {
    if (free < wanted) {
      SPDLOG_INFO("other workers have {} of the {} cores; this one takes {}", wanted - free, wanted,
                  free);
    }
    return claims;
  }
  SPDLOG_WARN(
      "{} threads, but only {} cores are free of other workers: the threads are bound to none, and "
      "slow each other down; --threads divides the cores among workers",
      arguments->threads, free);
  return ProcessorClaims();
}

}  // namespace assay
