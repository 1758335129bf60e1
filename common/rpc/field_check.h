// Checks of received fields. `field` is written the way a caller finds it: "ModelSpec.path".
#ifndef ASSAY_COMMON_RPC_FIELD_CHECK_H_
#define ASSAY_COMMON_RPC_FIELD_CHECK_H_

#include <cmath>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace assay {

inline absl::Status FieldError(absl::string_view field, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", why));
}

inline absl::Status CheckNotEmpty(absl::string_view field, absl::string_view value) {
  return value.empty() ? FieldError(field, "is missing") : absl::OkStatus();
}

inline absl::Status CheckAtLeast(absl::string_view field, int64_t value, int64_t minimum) {
  if (value >= minimum) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be at least ", minimum, ", got ", value));
}

inline absl::Status CheckNotNegative(absl::string_view field, double value) {
  if (std::isfinite(value) && value >= 0) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be a finite number of at least 0, got ", value));
}

inline absl::Status CheckSha256(absl::string_view field, absl::string_view value) {
  bool hexadecimal = value.size() == 64;
  for (char c : value) hexadecimal &= absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
  if (hexadecimal) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be 64 lower-case hexadecimal digits, got \"",
                                        value.substr(0, 80), "\""));
}

// The protocol's enumerations have the domain's values, shifted by one to leave 0 for
// "unspecified".
template <typename Proto, typename Domain>
Proto EnumToProto(Domain value) {
  return static_cast<Proto>(static_cast<int>(value) + 1);
}

template <typename Domain, typename Proto>
absl::StatusOr<Domain> EnumFromProto(absl::string_view field, Proto value, bool (*is_valid)(int)) {
  const int number = static_cast<int>(value);
  if (number == 0) return FieldError(field, "is missing");
  if (!is_valid(number)) return FieldError(field, absl::StrCat("unknown value ", number));
  return static_cast<Domain>(number - 1);
}

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_FIELD_CHECK_H_
