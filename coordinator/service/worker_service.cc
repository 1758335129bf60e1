#include "coordinator/service/worker_service.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/rpc/convert.h"
#include "coordinator/service/worker_session.h"

namespace assay {
namespace {

absl::StatusOr<WorkerInfo> ReadHello(const v1::WorkerMessage& message) {
  if (!message.has_hello()) {
    return absl::InvalidArgumentError("the first message of a worker must be its hello");
  }
  ASSAY_ASSIGN_OR_RETURN(WorkerInfo worker, FromProto(message.hello()));
  if (worker.worker_id.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("WorkerInfo.worker_id: holds a NUL character");
  }
  if (!absl::StartsWith(worker.engine_version, absl::StrCat(kEngineVersion, "/"))) {
    // Which kernels it has does not matter here: a run is leased to workers of one kind only.
    return absl::FailedPreconditionError(absl::StrCat(
        "the worker's engine is ", worker.engine_version, ", the coordinator's has version ",
        kEngineVersion, "; run the same release of Assay on both"));
  }
  return worker;
}

}  // namespace

grpc::Status WorkerServiceImpl::Connect(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::WorkerMessage>* stream) {
  v1::WorkerMessage message;
  if (!stream->Read(&message)) {
    return {grpc::StatusCode::CANCELLED, "the stream ended before the worker's hello"};
  }
  absl::StatusOr<WorkerInfo> worker = ReadHello(message);
  if (!worker.ok()) return ToGrpcStatus(worker.status());
  {
    absl::MutexLock lock(&mutex_);
    if (closing_) return {grpc::StatusCode::UNAVAILABLE, "the coordinator is stopping"};
    ++streams_;
  }
  const absl::Status status =
      WorkerSession(leases_, workers_, stream, *std::move(worker), closing_, *context).Run();
  absl::MutexLock lock(&mutex_);
  --streams_;
  return ToGrpcStatus(status);
}

bool WorkerServiceImpl::HandOver(absl::Duration grace) {
  absl::MutexLock lock(&mutex_);
  closing_ = true;
  // All sessions wait for this when they have nothing to do.
  leases_->pending().Notify();
  return mutex_.AwaitWithTimeout(absl::Condition(
                                     +[](int* streams) { return *streams == 0; }, &streams_),
                                 grace);
}

}  // namespace assay
