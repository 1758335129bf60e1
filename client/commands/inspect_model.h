// What a model's files are, found by a program apart: a file made to harm crashes that program, not
// this one, and the client needs no libtorch.
#ifndef ASSAY_CLIENT_COMMANDS_INSPECT_MODEL_H_
#define ASSAY_CLIENT_COMMANDS_INSPECT_MODEL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "assay/v1/types.pb.h"

namespace assay {

// Runs `assay-worker inspect --json NAME PATH`, with --base unless `base_path` is empty.
// InvalidArgument with that program's own words when the model is refused.
absl::StatusOr<v1::ModelSpec> InspectModel(const std::string& name, const std::string& path,
                                           const std::string& base_path);

// Reads the JSON object that it prints, whose members are ModelSpec's fields.
absl::StatusOr<v1::ModelSpec> ParseModelSpecJson(absl::string_view text);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_INSPECT_MODEL_H_
