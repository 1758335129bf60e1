// Internal to the report: one question each.
#ifndef ASSAY_CLIENT_REPORT_SECTIONS_H_
#define ASSAY_CLIENT_REPORT_SECTIONS_H_

#include "absl/status/statusor.h"
#include "client/report/report.h"

namespace assay {

// Which models are how good, overall and by ability.
absl::StatusOr<ReportSection> OverallSection(const ReportInput& input);
// What parameters bring, by foundation.
absl::StatusOr<ReportSection> SizeSection(const ReportInput& input);
// What instruction data bring, over the same pretrained model.
absl::StatusOr<ReportSection> InstructionDataSection(const ReportInput& input);
// Pretrained, supervised, RLHF; all weights or LoRA.
absl::StatusOr<ReportSection> TrainingMethodSection(const ReportInput& input);
// What examples in the prompt bring.
absl::StatusOr<ReportSection> ShotsSection(const ReportInput& input);
// Which benchmarks order the models alike.
absl::StatusOr<ReportSection> BenchmarksSection(const ReportInput& input);
// IMPACT: ratings by category, and how raters agree.
absl::StatusOr<ReportSection> WritingSection(const ReportInput& input);
// HHH against problem solving.
absl::StatusOr<ReportSection> AlignmentSection(const ReportInput& input);
// Subjects and tasks in which a model is better or worse than one would expect.
absl::StatusOr<ReportSection> SubjectsSection(const ReportInput& input);
// Whether stated averages follow from their own columns.
absl::StatusOr<ReportSection> PublishedAveragesSection(const ReportInput& input);

}  // namespace assay

#endif  // ASSAY_CLIENT_REPORT_SECTIONS_H_
