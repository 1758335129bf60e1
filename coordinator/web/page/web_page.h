// The files of the web page, as the build of this folder made them.
#ifndef ASSAY_COORDINATOR_WEB_PAGE_WEB_PAGE_H_
#define ASSAY_COORDINATOR_WEB_PAGE_WEB_PAGE_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace assay {

struct WebPageFile {
  absl::string_view path;  // "/", "/assets/main-HASH.js"
  absl::string_view content_type;
  absl::string_view content;
  bool immutable = false;  // the path names the content, so that it may be kept for ever
};

// Empty where the program was built with ASSAY_WEB_PAGE=OFF. The page needs nothing of a content
// security policy but script-src, style-src and connect-src 'self', and img-src 'self' data:. Its
// state is in the query of "/".
absl::Span<const WebPageFile> WebPageFiles();

}  // namespace assay

#endif  // ASSAY_COORDINATOR_WEB_PAGE_WEB_PAGE_H_
