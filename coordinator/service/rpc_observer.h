// Whoever wants to know what becomes of calls.
#ifndef ASSAY_COORDINATOR_SERVICE_RPC_OBSERVER_H_
#define ASSAY_COORDINATOR_SERVICE_RPC_OBSERVER_H_

#include <string>

#include "absl/time/time.h"

namespace assay {

// Thread-safe; must be quick.
class RpcObserver {
 public:
  virtual ~RpcObserver() = default;
  // A call of `method`, "assay.v1.EvaluationService/GetJob", that our services have, was answered
  // with the status of this name, "OK" or "NOT_FOUND".
  virtual void Called(const std::string& method, const std::string& code, absl::Duration took) = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RPC_OBSERVER_H_
