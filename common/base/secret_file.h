// Small files that name who one is: certificates, keys, tokens.
#ifndef ASSAY_COMMON_BASE_SECRET_FILE_H_
#define ASSAY_COMMON_BASE_SECRET_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace assay {

// The whole file. NotFound, FailedPrecondition (a folder, or not to be read) or InvalidArgument
// (longer than `max_bytes`) name the path and the reason, and nothing of what it holds.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t max_bytes);

// As ReadSmallFile; FailedPrecondition when others than its owner and group can read or write it.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path, size_t max_bytes);

// A token of the API: the file's one word.
absl::StatusOr<std::string> ReadTokenFile(const std::string& path);

}  // namespace assay

#endif  // ASSAY_COMMON_BASE_SECRET_FILE_H_
