#include "common/domain/baseline.h"

#include <array>
#include <cstddef>

#include "common/domain/names.h"

namespace assay {
namespace {

constexpr std::array<absl::string_view, 3> kKinds = {"problem_solving", "alignment", "writing"};

}  // namespace

absl::string_view BaselineKindName(BaselineKind kind) { return kKinds[static_cast<size_t>(kind)]; }
absl::StatusOr<BaselineKind> ParseBaselineKind(absl::string_view name) {
  return ParseName<BaselineKind>("kind of baseline", name, kKinds);
}

}  // namespace assay
