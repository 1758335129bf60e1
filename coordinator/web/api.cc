#include "coordinator/web/api.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/method_role.h"
#include "coordinator/service/call_object.h"
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

// As gRPC has it, so that a token's methods and the audit log name the same by either way.
std::string MethodOf(const ApiRoute& route) {
  return absl::StrCat(route.rpc->service()->full_name(), "/", route.rpc->name());
}

absl::StatusOr<Role> RoleOf(const ApiRoute& route) {
  if (const std::optional<Role> role = RoleOfMethod(absl::StrCat("/", MethodOf(route))))
    return *role;
  return absl::PermissionDeniedError("the method names no role");
}

bool IsAudited(const ApiRoute& route) {
  const absl::StatusOr<Role> role = RoleOf(route);
  return !route.by_rater && role.ok() && (*role == Role::kSubmit || *role == Role::kAdmin);
}

Credentials CredentialsOf(const WebRequest& request) {
  return {.bearer_token = BearerToken(request),
          .certificate_name = request.certificate_name,
          .certificate_uris = request.certificate_uris,
          .peer = request.peer};
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

absl::StatusOr<Principal> Api::Admit(const ApiRoute& route, const WebRequest& request) {
  const Credentials credentials = CredentialsOf(request);
  if (route.by_rater) {
    if (!credentials.bearer_token.empty()) return Principal{.user = "rater"};
    return absl::UnauthenticatedError("a rater's token is needed: Authorization: Bearer TOKEN");
  }
  ASSAY_ASSIGN_OR_RETURN(const Role role, RoleOf(route));
  absl::StatusOr<Principal> caller =
      access_.authorizer->Authorize(credentials, role, MethodOf(route));
  if (absl::IsUnauthenticated(caller.status()) && credentials.bearer_token.empty()) {
    return absl::UnauthenticatedError(
        "this coordinator asks for a token: Authorization: Bearer TOKEN");
  }
  return caller;
}

absl::StatusOr<std::string> Api::Run(const ApiRoute& route, const Parts& parts,
                                     const WebRequest& request, const Principal& caller,
                                     std::string* object) {
  const std::unique_ptr<google::protobuf::Message> message(route.request->New());
  ASSAY_RETURN_IF_ERROR(ReadRequest(route, parts, request, message.get()));
  *object = ObjectOfCall(*message);
  if (route.by_rater) {
    const google::protobuf::FieldDescriptor* field =
        message->GetDescriptor()->FindFieldByName("token");
    message->GetReflection()->SetString(message.get(), field, BearerToken(request));
  }
  const std::unique_ptr<google::protobuf::Message> response(route.response->New());
  const ScopedCaller scope(caller);
  grpc::ServerContext context;
  const grpc::Status status = route.call(&context, *message, response.get());
  if (!status.ok()) return FromGrpcStatus(status);
  const std::string words = ObjectOfCall(*response);
  absl::StrAppend(object, object->empty() || words.empty() ? "" : " ", words);
  return ToJson(*response);
}

absl::StatusOr<std::string> Api::Call(const ApiRoute& route, const Parts& parts,
                                      const WebRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckSender(request));
  absl::StatusOr<Principal> caller = Admit(route, request);
  AuditEvent event = {.method = MethodOf(route), .peer = absl::StrCat("http:", request.peer)};
  absl::StatusOr<std::string> answer = std::string();
  if (caller.ok()) {
    answer = Run(route, parts, request, *caller, &event.object);
  } else {
    answer = caller.status();
    // Refused, but known: what others try is not written down, so that they cannot fill the log.
    if (absl::IsPermissionDenied(caller.status())) {
      caller = access_.authorizer->Authenticate(CredentialsOf(request));
    }
  }
  if (!caller.ok() || !IsAudited(route)) return answer;
  event.user = caller->user;
  event.token_id = caller->token_id;
  event.outcome = absl::StatusCodeToString(answer.status().code());
  access_.audit->Record(event);
  return answer;
}

WebResponse Api::Respond(const WebRequest& request) {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  if (request.path == kDescriptionPath && method == "GET") return JsonResponse(description_);
  std::set<std::string> allowed;
  Parts parts;
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
