// Instruction-tuned models beside the pretrained models that they come from.
#ifndef ASSAY_CLIENT_REPORT_PAIRS_H_
#define ASSAY_CLIENT_REPORT_PAIRS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/report/report.h"

namespace assay {

struct TunedPair {
  const ReportModel* tuned = nullptr;
  const ReportModel* base = nullptr;  // pretrained, of the same foundation and size
};

// Of every tuned model whose base is in the population, in the population's order.
std::vector<TunedPair> FindTunedPairs(const Population& population);

// The first model's score less the second's, where both have one, in the score's own unit. Of two
// runs of ours paired by item, with its interval; of the average the benchmarks' paired
// differences, which are independent. Of published scores the value alone. n is 0 where there is
// no difference to tell.
absl::StatusOr<Estimate> ScoreDifference(const ReportInput& input, const ReportModel& first,
                                         const ReportModel& second, const std::string& key);

}  // namespace assay

#endif  // ASSAY_CLIENT_REPORT_PAIRS_H_
