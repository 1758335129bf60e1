#include "common/domain/run.h"

#include <array>
#include <cstddef>

#include "common/domain/names.h"

namespace assay {
namespace {

constexpr std::array<absl::string_view, 4> kPrecisionNames = {"float32", "bfloat16", "float16",
                                                              "int8"};
constexpr std::array<absl::string_view, 5> kStateNames = {"pending", "running", "completed",
                                                          "cancelled", "failed"};

}  // namespace

absl::string_view PrecisionName(Precision precision) {
  return kPrecisionNames[static_cast<size_t>(precision)];
}
absl::StatusOr<Precision> ParsePrecision(absl::string_view name) {
  return ParseName<Precision>("precision", name, kPrecisionNames);
}
absl::string_view StateName(State state) { return kStateNames[static_cast<size_t>(state)]; }
absl::StatusOr<State> ParseState(absl::string_view name) {
  return ParseName<State>("state", name, kStateNames);
}

}  // namespace assay
