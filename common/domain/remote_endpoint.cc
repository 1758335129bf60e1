#include "common/domain/remote_endpoint.h"

#include <array>
#include <cstddef>

#include "common/domain/names.h"

namespace assay {
namespace {

constexpr std::array<absl::string_view, 2> kApiNames = {"chat", "completions"};

}  // namespace

absl::string_view RemoteApiName(RemoteApi api) { return kApiNames[static_cast<size_t>(api)]; }
absl::StatusOr<RemoteApi> ParseRemoteApi(absl::string_view name) {
  return ParseName<RemoteApi>("api", name, kApiNames);
}

}  // namespace assay
