#include "common/domain/principal.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace assay {
namespace {

constexpr Role kRoles[] = {Role::kRead, Role::kSubmit, Role::kWorker, Role::kAdmin};

}  // namespace

absl::string_view RoleName(Role role) {
  switch (role) {
    case Role::kRead:
      return "read";
    case Role::kSubmit:
      return "submit";
    case Role::kWorker:
      return "worker";
    case Role::kAdmin:
      return "admin";
  }
  return "unknown";
}

absl::StatusOr<Role> ParseRole(absl::string_view name) {
  for (const Role role : kRoles) {
    if (RoleName(role) == name) return role;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", name.substr(0, 80), "\" is no role: there are read, submit, worker and admin"));
}

absl::StatusOr<RoleSet> RoleSet::Parse(absl::string_view comma_separated) {
  RoleSet roles;
  for (const absl::string_view part :
       absl::StrSplit(comma_separated, ',', absl::SkipWhitespace())) {
    const absl::StatusOr<Role> role = ParseRole(absl::StripAsciiWhitespace(part));
    if (!role.ok()) return role.status();
    roles.Add(*role);
  }
  return roles;
}

std::vector<Role> RoleSet::List() const {
  std::vector<Role> roles;
  for (const Role role : kRoles) {
    if (Has(role)) roles.push_back(role);
  }
  return roles;
}

std::string RoleSet::ToString() const {
  return absl::StrJoin(List(), ",",
                       [](std::string* out, Role role) { absl::StrAppend(out, RoleName(role)); });
}

}  // namespace assay
