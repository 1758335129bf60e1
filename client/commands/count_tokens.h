// How many tokens prompts have, counted where the model is.
#ifndef ASSAY_CLIENT_COMMANDS_COUNT_TOKENS_H_
#define ASSAY_CLIENT_COMMANDS_COUNT_TOKENS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "assay/v1/estimate.pb.h"
#include "assay/v1/evaluation_service.pb.h"

namespace assay {

// Runs `assay-worker count-tokens`. An error when the model is not on this machine, or cannot be
// read.
absl::StatusOr<std::vector<int64_t>> CountTokens(const v1::ModelSpec& model,
                                                 const std::vector<std::string>& texts);

// Of each model, data set and protocol among `runs` that has sample prompts; those of models that
// are not on this machine are left out.
std::vector<v1::TokenRatio> CountRatios(
    const google::protobuf::RepeatedPtrField<v1::RunPlan>& runs,
    const google::protobuf::RepeatedPtrField<v1::ModelSpec>& models);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_COUNT_TOKENS_H_
