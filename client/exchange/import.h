// Runs from files, as messages to a coordinator.
#ifndef ASSAY_CLIENT_EXCHANGE_IMPORT_H_
#define ASSAY_CLIENT_EXCHANGE_IMPORT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assay/v1/evaluation_service.pb.h"
#include "common/benchmark/benchmark.h"

namespace assay {

// Takes the next message of an import. After an error nothing more is sent, and nothing of the
// import is stored.
using SendImport = std::function<absl::Status(const v1::ImportRunsRequest&)>;

// An export of ours (export.h). Errors name file and line.
absl::Status ImportAssay(const std::string& folder, const SendImport& send);

struct LmEvalImport {
  std::string path;   // a folder with results_*.json and samples_*.jsonl, or a results file
  std::string model;  // what the model is called here
  std::optional<v1::Precision> precision;  // where the results do not tell
  // The data sets that are here, and their benchmarks by name.
  std::vector<v1::DatasetInfo> datasets;
  std::function<absl::StatusOr<std::shared_ptr<const Benchmark>>(const std::string&)> benchmark;
  std::function<absl::StatusOr<std::vector<v1::Item>>(const v1::DatasetInfo&)> items;
};

// What lm-eval 0.4 wrote of MMLU, BBH, DROP, HumanEval and users' benchmarks. Its documents are
// found among the items by their content; one that is not is an error with file and line. MMLU by
// log-likelihoods becomes a run of our protocol "lm-eval", graded anew, each verdict being checked
// against lm-eval's; all else a run of the protocol "lm-eval/<tasks>" with lm-eval's own scores.
absl::Status ImportLmEval(const LmEvalImport& import, const SendImport& send);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_IMPORT_H_
