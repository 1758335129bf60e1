// The services as JSON over HTTP, below /api/v1: docs/http_api.md.
#ifndef ASSAY_COORDINATOR_WEB_API_H_
#define ASSAY_COORDINATOR_WEB_API_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/web_message.h"
#include "coordinator/security/audit_sink.h"
#include "coordinator/security/authorizer.h"
#include "coordinator/web/api_route.h"

namespace assay {

// Who may call, and where it is written down. Both outlive the API.
struct ApiAccess {
  Authorizer* authorizer;
  AuditSink* audit;
};

// Calls the services' own methods; what these say is what is answered. Thread-safe.
class Api {
 public:
  Api(const ApiServices& services, const ApiAccess& access);

  WebResponse Respond(const WebRequest& request);

  const std::vector<ApiRoute>& routes() const { return routes_; }

 private:
  using Parts = std::map<std::string, std::string>;  // of a path, by name

  absl::StatusOr<std::string> Call(const ApiRoute& route, const Parts& parts,
                                   const WebRequest& request);
  // Who calls; as Authorizer::Authorize.
  absl::StatusOr<Principal> Admit(const ApiRoute& route, const WebRequest& request);
  // As `caller`; what it was done to is added to `object`.
  absl::StatusOr<std::string> Run(const ApiRoute& route, const Parts& parts,
                                  const WebRequest& request, const Principal& caller,
                                  std::string* object);

  const std::vector<ApiRoute> routes_;
  const std::string description_;  // in OpenAPI's form
  const ApiAccess access_;
};

// {"code": "NOT_FOUND", "message": "..."} with the status of HTTP that fits.
WebResponse ErrorResponse(const absl::Status& status);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_WEB_API_H_
