// Where in a trace a call is, and how long it takes.
#ifndef ASSAY_COORDINATOR_SERVICE_RPC_TRACING_H_
#define ASSAY_COORDINATOR_SERVICE_RPC_TRACING_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "common/tracing/trace_context.h"
#include "coordinator/service/rpc_observer.h"

namespace assay {

// Makes a span of each call of our services but a worker's stream, a part of the client's trace
// where its metadata tell of one, and tells the observer, which may be null and otherwise outlives
// the server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeRpcTracing(
    RpcObserver* observer);

// The span of the call, for its handler; none of a call that came by another way than gRPC.
TraceContext TraceOf(const grpc::ServerContextBase& context);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RPC_TRACING_H_
