#include "worker/parallel/agreement.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr size_t kReasonBytes = 1024;

struct Outcome {
  int32_t code = 0;
  std::array<char, kReasonBytes> reason = {};
};

}  // namespace

absl::Status AgreeOn(TensorParallel* group, const absl::Status& mine) {
  Outcome outcome;
  outcome.code = static_cast<int32_t>(mine.code());
  const std::string reason(mine.message());
  std::copy_n(reason.data(), std::min(reason.size(), kReasonBytes - 1), outcome.reason.data());
  std::vector<Outcome> all(static_cast<size_t>(group->share().count));
  if (absl::Status status = group->AllGather(&outcome, sizeof(outcome), all.data()); !status.ok()) {
    return status;
  }
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].code == 0) continue;
    all[i].reason.back() = '\0';
    return absl::Status(static_cast<absl::StatusCode>(all[i].code),
                        i == 0
                            ? std::string(all[i].reason.data())
                            : absl::StrCat("process ", i, " of the group: ", all[i].reason.data()));
  }
  return absl::OkStatus();
}

}  // namespace assay
