// The services as JSON over HTTP, below /api/v1: docs/http_api.md.
#ifndef ASSAY_COORDINATOR_WEB_API_H_
#define ASSAY_COORDINATOR_WEB_API_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/web_message.h"
#include "coordinator/security/authorizer.h"
#include "coordinator/web/api_route.h"

namespace assay {

// Who may call.
struct ApiAccess {
  Authorizer* authorizer;  // decides; outlives the API
  // Whether callers without a token are left to it; otherwise they are refused.
  bool without_token = false;
};

// Calls the services' own methods; what these say is what is answered. Thread-safe.
class Api {
 public:
  Api(const ApiServices& services, const ApiAccess& access);

  WebResponse Respond(const WebRequest& request);

  const std::vector<ApiRoute>& routes() const { return routes_; }

 private:
  absl::StatusOr<std::string> Call(const ApiRoute& route,
                                   const std::map<std::string, std::string>& parts,
                                   const WebRequest& request);

  const std::vector<ApiRoute> routes_;
  const std::string description_;  // in OpenAPI's form
  const ApiAccess access_;
};

// {"code": "NOT_FOUND", "message": "..."} with the status of HTTP that fits.
WebResponse ErrorResponse(const absl::Status& status);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_WEB_API_H_
