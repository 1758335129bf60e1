// In place of the page where the program is built without it.
#include "coordinator/web/page/web_page.h"

namespace assay {

absl::Span<const WebPageFile> WebPageFiles() { return {}; }

}  // namespace assay
