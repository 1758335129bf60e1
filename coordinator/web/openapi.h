// The description of the API, for programs: OpenAPI 3.1.
#ifndef ASSAY_COORDINATOR_WEB_OPENAPI_H_
#define ASSAY_COORDINATOR_WEB_OPENAPI_H_

#include <string>
#include <vector>

#include "coordinator/web/api_route.h"

namespace assay {

// As JSON. Paths, parameters and schemas are those of the services' descriptors; descriptions are
// the comments of the .proto files.
std::string DescribeApi(const std::vector<ApiRoute>& routes);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_WEB_OPENAPI_H_
