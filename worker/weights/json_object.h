// Untrusted JSON text to an object, with errors that say where the text is wrong.
#ifndef ASSAY_WORKER_WEIGHTS_JSON_OBJECT_H_
#define ASSAY_WORKER_WEIGHTS_JSON_OBJECT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// InvalidArgument for text that is not JSON, is not an object, has a key twice in one object or
// nests deeper than 64. `where` names the text in messages: a path.
absl::StatusOr<nlohmann::json> ParseJsonObject(absl::string_view where, absl::string_view text);
absl::StatusOr<nlohmann::json> ReadJsonObject(const std::string& path);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_JSON_OBJECT_H_
