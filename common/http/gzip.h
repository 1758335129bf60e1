// gzip, for answers.
#ifndef ASSAY_COMMON_HTTP_GZIP_H_
#define ASSAY_COMMON_HTTP_GZIP_H_

#include <string>

#include "absl/strings/string_view.h"

namespace assay {

// `level` from 1 (fast) to 9 (small). Empty where zlib has no memory.
std::string Gzip(absl::string_view text, int level);

// Whether an Accept-Encoding header takes gzip: it is named, or *, and not with q=0.
bool AcceptsGzip(absl::string_view accept_encoding);

}  // namespace assay

#endif  // ASSAY_COMMON_HTTP_GZIP_H_
