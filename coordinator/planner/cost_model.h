// How long work takes, learnt from what workers did before. Pure.
#ifndef ASSAY_COORDINATOR_PLANNER_COST_MODEL_H_
#define ASSAY_COORDINATOR_PLANNER_COST_MODEL_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "common/domain/model_spec.h"
#include "common/domain/run.h"
#include "coordinator/planner/cost.h"
#include "coordinator/store/work_store.h"
#include "coordinator/store/worker_store.h"

namespace assay {

// From the surest to the least sure.
enum class EstimateBasis {
  kMeasured,   // this model, in this precision, on this kind of worker
  kScaled,     // other models on this kind of worker, by the number of parameters
  kOtherKind,  // workers of another kind, by their matrix-multiplication rates
  kTheory,     // the rate alone
  kUnknown,
};
std::string BasisName(EstimateBasis basis);  // "measured", "scaled from other models", ...

// Seconds of one worker.
struct TokenCost {
  double prompt = 0;     // for each prompt token that is computed
  double generated = 0;  // for each generated token
  EstimateBasis basis = EstimateBasis::kUnknown;
};

struct LoadCost {
  double seconds = 0;
  bool measured = false;
};

// So many workers of one kind.
struct WorkerGroupSize {
  std::string kind;
  int workers = 0;
};

// The connected ones, by kind.
std::vector<WorkerGroupSize> ConnectedGroups(absl::Span<const StoredWorker> workers);

// Thread-safe.
class CostModel {
 public:
  // `workers`: all that are known, for their matrix-multiplication rates.
  CostModel(Measurements measurements, absl::Span<const StoredWorker> workers);

  TokenCost TokensOf(const ModelSpec& model, Precision precision, const std::string& kind) const;
  LoadCost LoadOf(const ModelSpec& model, Precision precision, const std::string& kind) const;

  // The tokens of `cost` as earlier runs had them: on the same data with this tokenizer, all
  // counts; otherwise what is generated, by the same protocol. `predictions`: of the run.
  RunCost Learnt(const RunSpec& run, const ModelSpec& model, int64_t predictions,
                 const RunCost& cost) const;

  // Of the kind with the most measured work; empty where nothing was measured.
  std::string MostMeasuredKind() const;

  const Measurements& measurements() const { return measurements_; }

 private:
  // GFLOP/s of a worker of the kind; 0: not known.
  double RateOf(const std::string& kind, const std::string& precision) const;

  const Measurements measurements_;
  std::map<std::string, std::map<std::string, double>> rates_;  // by kind and precision
};

// Of finished runs: how the time that they took compares with what was expected.
struct EstimateMargin {
  int runs = 0;
  // Actual by expected: a twentieth lies below `low`, half below `median`, a twentieth above
  // `high`.
  double low = 0;
  double median = 0;
  double high = 0;
};
inline constexpr int kFewestOutcomes = 5;
// All zeros but for `runs` where fewer than kFewestOutcomes have finished.
EstimateMargin MarginOf(absl::Span<const EstimateOutcome> outcomes);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_COST_MODEL_H_
