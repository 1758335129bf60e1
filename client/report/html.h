// The report as files.
#ifndef ASSAY_CLIENT_REPORT_HTML_H_
#define ASSAY_CLIENT_REPORT_HTML_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/report/report.h"

namespace assay {

struct ReportPage {
  std::string title;
  std::string made;       // when, and by which program
  std::string selection;  // which runs and tables are in it
  std::vector<ReportSection> sections;
};

// One document that needs nothing else: no scripts, no fonts, no addresses. Names and texts of
// models are escaped; SVG is taken as it is.
std::string ToHtml(const ReportPage& page);

// The table with its keys as header (RFC 4180).
std::string ToCsv(const ReportTable& table);

}  // namespace assay

#endif  // ASSAY_CLIENT_REPORT_HTML_H_
