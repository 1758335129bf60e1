#include "coordinator/service/caller.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace assay {
namespace {

thread_local const Principal* scoped_caller = nullptr;

}  // namespace

ScopedCaller::ScopedCaller(const Principal& caller) { scoped_caller = &caller; }
ScopedCaller::~ScopedCaller() { scoped_caller = nullptr; }

std::string EncodeCaller(const Principal& caller) {
  return absl::StrCat(caller.token_id, " ", caller.roles.ToString(), " ", caller.user);
}

absl::StatusOr<Principal> CallerOf(const grpc::ServerContextBase& context) {
  if (scoped_caller != nullptr) return *scoped_caller;
  const auto found = context.client_metadata().find(kCallerMetadata);
  if (found == context.client_metadata().end()) {
    return absl::UnauthenticatedError("the call's token is not valid any more");
  }
  const absl::string_view text(found->second.data(), found->second.size());
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits(' ', 2));
  Principal caller;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &caller.token_id)) {
    return absl::InternalError("the caller is not written as it should be");
  }
  absl::StatusOr<RoleSet> roles = RoleSet::Parse(parts[1]);
  if (!roles.ok()) return roles.status();
  caller.roles = *roles;
  caller.user = std::string(parts[2]);
  return caller;
}

}  // namespace assay
