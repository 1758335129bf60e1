// Runs as files that other programs read, and that come back by `assay import assay`.
#ifndef ASSAY_CLIENT_EXCHANGE_EXPORT_H_
#define ASSAY_CLIENT_EXCHANGE_EXPORT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assay/v1/evaluation_service.pb.h"
#include "client/exchange/table.h"

namespace assay {

struct ExportedRun {
  v1::RunResult result;
  v1::ModelSpec model;
  v1::DatasetInfo dataset;
};

using TakePrediction = std::function<absl::Status(const v1::GradedPrediction&)>;

struct ExportSource {
  absl::Time submitted;
  std::vector<ExportedRun> runs;
  // In order of item and sample, page by page, with the scores of all graders.
  std::function<absl::Status(int64_t run_id, const TakePrediction& take)> predictions;
  // All items of a data set, in order.
  std::function<absl::StatusOr<std::vector<v1::Item>>(const v1::DatasetInfo& dataset)> items;
};

// Each writes into `folder`, which is there and empty, and returns the names of the files below it.
// What is not finished is no export: the caller removes the folder after an error.
using Files = std::vector<std::string>;

// Everything that is stored: export.json (the runs with settings, times, manifests and metrics;
// models; data sets), items-N.jsonl (a data set's items), predictions.* and other_scores.* (what
// graders gave that are not the runs' current ones).
absl::StatusOr<Files> ExportAssay(const ExportSource& source, TableFormat format,
                                  const std::string& folder);
// <run>/samples.jsonl of {"task_id", "completion"}, as openai's human-eval reads them. Runs of
// human_eval only.
absl::StatusOr<Files> ExportHumanEval(const ExportSource& source, const std::string& folder);
// <model>/results_<time>.json and <model>/samples_<task>_<time>.jsonl, in the layout of lm-eval
// 0.4.13; a task is a group of items ("mmlu_astronomy").
absl::StatusOr<Files> ExportLmEval(const ExportSource& source, const std::string& folder);
// data/<benchmark>/<developer>/<model>/<uuid>.json, by every_eval_ever's schema 0.3. `retrieved` is
// the time of the export.
absl::StatusOr<Files> ExportEveryEvalEver(const ExportSource& source, absl::Time retrieved,
                                          const std::string& folder);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_EXPORT_H_
