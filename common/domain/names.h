// The value of an enumeration by its name; an unknown name is an error that lists the names there
// are.
#ifndef ASSAY_COMMON_DOMAIN_NAMES_H_
#define ASSAY_COMMON_DOMAIN_NAMES_H_

#include <array>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace assay {

// `names[i]` is the name of the enumerator of value i.
template <typename Enum, size_t N>
absl::StatusOr<Enum> ParseName(absl::string_view what, absl::string_view name,
                               const std::array<absl::string_view, N>& names) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown ", what, " \"", name, "\"; there are: ", absl::StrJoin(names, ", ")));
}

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_NAMES_H_
