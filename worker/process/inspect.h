// `assay-worker inspect`: what is in a model's files.
#ifndef ASSAY_WORKER_PROCESS_INSPECT_H_
#define ASSAY_WORKER_PROCESS_INSPECT_H_

#include <string>

#include "common/domain/model_spec.h"

namespace assay {

// An object of ModelSpec's fields by their names; generation_settings is an object within, where
// there are some.
std::string ModelSpecJson(const ModelSpec& model);
// For people: a line a field.
std::string ModelSpecText(const ModelSpec& model);

// Checks the model and prints it on standard output, or the error on standard error. The exit code.
int Inspect(const std::string& name, const std::string& path, const std::string& base_path,
            bool json);

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_INSPECT_H_
