// Early return of errors, for functions that return absl::Status or absl::StatusOr.
//
//   ASSAY_RETURN_IF_ERROR(file.Close());
//   ASSAY_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
#ifndef ASSAY_COMMON_BASE_STATUS_MACROS_H_
#define ASSAY_COMMON_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define ASSAY_RETURN_IF_ERROR(expression)                                                  \
  do {                                                                                     \
    if (absl::Status assay_status = (expression); !assay_status.ok()) return assay_status; \
  } while (false)

#define ASSAY_CONCAT_INNER_(a, b) a##b
#define ASSAY_CONCAT_(a, b) ASSAY_CONCAT_INNER_(a, b)

#define ASSAY_ASSIGN_OR_RETURN(left, expression) \
  ASSAY_ASSIGN_OR_RETURN_(ASSAY_CONCAT_(assay_statusor_, __LINE__), left, expression)
#define ASSAY_ASSIGN_OR_RETURN_(statusor, left, expression) \
  auto statusor = (expression);                             \
  if (!statusor.ok()) return std::move(statusor).status();  \
  left = *std::move(statusor)

#endif  // ASSAY_COMMON_BASE_STATUS_MACROS_H_
