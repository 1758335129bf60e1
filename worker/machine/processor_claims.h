// Which processors of this machine compute for which process, so that workers side by side do not
// take the same ones.
#ifndef ASSAY_WORKER_MACHINE_PROCESSOR_CLAIMS_H_
#define ASSAY_WORKER_MACHINE_PROCESSOR_CLAIMS_H_

#include <string>
#include <vector>

#include "absl/types/span.h"

namespace assay {

// Processors that this process holds until the object, or the process, ends. A claim is the name of
// a Unix socket in the abstract namespace (unix(7)): one process has it, no file is left behind,
// and only processes that make the same claims mind it.
class ProcessorClaims {
 public:
  // Claims `most` of `candidates`, in their order, or as many as are free. `name` tells one kind of
  // claims from another.
  static ProcessorClaims Take(const std::string& name, absl::Span<const int> candidates, int most);

  ProcessorClaims() = default;
  ~ProcessorClaims();
  ProcessorClaims(ProcessorClaims&& other) noexcept;
  ProcessorClaims& operator=(ProcessorClaims&& other) noexcept;

  const std::vector<int>& processors() const { return processors_; }

 private:
  void Release();

  std::vector<int> processors_;
  std::vector<int> sockets_;  // one of each processor
};

}  // namespace assay

#endif  // ASSAY_WORKER_MACHINE_PROCESSOR_CLAIMS_H_
