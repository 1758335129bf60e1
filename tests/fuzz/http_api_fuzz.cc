// Any request to the HTTP interface: "METHOD TARGET", a line's end, and a body. Every path of it is
// answered in JSON, by services that do nothing, and no answer says that the fault is the server's.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "common/http/request_target.h"
#include "common/http/response_text.h"
#include "coordinator/web/api.h"
#include "google/protobuf/stubs/logging.h"

namespace {

// Whoever asks may.
class OpenAuthorizer final : public assay::Authorizer {
 public:
  absl::StatusOr<assay::Principal> Authenticate(const assay::Credentials&) override {
    return assay::Principal{.user = "fuzzer", .roles = {assay::Role::kAdmin}};
  }
  absl::StatusOr<assay::Principal> Authorize(const assay::Credentials& credentials, assay::Role,
                                             absl::string_view) override {
    return Authenticate(credentials);
  }
};

class AuditOfSize final : public assay::AuditSink {
 public:
  // Of the request and of the answer.
  void Record(const assay::AuditEvent& event) override {
    if (event.object.size() > 700) std::abort();
  }
};

assay::Api& ApiUnderTest() {
  static auto* evaluation = new assay::v1::EvaluationService::Service();
  static auto* browse = new assay::v1::BrowseService::Service();
  static auto* rating = new assay::v1::RatingService::Service();
  static auto* admin = new assay::v1::AdminService::Service();
  static auto* authorizer = new OpenAuthorizer();
  static auto* audit = new AuditOfSize();
  static auto* api = new assay::Api({evaluation, browse, rating, admin}, {authorizer, audit});
  return *api;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Strings that are not UTF-8 would each be logged.
  static const bool silenced = (google::protobuf::SetLogHandler(nullptr), true);
  static_cast<void>(silenced);
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = text.find('\n');
  const absl::string_view head = text.substr(0, line);
  const size_t space = head.find(' ');
  if (line == absl::string_view::npos || space == absl::string_view::npos) return 0;
  const auto target = assay::ParseTarget(head.substr(space + 1));
  if (!target.has_value()) return 0;
  // What has been made plain stays as it is, but for what was escaped twice.
  if (target->path.empty() || target->path.front() != '/') std::abort();
  if (target->path.find("/../") != std::string::npos) std::abort();
  assay::WebRequest request;
  request.method = std::string(head.substr(0, space));
  request.path = target->path;
  request.query = target->query;
  request.body = std::string(text.substr(line + 1));
  request.headers = {{"Content-Type", "application/json"},
                     {"Authorization", "Bearer token"},
                     {"Accept-Encoding", request.query}};
  const assay::WebResponse response = ApiUnderTest().Respond(request);
  if (response.status == 500 || !nlohmann::json::accept(response.body)) std::abort();
  if (assay::ResponseText(request, response).empty()) std::abort();
  return 0;
}
