// Internal to the store: a model's columns.
#ifndef ASSAY_COORDINATOR_STORE_MODEL_ROWS_H_
#define ASSAY_COORDINATOR_STORE_MODEL_ROWS_H_

#include "absl/status/statusor.h"
#include "common/domain/model_spec.h"
#include "coordinator/store/connection.h"

namespace assay {

// Of the table `models` as m, in the order that ReadModel expects them.
inline constexpr char kModelColumns[] =
    "m.name, m.path, m.format, m.architecture, m.weights_sha256, m.tokenizer_sha256, m.parameters, "
    "m.context_length, m.vocabulary_size, m.stored_type, m.characters_per_token, "
    "m.remote, m.generation_settings, m.base_path";

// The model in the columns from `first`.
absl::StatusOr<ModelSpec> ReadModel(const pqxx::row& row, int first);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_MODEL_ROWS_H_
