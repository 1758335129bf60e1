// Every method of every service, as its definition says it, called with each role and without any.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>

#include <filesystem>
#include <iostream>

#include "absl/strings/str_format.h"
#include "common/rpc/method_role.h"
#include "coordinator/security/token.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "tests/unit/coordinator/service/server_fixture.h"

namespace assay {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

constexpr char kProtos[] = "proto/assay/v1";

// Of all files of definitions that there are.
std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const auto& entry : std::filesystem::directory_iterator(kProtos)) {
    const std::string name = absl::StrCat("assay/v1/", entry.path().filename().string());
    const FileDescriptor* file = DescriptorPool::generated_pool()->FindFileByName(name);
    EXPECT_NE(file, nullptr) << name;
    for (int i = 0; file != nullptr && i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        methods.push_back(file->service(i)->method(j));
      }
    }
  }
  return methods;
}

std::string PathOf(const MethodDescriptor* method) {
  return absl::StrCat("/", method->service()->full_name(), "/", method->name());
}

class RoleMatrixTest : public CoordinatorTest {
 protected:
  RoleMatrixTest() : database_(url_, 16), tokens_(&database_) {
    Serve({.listen = "127.0.0.1:0", .require_tokens = true});
  }

  // In place of what was served before.
  void Serve(const ServerOptions& options) {
    server_.reset();
    server_ = CoordinatorServer::Start(&database_, options).value();
    const std::string& address = server_->address();
    channel_ = MakeChannel(absl::StrCat("127.0.0.1", address.substr(address.rfind(':'))));
  }

  std::string MakeTokenOf(const std::string& name, RoleSet roles,
                          const std::vector<std::string>& methods = {},
                          absl::Duration lifetime = absl::InfiniteDuration()) {
    const NewToken made = MakeToken().value();
    ApiToken token;
    token.name = name;
    token.lookup = made.lookup;
    token.sha256 = made.sha256;
    token.user = name;
    token.roles = roles;
    token.methods = methods;
    token.created_by = "test";
    EXPECT_TRUE(tokens_.Create(token, lifetime).ok());
    return made.text;
  }

  // Calls the method with an empty request, as if it were a simple one: who may not call it is
  // told so before its kind matters.
  grpc::StatusCode Call(const std::string& path, const std::string& authorization,
                        const std::string& message = "") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    grpc::CompletionQueue queue;
    grpc::GenericStub stub(channel_);
    const grpc::Slice slice(message);
    const grpc::ByteBuffer request(&slice, 1);
    const auto call = stub.PrepareUnaryCall(&context, path, request, &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status.error_code();
  }
  grpc::StatusCode CallWith(const std::string& path, const std::string& token,
                            const std::string& message = "") {
    return Call(path, absl::StrCat("Bearer ", token), message);
  }

  // A job of the model "tiny".
  int64_t SubmitAs(const std::string& token) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    v1::SubmitJobRequest request;
    request.add_models("tiny");
    request.add_benchmarks("bbh");
    *request.mutable_settings() = ToProto(RunSettings());
    v1::SubmitJobResponse response;
    const grpc::Status status =
        v1::EvaluationService::NewStub(channel_)->SubmitJob(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.job_id();
  }

  // Calls every method as whoever has the role alone; and without a token, which is refused unless
  // `anonymous`.
  void ExpectRoles(bool anonymous);

  Database database_;
  TokenStore tokens_;
  std::unique_ptr<CoordinatorServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

// The tokens of this test are known, so that "unauthenticated" is a handler's word: of raters, who
// have tokens of their own.
bool IsRefused(grpc::StatusCode code) {
  return code == grpc::StatusCode::PERMISSION_DENIED || code == grpc::StatusCode::UNIMPLEMENTED;
}

void RoleMatrixTest::ExpectRoles(bool anonymous) {
  const std::vector<std::pair<Role, std::string>> roles = {
      {Role::kRead, MakeTokenOf("reader", {Role::kRead})},
      {Role::kSubmit, MakeTokenOf("submitter", {Role::kSubmit})},
      {Role::kWorker, MakeTokenOf("worker", {Role::kWorker})},
      {Role::kAdmin, MakeTokenOf("admin", {Role::kAdmin})}};
  std::cout << absl::StreamFormat("%-52s %6s %6s %6s %6s %6s\n", "method", "none", "read", "submit",
                                  "worker", "admin");
  const std::vector<const MethodDescriptor*> methods = AllMethods();
  EXPECT_GT(methods.size(), 30);
  for (const MethodDescriptor* method : methods) {
    const std::string path = PathOf(method);
    const std::optional<Role> asked = RoleOfMethod(path);
    ASSERT_TRUE(asked.has_value()) << path << " does not say which role it asks for";
    const grpc::StatusCode none = Call(path, "");
    if (anonymous) {
      EXPECT_FALSE(IsRefused(none)) << path << ": " << none;
    } else {
      EXPECT_EQ(none, grpc::StatusCode::UNAUTHENTICATED) << path;
    }
    std::cout << absl::StreamFormat("%-52s %6s",
                                    absl::StrCat(method->service()->name(), "/", method->name()),
                                    anonymous ? "yes" : "-");
    for (const auto& [role, token] : roles) {
      const grpc::StatusCode code = CallWith(path, token);
      const bool is_allowed = role == *asked || role == Role::kAdmin;
      EXPECT_EQ(IsRefused(code), !is_allowed) << path << " as " << RoleName(role) << ": " << code;
      if (!is_allowed) {
        EXPECT_EQ(code, grpc::StatusCode::PERMISSION_DENIED) << path;
      }
      std::cout << absl::StreamFormat(" %6s", is_allowed ? "yes" : "-");
    }
    std::cout << "\n";
  }
}

TEST_F(RoleMatrixTest, EveryMethodAsksForItsRole) { ExpectRoles(/*anonymous=*/false); }

TEST_F(RoleMatrixTest, PlainLinesToOthersAskForTokensToo) {
  Serve({.listen = "0.0.0.0:0", .insecure = true, .require_tokens = true});
  ExpectRoles(/*anonymous=*/false);
}

TEST_F(RoleMatrixTest, ATokenThatIsShownCountsWhereNoneIsAskedFor) {
  Serve({.listen = "0.0.0.0:0", .insecure = true});
  ExpectRoles(/*anonymous=*/true);
  EXPECT_EQ(CallWith("/assay.v1.EvaluationService/GetServerInfo", "garbage"),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(RoleMatrixTest, ATokenThatIsNotValidOpensNothing) {
  const std::string good = MakeTokenOf("good", {Role::kAdmin});
  const std::string expired = MakeTokenOf("expired", {Role::kAdmin}, {}, absl::Milliseconds(1));
  const std::string revoked = MakeTokenOf("revoked", {Role::kAdmin});
  ASSERT_TRUE(tokens_.Revoke("revoked").ok());
  std::string changed = good;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  const std::vector<std::string> wrong = {
      "Bearer " + expired,
      "Bearer " + revoked,
      "Bearer " + changed,
      "Bearer " + MakeToken()->text,
      "Bearer " + good.substr(0, good.size() - 1),
      "Bearer ",
      "Bearer garbage, and more",
      "Basic " + good,
      good + good,
      std::string(8000, 'x'),
  };
  absl::SleepFor(absl::Milliseconds(20));
  for (const MethodDescriptor* method : AllMethods()) {
    for (const std::string& authorization : wrong) {
      // So many in a second are not even looked up.
      EXPECT_THAT(
          Call(PathOf(method), authorization),
          testing::AnyOf(grpc::StatusCode::UNAUTHENTICATED, grpc::StatusCode::RESOURCE_EXHAUSTED))
          << PathOf(method) << " with " << authorization;
    }
  }
  EXPECT_EQ(CallWith("/assay.v1.EvaluationService/GetServerInfo", good), grpc::StatusCode::OK);
}

TEST_F(RoleMatrixTest, WhatHasNoRoleIsServedToNobody) {
  const std::string admin = MakeTokenOf("admin", {Role::kAdmin});
  EXPECT_EQ(CallWith("/assay.v1.EvaluationService/NoSuchMethod", admin),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(CallWith("/other.Service/Method", admin), grpc::StatusCode::UNIMPLEMENTED);
  // Probes show no token; who asks for the services' definitions does.
  EXPECT_EQ(Call("/grpc.health.v1.Health/Check", ""), grpc::StatusCode::OK);
  EXPECT_EQ(Call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", ""),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(RoleMatrixTest, ATokenMayBeLimitedToMethods) {
  const std::string token =
      MakeTokenOf("limited", {Role::kAdmin}, {"GetServerInfo", "assay.v1.EvaluationService/List*"});
  EXPECT_EQ(CallWith("/assay.v1.EvaluationService/GetServerInfo", token), grpc::StatusCode::OK);
  EXPECT_EQ(CallWith("/assay.v1.EvaluationService/ListModels", token), grpc::StatusCode::OK);
  EXPECT_EQ(CallWith("/assay.v1.EvaluationService/GetJob", token),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(RoleMatrixTest, RevocationEndsTheCallsThatAreUnderWay) {
  const std::string token = MakeTokenOf("watcher", {Role::kWorker});
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  const auto stub = v1::WorkerService::NewStub(channel_);
  const auto stream = stub->Connect(&context);
  v1::WorkerMessage hello;
  *hello.mutable_hello() = ToProto(SampleWorker());
  ASSERT_TRUE(stream->Write(hello));
  v1::CoordinatorMessage welcome;
  ASSERT_TRUE(stream->Read(&welcome));
  ASSERT_TRUE(tokens_.Revoke("watcher").ok());
  const absl::Time revoked = absl::Now();
  v1::CoordinatorMessage message;
  while (stream->Read(&message)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_LT(absl::Now() - revoked, absl::Seconds(6));
  EXPECT_EQ(CallWith("/assay.v1.WorkerService/Connect", token), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(RoleMatrixTest, WhoChangedWhatIsWrittenDown) {
  AuditStore audit(&database_);
  const std::string token = MakeTokenOf("ann", {Role::kSubmit});
  const int64_t submitted = SubmitAs(token);
  EXPECT_EQ(CallWith("/assay.v1.EvaluationService/RemoveModel", token),
            grpc::StatusCode::PERMISSION_DENIED);
  const std::vector<AuditRecord> records = audit.List({.user = "ann"}).value();
  ASSERT_EQ(records.size(), 2);
  EXPECT_EQ(records[0].method, "assay.v1.EvaluationService/RemoveModel");
  EXPECT_EQ(records[0].outcome, "PERMISSION_DENIED");
  EXPECT_EQ(records[1].method, "assay.v1.EvaluationService/SubmitJob");
  EXPECT_EQ(records[1].outcome, "OK");
  EXPECT_EQ(records[1].token_name, "ann");
  EXPECT_EQ(records[1].object, absl::StrCat("models=tiny benchmarks=bbh job_id=", submitted));
  EXPECT_THAT(records[1].peer, testing::StartsWith("ipv4:127.0.0.1:"));
  const absl::StatusOr<JobProgress> job = JobStore(&database_).Get(submitted);
  ASSERT_TRUE(job.ok());
}

// Of all methods for those who submit, the ones that name a job or a run of one change it.
TEST_F(RoleMatrixTest, AJobIsChangedByItsOwnerAndAdministratorsOnly) {
  const std::string ann = MakeTokenOf("ann", {Role::kSubmit}),
                    bob = MakeTokenOf("bob", {Role::kSubmit}),
                    admin = MakeTokenOf("admin", {Role::kAdmin});
  const int64_t job = SubmitAs(ann);
  const int64_t run = JobStore(&database_).Get(job)->runs.at(0).spec.run_id;
  google::protobuf::DynamicMessageFactory factory;
  std::vector<std::string> changing;
  for (const MethodDescriptor* method : AllMethods()) {
    const std::string path = PathOf(method);
    if (RoleOfMethod(path) != Role::kSubmit) continue;
    for (const auto& [name, value] : {std::pair("job_id", job), std::pair("run_id", run)}) {
      const auto* field = method->input_type()->FindFieldByName(name);
      if (field == nullptr) continue;
      changing.push_back(absl::StrCat(method->name(), ".", name));
      const std::unique_ptr<google::protobuf::Message> request(
          factory.GetPrototype(method->input_type())->New());
      request->GetReflection()->SetInt64(request.get(), field, value);
      const std::string message = request->SerializeAsString();
      EXPECT_EQ(CallWith(path, bob, message), grpc::StatusCode::PERMISSION_DENIED)
          << changing.back();
      for (const std::string& allowed : {ann, admin}) {
        EXPECT_FALSE(IsRefused(CallWith(path, allowed, message))) << changing.back();
      }
    }
  }
  EXPECT_THAT(changing,
              testing::IsSupersetOf({"CancelJob.job_id", "PauseJob.job_id", "ResumeJob.job_id",
                                     "Rescore.job_id", "Rescore.run_id", "SetPriority.job_id"}));
}

}  // namespace
}  // namespace assay
