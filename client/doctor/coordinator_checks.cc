#include "client/doctor/coordinator_checks.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/doctor/certificate.h"
#include "client/doctor/clock_check.h"
#include "common/base/version.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

bool IsThisMachine(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  return host == "localhost" || host == "[::1]" || absl::StartsWith(host, "127.");
}

Finding CheckReached(const std::string& subject, const absl::Status& status) {
  if (absl::IsUnimplemented(status)) {
    return {Level::kWarning, subject, "is of an older version, which cannot be asked",
            "bring it to this version: older ones first stop, and others take over"};
  }
  std::string advice =
      "see whether assay-coordinator runs there, what it logs, and whether a "
      "firewall is between it and this machine";
  if (absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) {
    advice = "give a token that may do this";
  }
  return {Level::kProblem, subject, absl::StrCat("does not answer: ", status.message()), advice};
}

Finding CheckVersion(const std::string& subject, const std::string& version) {
  if (version == kVersion) return {Level::kOk, subject, absl::StrCat("version ", version)};
  return {Level::kWarning, subject, absl::StrCat("version ", version, ", this client ", kVersion),
          "bring all programs to one version"};
}

Finding CheckTransport(const std::string& subject, const CoordinatorAnswer& answer) {
  if (answer.encrypted) return {Level::kOk, subject, "the connection is encrypted"};
  if (IsThisMachine(answer.address)) {
    return {Level::kOk, subject, "not encrypted, on this machine alone"};
  }
  return {Level::kWarning, subject, "the connection is not encrypted",
          "set up TLS (docs/security.md), or keep the port inside a network that you trust"};
}

Findings CheckOne(const CoordinatorAnswer& answer) {
  const std::string subject = absl::StrCat("coordinator ", answer.address);
  if (!answer.status.ok()) return {CheckReached(subject, answer.status)};
  const v1::CoordinatorDiagnostics& coordinator = answer.response.coordinator();
  const absl::Duration half = (answer.answered - answer.asked) / 2;
  Findings findings = {
      CheckVersion(subject, coordinator.version()),
      CheckClock(subject, "this machine's",
                 FromTimestamp(coordinator.clock()) - (answer.asked + half), half),
      CheckTransport(subject, answer),
  };
  if (!answer.certificate.empty()) {
    findings.push_back(CheckCertificate(absl::StrCat(subject, ", certificate"), answer.certificate,
                                        answer.answered));
  }
  if (!answer.response.has_database()) {
    findings.push_back({Level::kProblem, subject,
                        absl::StrCat("cannot use its database: ", answer.response.database_error()),
                        "see whether PostgreSQL runs, and whether --database names it"});
  }
  return findings;
}

}  // namespace

Findings CheckCoordinators(absl::Span<const CoordinatorAnswer> answers) {
  Findings findings;
  std::set<int> schemas;
  int reached = 0;
  for (const CoordinatorAnswer& answer : answers) {
    for (Finding& finding : CheckOne(answer)) findings.push_back(std::move(finding));
    if (!answer.status.ok()) continue;
    ++reached;
    schemas.insert(answer.response.coordinator().schema_version());
  }
  if (schemas.size() > 1) {
    findings.push_back(
        {Level::kWarning, "coordinators",
         absl::StrCat("are of several schema versions: ", absl::StrJoin(schemas, ", ")),
         "end the upgrade: replace the older ones"});
  }
  if (reached == 1 && answers.size() == 1) {
    findings.push_back(
        {Level::kNote, "coordinators", "there is one; workers wait while it is restarted",
         "start two or more on one database, and name all of them in --coordinator"});
  }
  return findings;
}

}  // namespace assay
