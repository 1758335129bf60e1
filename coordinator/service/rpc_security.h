// What stands between the network and the handlers of RPCs: every call's caller must have the role
// that its method asks for.
//
// A call is refused before its handler runs, by gRPC's metadata processor: before its message is
// read. An interceptor then tells handlers who calls (caller.h), counts the calls that are under
// way, and records those that change something.
#ifndef ASSAY_COORDINATOR_SERVICE_RPC_SECURITY_H_
#define ASSAY_COORDINATOR_SERVICE_RPC_SECURITY_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "coordinator/security/audit_sink.h"
#include "coordinator/security/authorizer.h"
#include "coordinator/service/live_calls.h"

namespace assay {

// Thread-safe. Must outlive the server.
class RpcSecurity {
 public:
  // The parts outlive this. Every `check_period` the tokens of calls that are under way are looked
  // at again, and the calls of those that are not valid any more are cancelled.
  RpcSecurity(Authorizer* authorizer, AuditSink* audit,
              absl::Duration check_period = absl::Seconds(2));
  ~RpcSecurity();

  // The server must have been given both before it starts; `credentials` are its port's, and not
  // grpc::InsecureServerCredentials, which take no processor.
  void Guard(grpc::ServerCredentials& credentials);
  // `others` see each call after it.
  using Interceptors =
      std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>;
  void Observe(grpc::ServerBuilder& builder, Interceptors others = {});

  // Refuses all that comes from now on. Safe to call twice.
  void Stop();

 private:
  class Processor;
  class Factory;
  class Interceptor;
  struct Shared;

  void Check();

  const std::shared_ptr<Shared> shared_;
  const absl::Duration check_period_;
  absl::Notification stopping_;
  std::thread checker_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RPC_SECURITY_H_
