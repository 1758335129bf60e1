// What a report is made of, as the service has it.
#ifndef ASSAY_CLIENT_COMMANDS_REPORT_DATA_H_
#define ASSAY_CLIENT_COMMANDS_REPORT_DATA_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/commands/service.h"
#include "client/report/report.h"
#include "common/leaderboard/leaderboard.h"

namespace assay {

struct ReportData {
  LeaderboardData few;                // with the facts and published tables of the service
  std::vector<LeaderboardCell> zero;  // the same models' runs without examples
};

// What the leaderboard shows by `query`, and by it without examples.
absl::StatusOr<ReportData> FetchNewest(Service& service, LeaderboardQuery query);

// The runs that are named, as "7" (a job's) or "run:11"; of two of one model and benchmark the one
// that is named last. InvalidArgument where two runs of a benchmark cannot be compared: other
// protocols, versions or data.
absl::StatusOr<ReportData> FetchNamed(Service& service, absl::Span<const std::string> names,
                                      LeaderboardQuery query);

// Of each model and benchmark with both.
absl::StatusOr<std::vector<ShotsDifference>> FetchShots(Service& service, const ReportData& data);

// Of the campaigns in which people rate answers to the runs of `data`, or to those that its judges
// rate: how far people agree with each other, and with judges.
absl::StatusOr<std::vector<RaterAgreement>> FetchAgreement(Service& service,
                                                           const ReportData& data);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_REPORT_DATA_H_
