#include "common/leaderboard/leaderboard.h"

#include <array>
#include <cstddef>

namespace assay {
namespace {

constexpr std::array<absl::string_view, 9> kReasons = {"protocol", "version",   "data",
                                                       "shots",    "precision", "template",
                                                       "settings", "limit",     "unfinished"};

}  // namespace

absl::string_view OmissionReasonName(OmissionReason reason) {
  return kReasons[static_cast<size_t>(reason)];
}

}  // namespace assay
