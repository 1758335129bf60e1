#include "client/doctor/examination.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "assay/v1/diagnostics_service.grpc.pb.h"
#include "client/doctor/database_checks.h"
#include "client/doctor/machine_checks.h"
#include "client/doctor/worker_checks.h"
#include "client/process/subprocess.h"
#include "common/rpc/channel.h"

namespace assay {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(15);
constexpr char kWorkerVariable[] = "ASSAY_WORKER_PROGRAM";

void ReadPeer(const grpc::ClientContext& context, CoordinatorAnswer* answer) {
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr) return;
  const auto first = [&peer](const char* property) -> std::string {
    const std::vector<grpc::string_ref> values = peer->FindPropertyValues(property);
    return values.empty() ? "" : std::string(values[0].data(), values[0].size());
  };
  const std::string type = first(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  answer->encrypted =
      type == GRPC_SSL_TRANSPORT_SECURITY_TYPE || type == GRPC_TLS_TRANSPORT_SECURITY_TYPE;
  answer->certificate = first(GRPC_X509_PEM_CERT_PROPERTY_NAME);
}

CoordinatorAnswer Ask(std::string address, const std::shared_ptr<grpc::Channel>& channel,
                      Clock* clock) {
  CoordinatorAnswer answer;
  answer.address = std::move(address);
  const auto stub = v1::DiagnosticsService::NewStub(channel);
  // The first call makes the connection, the second one is timed.
  for (int call = 0; call < 2; ++call) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    answer.asked = clock->Now();
    const grpc::Status status = stub->GetDiagnostics(&context, {}, &answer.response);
    answer.answered = clock->Now();
    answer.status =
        absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
    if (!status.ok()) break;
    ReadPeer(context, &answer);
  }
  return answer;
}

std::string Hostname() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

Findings CheckWorkerProgram(const MachineOptions& options) {
  const std::string program = FindSibling("assay-worker", kWorkerVariable);
  const auto result = RunCommand({{program, "probe", "--device", options.device, "--sandbox",
                                   options.sandbox, "--log-level", "error"},
                                  {},
                                  "",
                                  std::nullopt});
  if (absl::IsNotFound(result.status())) {
    return {{Level::kNote, "this machine", "there is no assay-worker here: no worker can run"}};
  }
  if (!result.ok() || !result->succeeded()) {
    const std::string reason = result.ok() ? absl::StrCat(DescribeExit(result->wait_status), ": ",
                                                          absl::StripAsciiWhitespace(result->error))
                                           : std::string(result.status().message());
    return {{Level::kProblem, "this machine", absl::StrCat("assay-worker probe: ", reason),
             "run it by hand; `deploy/setup runtime` installs the libraries it needs"}};
  }
  return CheckProbe(result->output);
}

const v1::GetDiagnosticsResponse* FirstWithDatabase(absl::Span<const CoordinatorAnswer> answers) {
  for (const CoordinatorAnswer& answer : answers) {
    if (answer.status.ok() && answer.response.has_database()) return &answer.response;
  }
  return nullptr;
}

}  // namespace

std::vector<CoordinatorAnswer> AskCoordinators(const std::string& addresses, Clock* clock) {
  const std::vector<std::string> names = absl::StrSplit(addresses, ',');
  const std::vector<std::shared_ptr<grpc::Channel>> channels = MakeChannels(addresses);
  std::vector<CoordinatorAnswer> answers;
  for (size_t i = 0; i < channels.size(); ++i) answers.push_back(Ask(names[i], channels[i], clock));
  return answers;
}

Findings CheckService(absl::Span<const CoordinatorAnswer> answers) {
  Findings findings = CheckCoordinators(answers);
  const v1::GetDiagnosticsResponse* const first = FirstWithDatabase(answers);
  if (first == nullptr) return findings;
  int connections = 0;
  int newest = 0;
  for (const CoordinatorAnswer& answer : answers) {
    connections += answer.response.coordinator().database_connections();
    newest = std::max(newest, answer.response.coordinator().schema_version());
  }
  for (Finding& finding : CheckDatabase(first->database(), connections, newest)) {
    findings.push_back(std::move(finding));
  }
  for (Finding& finding : CheckWorkers(first->database())) findings.push_back(std::move(finding));
  return findings;
}

Findings CheckMachine(const MachineOptions& options) {
  Findings findings = CheckWorkerProgram(options);
  std::error_code error;
  if (std::filesystem::exists(options.data, error)) {
    const std::filesystem::space_info space = std::filesystem::space(options.data, error);
    if (!error) findings.push_back(CheckRoom(options.data, space.available, space.capacity));
  }
  return findings;
}

Findings CheckModels(absl::Span<const v1::ModelSpec> models,
                     absl::Span<const CoordinatorAnswer> answers) {
  bool serves = false;
  if (const v1::GetDiagnosticsResponse* const first = FirstWithDatabase(answers)) {
    for (const v1::DatabaseWorker& worker : first->database().workers()) {
      serves = serves || (worker.connected() && worker.worker().hostname() == Hostname());
    }
  }
  Findings findings;
  for (const v1::ModelSpec& model : models) {
    if (model.format() != "openai") findings.push_back(CheckModelFiles(model, serves));
  }
  return findings;
}

}  // namespace assay
