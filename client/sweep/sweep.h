// A sweep: every combination of models, benchmarks and settings.
#ifndef ASSAY_CLIENT_SWEEP_SWEEP_H_
#define ASSAY_CLIENT_SWEEP_SWEEP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "assay/v1/evaluation_service.pb.h"

namespace assay {

// What is varied. An empty list of settings stands for what a run has by itself.
struct Sweep {
  std::vector<std::string> models = {};
  std::vector<std::string> benchmarks = {};
  std::vector<std::string> protocols = {};
  std::vector<int64_t> shots = {};
  std::vector<std::string> templates = {};
  std::vector<std::string> precisions = {};
  int64_t limit = 0;  // 0: all items
};

// Reads a YAML file such as
//
//   models: [small, large]
//   benchmarks: [mmlu, bbh]
//   shots: [0, 5]
//   templates: [none, chat]
//   protocols: [instructeval, lm-eval]
//   precisions: [bfloat16]
//   limit: 100
//
// Models and benchmarks must be there. InvalidArgument "path:line:column: reason" with every
// mistake.
absl::StatusOr<Sweep> ReadSweep(absl::string_view path, absl::string_view text);

struct ExpandedSweep {
  // Everything but `again` is set.
  v1::SweepRequest request;
  // "bbh has no protocol lm-eval", for each combination that there cannot be.
  std::vector<std::string> left_out;
};

// All combinations. A protocol that a benchmark does not have leaves that benchmark out of it;
// `benchmarks` tells which have which, `datasets` what imports are called. InvalidArgument when
// nothing is left, and for the name of a setting that there is not.
absl::StatusOr<ExpandedSweep> Expand(const Sweep& sweep,
                                     const v1::ListBenchmarksResponse& benchmarks,
                                     const v1::ListDatasetsResponse& datasets);

}  // namespace assay

#endif  // ASSAY_CLIENT_SWEEP_SWEEP_H_
