// The calls that are under way, by who makes them: bounded in number, and ended when their token is
// revoked.
#ifndef ASSAY_COORDINATOR_SERVICE_LIVE_CALLS_H_
#define ASSAY_COORDINATOR_SERVICE_LIVE_CALLS_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "coordinator/security/authorizer.h"

namespace assay {

// Thread-safe.
class LiveCalls {
 public:
  struct Call {
    std::string user = {};
    Credentials credentials = {};
    bool of_worker = false;
    grpc::ServerContextBase* context = nullptr;  // there until Remove
  };

  // Whether the user may make one more call. Two that ask at once may both be told so.
  bool HasRoom(const std::string& user, bool of_worker) const;

  // `key` is the caller's choice, and no other call's.
  void Add(const void* key, Call call);
  void Remove(const void* key);

  // Cancels the calls whose credentials `is_valid` does not take. It is asked once for each token.
  void CancelInvalid(const std::function<bool(const Credentials&)>& is_valid);

 private:
  // Recursive: a cancelled call may end, and so come to Remove, within TryCancel.
  mutable std::recursive_mutex mutex_;
  std::map<const void*, Call> calls_;
  std::map<std::string, int> of_users_;
  std::map<std::string, int> of_workers_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_LIVE_CALLS_H_
