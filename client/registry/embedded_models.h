// Internal to the registry: deploy/models.yaml, as it was when the program was built.
#ifndef ASSAY_CLIENT_REGISTRY_EMBEDDED_MODELS_H_
#define ASSAY_CLIENT_REGISTRY_EMBEDDED_MODELS_H_

#include "absl/strings/string_view.h"

namespace assay {

absl::string_view EmbeddedModels();

}  // namespace assay

#endif  // ASSAY_CLIENT_REGISTRY_EMBEDDED_MODELS_H_
