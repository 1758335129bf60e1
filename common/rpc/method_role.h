// Which role a method asks for, as its definition says.
#ifndef ASSAY_COMMON_RPC_METHOD_ROLE_H_
#define ASSAY_COMMON_RPC_METHOD_ROLE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "common/domain/principal.h"

namespace assay {

// `path` is a call's, "/assay.v1.EvaluationService/GetJob". Empty for a method that does not say,
// or that this program does not know: nobody may call it.
std::optional<Role> RoleOfMethod(absl::string_view path);

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_METHOD_ROLE_H_
