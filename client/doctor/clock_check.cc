#include "client/doctor/clock_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr absl::Duration kUnnoticed = absl::Seconds(2);
// Certificates and tokens that are new, or about to run out, are taken for what they are not.
constexpr absl::Duration kHarmful = absl::Minutes(5);

}  // namespace

Finding CheckClock(const std::string& subject, const std::string& other, absl::Duration difference,
                   absl::Duration uncertainty) {
  const absl::Duration sure =
      std::max(absl::AbsDuration(difference) - uncertainty, absl::ZeroDuration());
  if (sure < kUnnoticed) {
    return {Level::kOk, subject, absl::StrCat("its clock agrees with ", other)};
  }
  return {sure < kHarmful ? Level::kWarning : Level::kProblem, subject,
          absl::StrCat(
              "its clock is ",
              absl::FormatDuration(absl::Trunc(absl::AbsDuration(difference), absl::Seconds(1))),
              difference < absl::ZeroDuration() ? " behind " : " ahead of ", other),
          "keep both machines' clocks by NTP (chrony or systemd-timesyncd). Leases go by the "
          "database's "
          "clock alone; times in logs and metrics, and how long certificates are valid, do not"};
}

}  // namespace assay
