#include "client/report/report.h"

#include <utility>

#include "client/report/sections.h"
#include "common/base/status_macros.h"

namespace assay {

absl::StatusOr<std::vector<ReportSection>> MakeReport(const ReportInput& input) {
  std::vector<ReportSection> sections;
  for (const auto make : {OverallSection, SizeSection, InstructionDataSection,
                          TrainingMethodSection, ShotsSection, BenchmarksSection, WritingSection,
                          AlignmentSection, SubjectsSection, PublishedAveragesSection}) {
    ASSAY_ASSIGN_OR_RETURN(ReportSection section, make(input));
    if (section.findings.empty() && section.limits.empty() && section.figures.empty() &&
        section.tables.empty()) {
      section.limits.emplace_back("There is nothing here that tells of it.");
    }
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace assay
