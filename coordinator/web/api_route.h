// What of the services is served over HTTP, and where.
#ifndef ASSAY_COORDINATOR_WEB_API_ROUTE_H_
#define ASSAY_COORDINATOR_WEB_API_ROUTE_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "assay/v1/admin_service.grpc.pb.h"
#include "assay/v1/browse_service.grpc.pb.h"
#include "assay/v1/evaluation_service.grpc.pb.h"
#include "assay/v1/rating_service.grpc.pb.h"

namespace assay {

// The services whose methods are called; they outlive the routes.
struct ApiServices {
  v1::EvaluationService::Service* evaluation;
  v1::BrowseService::Service* browse;
  v1::RatingService::Service* rating;
  v1::AdminService::Service* admin;
};

// A method of a service at a path. Its request is made of the parts of the path in braces, and of
// the query (GET) or the body (POST).
struct ApiRoute {
  std::string method;  // "GET", "POST"
  std::string path;    // "/api/v1/jobs/{job_id}"
  const google::protobuf::MethodDescriptor* rpc = nullptr;
  // Default instances, which live for ever.
  const google::protobuf::Message* request = nullptr;
  const google::protobuf::Message* response = nullptr;
  std::function<grpc::Status(grpc::ServerContext*, const google::protobuf::Message&,
                             google::protobuf::Message*)>
      call;
  // The bearer's token is a rater's: it is the request's field `token`, and the only thing asked
  // for.
  bool by_rater = false;
};

std::vector<ApiRoute> ApiRoutes(const ApiServices& services);

// Whether `path` is of the form `pattern`; then the parts in braces are in `parts`, by name.
bool MatchPath(absl::string_view pattern, absl::string_view path,
               std::map<std::string, std::string>* parts);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_WEB_API_ROUTE_H_
