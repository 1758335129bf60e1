// A line of the samples that lm-eval writes.
#ifndef ASSAY_CLIENT_EXCHANGE_LM_EVAL_SAMPLE_H_
#define ASSAY_CLIENT_EXCHANGE_LM_EVAL_SAMPLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/exchange/columns.h"

namespace assay {

// As far as it is used.
struct LmEvalSample {
  ExchangeJson doc;
  std::string filter;
  std::string prompt;
  std::vector<double> loglikelihoods;  // of the choices; none is NaN
  std::vector<std::string> outputs;    // otherwise: of each repeat
  std::string metric;                  // the first
  double value = 0;                    // of it, in [0, 1]
};

// InvalidArgument names what is wrong with the line: "resps: is missing or no list".
absl::StatusOr<LmEvalSample> ReadLmEvalSample(absl::string_view line);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_LM_EVAL_SAMPLE_H_
