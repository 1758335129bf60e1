#include "common/rpc/method_role.h"

#include <algorithm>
#include <string>

#include "absl/strings/strip.h"
#include "assay/v1/options.pb.h"
#include "common/rpc/field_check.h"
#include "google/protobuf/descriptor.h"

namespace assay {

static_assert(static_cast<int>(Role::kRead) + 1 == v1::ROLE_READ);
static_assert(static_cast<int>(Role::kAdmin) + 1 == v1::ROLE_ADMIN);

std::optional<Role> RoleOfMethod(absl::string_view path) {
  if (!absl::ConsumePrefix(&path, "/")) return std::nullopt;
  std::string name(path);
  std::replace(name.begin(), name.end(), '/', '.');
  const google::protobuf::MethodDescriptor* method =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (method == nullptr) return std::nullopt;
  const absl::StatusOr<Role> role =
      EnumFromProto<Role>("role", method->options().GetExtension(v1::role), v1::Role_IsValid);
  if (!role.ok()) return std::nullopt;
  return *role;
}

}  // namespace assay
