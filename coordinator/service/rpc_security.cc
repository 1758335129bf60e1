#include "coordinator/service/rpc_security.h"

#include <google/protobuf/message.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/domain/principal.h"
#include "common/rpc/convert.h"
#include "common/rpc/method_role.h"
#include "coordinator/service/call_object.h"
#include "coordinator/service/caller.h"

namespace assay {
namespace {

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// Of services that are gRPC's own. Probes of Kubernetes and load balancers show nothing.
constexpr absl::string_view kOpenToAll[] = {"/grpc.health.v1.Health/Check",
                                            "/grpc.health.v1.Health/Watch"};
constexpr absl::string_view kReflection = "/grpc.reflection.";

bool IsOpenToAll(absl::string_view path) {
  for (const absl::string_view open : kOpenToAll) {
    if (path == open) return true;
  }
  return false;
}

std::optional<Role> RoleOf(absl::string_view path) {
  if (absl::StartsWith(path, kReflection)) return Role::kRead;
  return RoleOfMethod(path);
}

std::string ValueOf(const Metadata& metadata, const char* key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return "";
  return {found->second.data(), found->second.size()};
}

Credentials ReadCredentials(const Metadata& metadata, const grpc::AuthContext* transport) {
  Credentials credentials;
  const std::string header = ValueOf(metadata, "authorization");
  absl::string_view token = header;
  // What is no bearer token is still one that is not known: nobody takes it for none.
  if (!absl::ConsumePrefix(&token, "Bearer ")) absl::ConsumePrefix(&token, "bearer ");
  credentials.bearer_token = std::string(token);
  if (transport == nullptr) return credentials;
  for (const grpc::string_ref& name : transport->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME)) {
    credentials.certificate_name = std::string(name.data(), name.size());
  }
  for (const grpc::string_ref& uri : transport->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    credentials.certificate_uris.emplace_back(uri.data(), uri.size());
  }
  return credentials;
}

std::string NameOf(absl::string_view path) {
  absl::ConsumePrefix(&path, "/");
  return std::string(path);
}

std::string OutcomeName(grpc::StatusCode code) {
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
}

}  // namespace

// What the processor, whose end is up to gRPC, has in common with the rest.
struct RpcSecurity::Shared {
  Authorizer* authorizer;
  AuditSink* audit;
  LiveCalls calls;
  std::atomic<bool> stopped = false;
  std::atomic<int> at_work = 0;
};

class RpcSecurity::Processor final : public grpc::AuthMetadataProcessor {
 public:
  explicit Processor(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* transport, OutputMetadata*,
                       OutputMetadata*) override {
    ++shared_->at_work;
    grpc::Status status = shared_->stopped ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping")
                                           : Check(metadata, transport);
    --shared_->at_work;
    return status;
  }

 private:
  grpc::Status Check(const InputMetadata& metadata, const grpc::AuthContext* transport) {
    const std::string path = ValueOf(metadata, ":path");
    if (IsOpenToAll(path)) return grpc::Status::OK;
    const std::optional<Role> role = RoleOf(path);
    if (!role.has_value()) {
      return {grpc::StatusCode::UNIMPLEMENTED,
              absl::StrCat("there is no method ", NameOf(path).substr(0, 200))};
    }
    const Credentials credentials = ReadCredentials(metadata, transport);
    const absl::StatusOr<Principal> caller =
        shared_->authorizer->Authorize(credentials, *role, NameOf(path));
    if (!caller.ok()) {
      NoteRefused(credentials, *role, NameOf(path), caller.status());
      return ToGrpcStatus(caller.status());
    }
    if (!shared_->calls.HasRoom(caller->user, *role == Role::kWorker)) {
      return {grpc::StatusCode::RESOURCE_EXHAUSTED,
              absl::StrCat("user ", caller->user, " has too many calls under way")};
    }
    return grpc::Status::OK;
  }

  // Of those who are known, so that others cannot fill the audit log.
  void NoteRefused(const Credentials& credentials, Role role, const std::string& method,
                   const absl::Status& why) {
    if (!absl::IsPermissionDenied(why) || role == Role::kRead) return;
    const absl::StatusOr<Principal> caller = shared_->authorizer->Authenticate(credentials);
    if (!caller.ok()) return;
    shared_->audit->Record({.user = caller->user,
                            .token_id = caller->token_id,
                            .method = method,
                            .outcome = absl::StatusCodeToString(why.code())});
  }

  const std::shared_ptr<Shared> shared_;
};

class RpcSecurity::Interceptor final : public grpc::experimental::Interceptor {
 public:
  Interceptor(Shared* shared, grpc::experimental::ServerRpcInfo* call, Role role)
      : shared_(shared), call_(call), role_(role) {}
  ~Interceptor() override { Leave(); }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::POST_RECV_INITIAL_METADATA)) {
      Enter(methods->GetRecvInitialMetadata());
    }
    if (IsAudited()) {
      if (methods->QueryInterceptionHookPoint(Point::POST_RECV_MESSAGE)) {
        NoteObject(methods->GetRecvMessage());
      }
      if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_MESSAGE)) {
        NoteObject(methods->GetSendMessage());
      }
    }
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_STATUS)) {
      Leave();
      if (IsAudited()) Record(OutcomeName(methods->GetSendStatus().error_code()));
    }
    if (methods->QueryInterceptionHookPoint(Point::POST_RECV_CLOSE)) Leave();
    methods->Proceed();
  }

 private:
  // A worker's stream is recorded at its begin.
  bool IsAudited() const { return role_ == Role::kSubmit || role_ == Role::kAdmin; }

  void Enter(Metadata* metadata) {
    if (metadata == nullptr || entered_) return;
    metadata->erase(kCallerMetadata);
    grpc::ServerContextBase* context = call_->server_context();
    const std::shared_ptr<const grpc::AuthContext> transport = context->auth_context();
    Credentials credentials = ReadCredentials(*metadata, transport.get());
    const absl::StatusOr<Principal> caller = shared_->authorizer->Authenticate(credentials);
    if (!caller.ok()) return;
    user_ = caller->user;
    token_id_ = caller->token_id;
    text_ = EncodeCaller(*caller);
    metadata->emplace(kCallerMetadata, grpc::string_ref(text_.data(), text_.size()));
    entered_ = true;
    shared_->calls.Add(this, {.user = user_,
                              .credentials = std::move(credentials),
                              .of_worker = role_ == Role::kWorker,
                              .context = context});
    if (role_ == Role::kWorker && user_ != kAnonymousUser) Record("OK");
  }

  void Leave() {
    if (std::exchange(entered_, false)) shared_->calls.Remove(this);
  }

  // The request's words, then the response's.
  void NoteObject(const void* message) {
    if (message == nullptr || object_.size() > 300) return;
    // Every message of our services is a generated one.
    const std::string words = ObjectOfCall(*static_cast<const google::protobuf::Message*>(message));
    absl::StrAppend(&object_, object_.empty() || words.empty() ? "" : " ", words);
  }

  void Record(std::string outcome) {
    shared_->audit->Record({.user = user_,
                            .token_id = token_id_,
                            .method = NameOf(call_->method()),
                            .object = object_,
                            .peer = call_->server_context()->peer(),
                            .outcome = std::move(outcome)});
  }

  Shared* const shared_;
  grpc::experimental::ServerRpcInfo* const call_;
  const Role role_;
  bool entered_ = false;
  std::string user_;
  int64_t token_id_ = 0;
  std::string text_;  // outlives the metadata, which point to it
  std::string object_;
};

class RpcSecurity::Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override {
    const std::optional<Role> role = RoleOfMethod(call->method());
    return role.has_value() ? new Interceptor(shared_.get(), call, *role) : nullptr;
  }

 private:
  const std::shared_ptr<Shared> shared_;
};

RpcSecurity::RpcSecurity(Authorizer* authorizer, AuditSink* audit, absl::Duration check_period)
    : shared_(std::make_shared<Shared>()), check_period_(check_period) {
  shared_->authorizer = authorizer;
  shared_->audit = audit;
  checker_ = std::thread([this] { Check(); });
}

RpcSecurity::~RpcSecurity() {
  Stop();
  checker_.join();
}

void RpcSecurity::Guard(grpc::ServerCredentials& credentials) {
  credentials.SetAuthMetadataProcessor(std::make_shared<Processor>(shared_));
}

void RpcSecurity::Observe(grpc::ServerBuilder& builder, Interceptors others) {
  Interceptors factories;
  factories.push_back(std::make_unique<Factory>(shared_));
  for (auto& other : others) factories.push_back(std::move(other));
  builder.experimental().SetInterceptorCreators(std::move(factories));
}

void RpcSecurity::Stop() {
  if (!stopping_.HasBeenNotified()) stopping_.Notify();
  shared_->stopped = true;
  // A check is one look into the database, at most.
  while (shared_->at_work > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void RpcSecurity::Check() {
  while (!stopping_.WaitForNotificationWithTimeout(check_period_)) {
    shared_->calls.CancelInvalid([this](const Credentials& credentials) {
      const absl::Status status = shared_->authorizer->Authenticate(credentials).status();
      return !absl::IsUnauthenticated(status);
    });
  }
}

}  // namespace assay
