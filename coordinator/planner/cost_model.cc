#include "coordinator/planner/cost_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "common/domain/worker_kind.h"

namespace assay {
namespace {

// Of a generated token by a prompt's, where nothing tells them apart: it is computed in smaller
// batches.
constexpr double kGeneratedByPrompt = 2;
// Less work says more of start and end than of the work itself, unless there is nothing else.
constexpr double kShortSeconds = 0.5;
constexpr double kReachedShareOfRate = 0.5;
constexpr double kLoadBytesPerSecond = 1e9;

struct Sample {
  double seconds = 0;
  double prompt = 0;
  double generated = 0;
};

struct Fit {
  double prompt = 0;
  double generated = 0;
};

// seconds = a × prompt + b × generated with the least relative errors, neither below zero.
std::optional<Fit> FitTokens(absl::Span<const Sample> samples) {
  double pp = 0, pg = 0, gg = 0, p = 0, g = 0;
  int count = 0;
  for (const Sample& sample : samples) {
    if (sample.seconds <= 0 || sample.prompt + sample.generated <= 0) continue;
    const double x = sample.prompt / sample.seconds, y = sample.generated / sample.seconds;
    pp += x * x;
    pg += x * y;
    gg += y * y;
    p += x;
    g += y;
    ++count;
  }
  if (count == 0) return std::nullopt;
  const double determinant = pp * gg - pg * pg;
  // Two kinds of runs are needed to tell the two kinds of tokens apart.
  if (count > 1 && determinant > 1e-3 * pp * gg) {
    const double a = (p * gg - g * pg) / determinant;
    const double b = (g * pp - p * pg) / determinant;
    if (a > 0 && b > 0) return Fit{a, b};
  }
  double squares = 0, sum = 0;
  for (const Sample& sample : samples) {
    if (sample.seconds <= 0) continue;
    const double x = (sample.prompt + kGeneratedByPrompt * sample.generated) / sample.seconds;
    squares += x * x;
    sum += x;
  }
  if (squares <= 0) return std::nullopt;
  return Fit{sum / squares, kGeneratedByPrompt * sum / squares};
}

// Long ones, or all where there are none.
std::optional<Fit> FitLongest(std::vector<Sample> samples) {
  std::vector<Sample> long_ones;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(long_ones),
               [](const Sample& sample) { return sample.seconds >= kShortSeconds; });
  return FitTokens(long_ones.empty() ? samples : long_ones);
}

// What workers measure of a precision (worker/process/gemm_rate.h: plain types only).
std::string RatedPrecision(const std::string& precision) {
  if (precision == PrecisionName(Precision::kInt8)) {
    return std::string(PrecisionName(Precision::kBFloat16));
  }
  if (precision == PrecisionName(Precision::kLlmInt8)) {
    return std::string(PrecisionName(Precision::kFloat16));
  }
  return precision;
}

double DistanceOf(const MeasuredWork& work, const ModelSpec& model) {
  return std::abs(std::log(static_cast<double>(std::max<int64_t>(1, work.parameters)) /
                           static_cast<double>(std::max<int64_t>(1, model.parameters))));
}

}  // namespace

std::string BasisName(EstimateBasis basis) {
  switch (basis) {
    case EstimateBasis::kMeasured:
      return "measured";
    case EstimateBasis::kScaled:
      return "scaled from other models";
    case EstimateBasis::kOtherKind:
      return "scaled from other workers";
    case EstimateBasis::kTheory:
      return "the workers' rate alone";
    case EstimateBasis::kUnknown:
      break;
  }
  return "unknown";
}

std::vector<WorkerGroupSize> ConnectedGroups(absl::Span<const StoredWorker> workers) {
  std::map<std::string, int> counts;
  for (const StoredWorker& stored : workers) {
    if (stored.connected && !stored.worker.engine_version.empty()) {
      ++counts[WorkerKindOf(stored.worker)];
    }
  }
  std::vector<WorkerGroupSize> groups;
  for (const auto& [kind, count] : counts) groups.push_back({kind, count});
  return groups;
}

CostModel::CostModel(Measurements measurements, absl::Span<const StoredWorker> workers)
    : measurements_(std::move(measurements)) {
  for (const StoredWorker& stored : workers) {
    for (const auto& [precision, rate] : stored.worker.gflops) {
      double& known = rates_[WorkerKindOf(stored.worker)][precision];
      known = std::max(known, rate);
    }
  }
}

double CostModel::RateOf(const std::string& kind, const std::string& precision) const {
  const auto found = rates_.find(kind);
  if (found == rates_.end()) return 0;
  const auto rate = found->second.find(RatedPrecision(precision));
  return rate == found->second.end() ? 0 : rate->second;
}

TokenCost CostModel::TokensOf(const ModelSpec& model, Precision precision,
                              const std::string& kind) const {
  const std::string name(PrecisionName(precision));
  std::vector<Sample> own;
  double nearest = std::numeric_limits<double>::infinity();
  double nearest_elsewhere = std::numeric_limits<double>::infinity();
  const double rate = RateOf(kind, name);
  for (const MeasuredWork& work : measurements_.work) {
    if (work.precision != name || work.busy_seconds <= 0) continue;
    if (work.worker_kind != kind) {
      if (RateOf(work.worker_kind, name) > 0) {
        nearest_elsewhere = std::min(nearest_elsewhere, DistanceOf(work, model));
      }
      continue;
    }
    nearest = std::min(nearest, DistanceOf(work, model));
    if (work.weights_sha256 != model.weights_sha256) continue;
    own.push_back({work.busy_seconds, static_cast<double>(work.prompt_tokens),
                   static_cast<double>(work.generated_tokens)});
  }
  if (const std::optional<Fit> fit = FitLongest(own)) {
    return {fit->prompt, fit->generated, EstimateBasis::kMeasured};
  }
  // Of the models whose size is nearest, each token in units of its model's parameters.
  std::vector<Sample> scaled, elsewhere;
  for (const MeasuredWork& work : measurements_.work) {
    if (work.precision != name || work.busy_seconds <= 0) continue;
    const double factor = static_cast<double>(work.parameters);
    const double distance = DistanceOf(work, model);
    if (work.worker_kind == kind && distance <= nearest) {
      scaled.push_back({work.busy_seconds, factor * static_cast<double>(work.prompt_tokens),
                        factor * static_cast<double>(work.generated_tokens)});
    } else if (work.worker_kind != kind && rate > 0 && distance <= nearest_elsewhere) {
      const double other = RateOf(work.worker_kind, name);
      if (other <= 0) continue;
      elsewhere.push_back({work.busy_seconds * other / rate,
                           factor * static_cast<double>(work.prompt_tokens),
                           factor * static_cast<double>(work.generated_tokens)});
    }
  }
  const auto parameters = static_cast<double>(model.parameters);
  if (const std::optional<Fit> fit = FitLongest(scaled)) {
    return {fit->prompt * parameters, fit->generated * parameters, EstimateBasis::kScaled};
  }
  if (const std::optional<Fit> fit = FitLongest(elsewhere)) {
    return {fit->prompt * parameters, fit->generated * parameters, EstimateBasis::kOtherKind};
  }
  if (rate <= 0) return {};
  // Two floating-point operations for each parameter and token.
  const double token = 2 * parameters / (rate * 1e9 * kReachedShareOfRate);
  return {token, token, EstimateBasis::kTheory};
}

LoadCost CostModel::LoadOf(const ModelSpec& model, Precision precision,
                           const std::string& kind) const {
  const std::string name(PrecisionName(precision));
  double own = 0, own_loads = 0, others = 0, others_parameters = 0;
  for (const MeasuredWork& work : measurements_.work) {
    if (work.worker_kind != kind || work.loads == 0) continue;
    const auto loads = static_cast<double>(work.loads);
    if (work.weights_sha256 == model.weights_sha256 && work.precision == name) {
      own += work.load_seconds;
      own_loads += loads;
    }
    others += work.load_seconds;
    others_parameters += loads * static_cast<double>(work.parameters);
  }
  if (own_loads > 0) return {own / own_loads, true};
  const auto parameters = static_cast<double>(model.parameters);
  if (others_parameters > 0) return {others / others_parameters * parameters, false};
  return {2 * parameters / kLoadBytesPerSecond, false};
}

RunCost CostModel::Learnt(const RunSpec& run, const ModelSpec& model, int64_t predictions,
                          const RunCost& cost) const {
  RunCost learnt = cost;
  double generated = 0, generated_by = 0, likeness = 0;
  double prompt = 0, computed = 0, counted = 0;
  for (const MeasuredTokens& tokens : measurements_.tokens) {
    if (tokens.benchmark != run.benchmark || tokens.protocol != run.settings.protocol ||
        tokens.predictions <= 0) {
      continue;
    }
    const auto count = static_cast<double>(tokens.predictions);
    // What this model writes, or else what others do.
    const double like = tokens.model == model.name ? 1 : 0;
    if (like > likeness) generated = generated_by = 0;
    likeness = std::max(likeness, like);
    if (like >= likeness) {
      generated += static_cast<double>(tokens.generated_tokens);
      generated_by += count;
    }
    if (tokens.dataset_sha256 != run.dataset_sha256 || tokens.shots != run.settings.shots ||
        tokens.tokenizer_sha256 != model.tokenizer_sha256 ||
        tokens.prompt_template != PromptTemplateName(run.settings.prompt_template)) {
      continue;
    }
    prompt += static_cast<double>(tokens.prompt_tokens);
    computed += static_cast<double>(tokens.computed_tokens);
    counted += count;
  }
  const auto all = static_cast<double>(predictions);
  const auto rounded = [](double value) { return static_cast<int64_t>(std::ceil(value)); };
  if (generated_by > 0) {
    learnt.generated_tokens =
        std::min(cost.generated_tokens, rounded(generated / generated_by * all));
  }
  if (counted > 0) {
    learnt.prompt_tokens = rounded(prompt / counted * all);
    learnt.computed_tokens = rounded(computed / counted * all);
  }
  return learnt;
}

std::string CostModel::MostMeasuredKind() const {
  std::map<std::string, double> seconds;
  for (const MeasuredWork& work : measurements_.work) {
    seconds[work.worker_kind] += work.busy_seconds;
  }
  std::string most;
  double longest = 0;
  for (const auto& [kind, sum] : seconds) {
    if (sum > longest) {
      most = kind;
      longest = sum;
    }
  }
  return most;
}

EstimateMargin MarginOf(absl::Span<const EstimateOutcome> outcomes) {
  std::vector<double> ratios;
  for (const EstimateOutcome& outcome : outcomes) {
    if (outcome.estimated_seconds > 0 && outcome.actual_seconds > 0) {
      ratios.push_back(outcome.actual_seconds / outcome.estimated_seconds);
    }
  }
  EstimateMargin margin;
  margin.runs = static_cast<int>(ratios.size());
  if (margin.runs < kFewestOutcomes) return margin;
  std::sort(ratios.begin(), ratios.end());
  // Between the two nearest ones.
  const auto quantile = [&ratios](double share) {
    const double place = share * static_cast<double>(ratios.size() - 1);
    const auto below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, ratios.size() - 1);
    return ratios[below] + (place - static_cast<double>(below)) * (ratios[above] - ratios[below]);
  };
  margin.low = quantile(0.05);
  margin.median = quantile(0.5);
  margin.high = quantile(0.95);
  return margin;
}

}  // namespace assay
