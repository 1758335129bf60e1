// Internal to the report: style.css, as it was when the program was built.
#ifndef ASSAY_CLIENT_REPORT_STYLE_H_
#define ASSAY_CLIENT_REPORT_STYLE_H_

#include "absl/strings/string_view.h"

namespace assay {

absl::string_view ReportStyle();

}  // namespace assay

#endif  // ASSAY_CLIENT_REPORT_STYLE_H_
