// How handlers of RPCs hand errors to their callers.
#ifndef ASSAY_COORDINATOR_SERVICE_RPC_STATUS_H_
#define ASSAY_COORDINATOR_SERVICE_RPC_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/rpc/convert.h"

// Hands a failed absl::Status to the caller of the RPC.
#define ASSAY_RPC_RETURN_IF_ERROR(expression)                         \
  do {                                                                \
    if (absl::Status assay_status = (expression); !assay_status.ok()) \
      return ToGrpcStatus(assay_status);                              \
  } while (false)

namespace assay {

// PostgreSQL stores no text with a NUL in it.
inline absl::Status CheckNoNul(absl::string_view field, const std::string& value) {
  if (value.find('\0') == std::string::npos) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, ": holds a NUL character"));
}

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RPC_STATUS_H_
