// MOSS (Sun et al. 2023): CodeGen, continued on Chinese and English.
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeCodeGen(const Checkpoint& checkpoint);

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeMoss(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  // Its own quantized folders say so here alone.
  ASSAY_ASSIGN_OR_RETURN(const int64_t bits, config.IntegerOr("wbits", 1, 32, 32));
  if (bits != 32) {
    return config.Error("wbits", absl::StrCat("is ", bits,
                                              ": MOSS's own quantized form is not supported; use "
                                              "the folder that this one was made of"));
  }
  return DescribeCodeGen(checkpoint);
}

}  // namespace assay
