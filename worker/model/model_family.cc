#include "worker/model/model_family.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"

namespace assay {

#define ASSAY_FAMILY(describe, model_type) \
  absl::StatusOr<std::unique_ptr<ModelDescription>> describe(const Checkpoint& checkpoint);
#include "worker/model/families.inc"
#undef ASSAY_FAMILY

namespace {

struct Family {
  absl::StatusOr<std::unique_ptr<ModelDescription>> (*describe)(const Checkpoint& checkpoint);
  const char* model_type;
};
constexpr Family kFamilies[] = {
#define ASSAY_FAMILY(describe, model_type) {describe, model_type},
#include "worker/model/families.inc"
#undef ASSAY_FAMILY
};

}  // namespace

absl::StatusOr<std::unique_ptr<CausalLm>> ModelDescription::LoadOnDevice(
    const Checkpoint& checkpoint, Precision, const Device& device, DeviceGroup*) const {
  return absl::UnimplementedError(
      absl::StrCat(checkpoint.path(), ": this family runs on cpu only, not on ", device.Name()));
}

absl::StatusOr<std::unique_ptr<CausalLm>> ModelDescription::LoadShare(const Checkpoint& checkpoint,
                                                                      Precision,
                                                                      TensorParallel*) const {
  return absl::UnimplementedError(
      absl::StrCat(checkpoint.path(), ": this family is not divided among processes"));
}

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeModel(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const std::string type, config.Text("model_type"));
  for (const Family& family : kFamilies) {
    if (type == family.model_type) return family.describe(checkpoint);
  }
  return absl::UnimplementedError(
      absl::StrCat(checkpoint.path(), ": the architecture \"", type,
                   "\" is not supported; there are: ", absl::StrJoin(ModelTypes(), ", ")));
}

std::vector<std::string> ModelTypes() {
  std::vector<std::string> types;
  for (const Family& family : kFamilies) types.push_back(family.model_type);
  std::sort(types.begin(), types.end());
  return types;
}

}  // namespace assay
