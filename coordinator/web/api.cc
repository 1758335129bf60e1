#include "coordinator/web/api.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "assay/v1/options.pb.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "coordinator/service/caller.h"
#include "coordinator/web/json.h"
#include "coordinator/web/openapi.h"

namespace assay {
namespace {

constexpr char kJson[] = "application/json";
constexpr char kDescriptionPath[] = "/api/v1/openapi.json";

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kFailedPrecondition:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

WebResponse JsonResponse(std::string json) {
  WebResponse response;
  response.content_type = kJson;
  response.body = std::move(json);
  return response;
}

// Empty without one.
std::string BearerToken(const WebRequest& request) {
  std::string value = request.Header("Authorization");
  if (!absl::StartsWithIgnoreCase(value, "Bearer ")) return "";
  return std::string(absl::StripAsciiWhitespace(value.c_str() + 7));
}

// Pages from elsewhere can send forms by themselves, but neither this type nor a token.
absl::Status CheckSender(const WebRequest& request) {
  if (request.Header("Sec-Fetch-Site") == "cross-site") {
    return absl::PermissionDeniedError("pages from elsewhere may not ask");
  }
  const std::string type = request.Header("Content-Type");
  if (request.method == "POST" && type.substr(0, type.find(';')) != kJson) {
    return absl::InvalidArgumentError("Content-Type: must be application/json");
  }
  return absl::OkStatus();
}

absl::StatusOr<Role> RoleOf(const ApiRoute& route) {
  switch (route.rpc->options().GetExtension(v1::role)) {
    case v1::ROLE_READ:
      return Role::kRead;
    case v1::ROLE_SUBMIT:
      return Role::kSubmit;
    case v1::ROLE_WORKER:
      return Role::kWorker;
    case v1::ROLE_ADMIN:
      return Role::kAdmin;
    default:
      return absl::PermissionDeniedError("the method names no role");
  }
}

absl::Status ReadRequest(const ApiRoute& route, const std::map<std::string, std::string>& parts,
                         const WebRequest& request, google::protobuf::Message* message) {
  if (route.method == "POST") ASSAY_RETURN_IF_ERROR(FromJson(request.body, message));
  for (const auto& [name, value] : parts) {
    const google::protobuf::FieldDescriptor* field =
        message->GetDescriptor()->FindFieldByName(name);
    if (field != nullptr) message->GetReflection()->ClearField(message, field);
    ASSAY_RETURN_IF_ERROR(SetField(name, value, message));
  }
  for (const auto& [name, value] : ParseQuery(request.query)) {
    if (route.method == "POST" || parts.count(name) != 0 || (route.by_rater && name == "token")) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": there is no such parameter here"));
    }
    ASSAY_RETURN_IF_ERROR(SetField(name, value, message));
  }
  return absl::OkStatus();
}

}  // namespace

WebResponse ErrorResponse(const absl::Status& status) {
  const nlohmann::json error = {{"code", absl::StatusCodeToString(status.code())},
                                {"message", std::string(status.message())}};
  WebResponse response = JsonResponse(
      error.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace));
  response.status = HttpStatusOf(status.code());
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (response.status == 429 || response.status == 503) {
    response.headers.emplace_back("Retry-After", "1");
  }
  return response;
}

Api::Api(const ApiServices& services, const ApiAccess& access)
    : routes_(ApiRoutes(services)), description_(DescribeApi(routes_)), access_(access) {}

absl::StatusOr<std::string> Api::Call(const ApiRoute& route,
                                      const std::map<std::string, std::string>& parts,
                                      const WebRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckSender(request));
  const std::string token = BearerToken(request);
  Principal caller;
  if (!route.by_rater) {
    ASSAY_ASSIGN_OR_RETURN(const Role role, RoleOf(route));
    if (token.empty() && !access_.without_token) {
      return absl::UnauthenticatedError(
          "from other machines a token is needed: Authorization: Bearer TOKEN");
    }
    ASSAY_ASSIGN_OR_RETURN(
        caller, access_.authorizer->Authorize({.bearer_token = token, .peer = request.peer}, role,
                                              absl::StrCat(route.method, " ", route.path)));
  } else if (token.empty()) {
    return absl::UnauthenticatedError("a rater's token is needed: Authorization: Bearer TOKEN");
  } else {
    caller.user = "rater";
  }
  const std::unique_ptr<google::protobuf::Message> message(route.request->New());
  ASSAY_RETURN_IF_ERROR(ReadRequest(route, parts, request, message.get()));
  if (route.by_rater) {
    const google::protobuf::FieldDescriptor* field =
        message->GetDescriptor()->FindFieldByName("token");
    message->GetReflection()->SetString(message.get(), field, token);
  }
  const std::unique_ptr<google::protobuf::Message> response(route.response->New());
  const ScopedCaller scope(caller);
  grpc::ServerContext context;
  const grpc::Status status = route.call(&context, *message, response.get());
  if (!status.ok()) return FromGrpcStatus(status);
  return ToJson(*response);
}

WebResponse Api::Respond(const WebRequest& request) {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  if (request.path == kDescriptionPath && method == "GET") return JsonResponse(description_);
  std::set<std::string> allowed;
  std::map<std::string, std::string> parts;
  for (const ApiRoute& route : routes_) {
    if (!MatchPath(route.path, request.path, &parts)) continue;
    if (route.method != method) {
      allowed.insert(route.method);
      continue;
    }
    absl::StatusOr<std::string> json = Call(route, parts, request);
    return json.ok() ? JsonResponse(*std::move(json)) : ErrorResponse(json.status());
  }
  WebResponse response = ErrorResponse(absl::NotFoundError(absl::StrCat(
      "there is nothing at ", request.path, "; ", kDescriptionPath, " tells what there is")));
  if (!allowed.empty()) {
    response = ErrorResponse(
        absl::UnimplementedError(absl::StrCat(request.path, " is asked by ", *allowed.begin())));
    response.status = 405;
    response.headers.emplace_back("Allow", *allowed.begin());
  }
  return response;
}

}  // namespace assay
