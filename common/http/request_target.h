// The path and the query of a request line.
#ifndef ASSAY_COMMON_HTTP_REQUEST_TARGET_H_
#define ASSAY_COMMON_HTTP_REQUEST_TARGET_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace assay {

struct RequestTarget {
  std::string path;   // decoded, from '/' on, without ".", ".." and empty parts
  std::string query;  // what follows '?', as it was sent
};

// Of "/a%20b/../c?x=1" or of the same behind "http://HOST". None for what is neither, for escapes
// that are incomplete, and for control characters, escaped or not.
std::optional<RequestTarget> ParseTarget(absl::string_view target);

}  // namespace assay

#endif  // ASSAY_COMMON_HTTP_REQUEST_TARGET_H_
