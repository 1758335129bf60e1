#include "common/domain/run.h"

#include <array>
#include <cstddef>

#include "common/domain/names.h"

namespace assay {
namespace {

constexpr std::array<absl::string_view, 5> kStateNames = {"pending", "running", "completed",
                                                          "cancelled", "failed"};

}  // namespace

absl::string_view StateName(State state) { return kStateNames[static_cast<size_t>(state)]; }
absl::StatusOr<State> ParseState(absl::string_view name) {
  return ParseName<State>("state", name, kStateNames);
}

}  // namespace assay
