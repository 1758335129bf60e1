// Who calls, and what they may do.
#ifndef ASSAY_COMMON_DOMAIN_PRINCIPAL_H_
#define ASSAY_COMMON_DOMAIN_PRINCIPAL_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// No role includes another, but kAdmin includes all.
enum class Role {
  kRead,    // changes nothing
  kSubmit,  // adds models, data, jobs and results, and controls jobs
  kWorker,  // takes leases and reports results
  kAdmin,   // removes what others use; tokens, quotas and the audit log
};
absl::string_view RoleName(Role role);  // "read", "submit", "worker", "admin"
absl::StatusOr<Role> ParseRole(absl::string_view name);

class RoleSet {
 public:
  RoleSet() = default;
  RoleSet(std::initializer_list<Role> roles) {
    for (const Role role : roles) Add(role);
  }
  // InvalidArgument names the one that is not known; empty text is the empty set.
  static absl::StatusOr<RoleSet> Parse(absl::string_view comma_separated);

  void Add(Role role) { bits_ |= 1U << static_cast<unsigned>(role); }
  bool Has(Role role) const { return (bits_ >> static_cast<unsigned>(role) & 1U) != 0; }
  // Whether one who has these roles may do what asks for `role`.
  bool Allows(Role role) const { return Has(role) || Has(Role::kAdmin); }
  bool empty() const { return bits_ == 0; }
  std::vector<Role> List() const;
  std::string ToString() const;  // "read,submit"
  friend bool operator==(const RoleSet&, const RoleSet&) = default;

 private:
  unsigned bits_ = 0;
};

// The user of callers that did not have to say who they are.
inline constexpr char kAnonymousUser[] = "anonymous";

struct Principal {
  std::string user;  // never empty
  RoleSet roles = {};
  int64_t token_id = 0;  // 0: not by a token
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_PRINCIPAL_H_
