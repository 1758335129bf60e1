#include "coordinator/service/rpc_tracing.h"

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/rpc/method_role.h"
#include "common/tracing/span.h"

namespace assay {
namespace {

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// Internal to the server: the call's own span, for its handler; what a client sends under this name
// is thrown away.
constexpr char kSpanMetadata[] = "assay-span";

TraceContext ReadTrace(const Metadata& metadata, const char* key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return {};
  return ParseTraceparent({found->second.data(), found->second.size()}).value_or(TraceContext());
}

class Interceptor final : public grpc::experimental::Interceptor {
 public:
  Interceptor(RpcObserver* observer, std::string method)
      : observer_(observer), method_(std::move(method)), begin_(absl::Now()) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::POST_RECV_INITIAL_METADATA)) {
      Begin(methods->GetRecvInitialMetadata());
    }
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_STATUS)) {
      End(methods->GetSendStatus());
    }
    methods->Proceed();
  }

 private:
  void Begin(Metadata* metadata) {
    if (metadata == nullptr) return;
    metadata->erase(kSpanMetadata);
    const TraceContext client = ReadTrace(*metadata, kTraceparent);
    parent_ = client.span_id;
    context_ = NewSpan(client);
    text_ = FormatTraceparent(context_);
    metadata->emplace(kSpanMetadata, grpc::string_ref(text_.data(), text_.size()));
  }

  void End(const grpc::Status& status) {
    const absl::Time now = absl::Now();
    const std::string code =
        absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code()));
    if (observer_ != nullptr) observer_->Called(method_, code, now - begin_);
    if (!SpansAreWanted()) return;
    RecordSpan({.name = method_,
                .context = context_,
                .parent_span_id = parent_,
                .kind = SpanKind::kServer,
                .begin = begin_,
                .end = now,
                .attributes = {{"rpc.system", "grpc"},
                               {"rpc.grpc.status_code", int64_t{status.error_code()}}},
                .error = status.error_message()});
  }

  RpcObserver* const observer_;
  const std::string method_;
  const absl::Time begin_;
  TraceContext context_;
  std::string parent_;
  std::string text_;  // outlives the metadata, which point to it
};

class Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(RpcObserver* observer) : observer_(observer) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override {
    const std::optional<Role> role = RoleOfMethod(call->method());
    // A worker's stream lasts for days; what it carries has spans of its own.
    if (!role.has_value() || *role == Role::kWorker) return nullptr;
    return new Interceptor(observer_, std::string(absl::StripPrefix(call->method(), "/")));
  }

 private:
  RpcObserver* const observer_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeRpcTracing(
    RpcObserver* observer) {
  return std::make_unique<Factory>(observer);
}

TraceContext TraceOf(const grpc::ServerContextBase& context) {
  return ReadTrace(context.client_metadata(), kSpanMetadata);
}

}  // namespace assay
