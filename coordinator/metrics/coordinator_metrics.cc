#include "coordinator/metrics/coordinator_metrics.h"

#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "common/domain/prediction.h"
#include "coordinator/lease/outcome_names.h"

namespace assay {
namespace {

// From what one row costs to what a slow database takes.
const prometheus::Histogram::BucketBoundaries& DatabaseSeconds() {
  static const auto* const kBoundaries = new prometheus::Histogram::BucketBoundaries{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return *kBoundaries;
}

prometheus::Family<prometheus::Counter>& CounterFamily(prometheus::Registry* registry,
                                                       const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry);
}

prometheus::Histogram& Seconds(prometheus::Registry* registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry).Add(
      {}, DatabaseSeconds());
}

constexpr char kRefused[] = "refused";

// Without what the program printed: each of them would be a series.
const char* ProgramOutcome(absl::string_view outcome) {
  if (outcome == kProgramPassed) return "passed";
  return absl::StartsWith(outcome, "timed out") ? "timed_out" : "failed";
}

}  // namespace

LeaseMetrics::LeaseMetrics(prometheus::Registry* registry)
    : models_(kMostModels),
      benchmarks_(kMostBenchmarks),
      granted_(CounterFamily(registry, "assay_coordinator_leases_granted_total",
                             "Shards leased to workers")
                   .Add({})),
      grant_seconds_(Seconds(registry, "assay_coordinator_lease_duration_seconds",
                             "Time to answer a worker that asks for leases")),
      ended_(CounterFamily(registry, "assay_coordinator_leases_ended_total",
                           "Leases that ended without a result, by reason")),
      commits_(CounterFamily(registry, "assay_coordinator_commits_total",
                             "Reports of predictions, by what became of them")),
      commit_seconds_(Seconds(registry, "assay_coordinator_commit_duration_seconds",
                              "Time to grade and store a shard's predictions")),
      shard_seconds_(
          prometheus::BuildHistogram()
              .Name("assay_coordinator_shard_duration_seconds")
              .Help("Time from the grant of a lease to its accepted report")
              .Register(*registry)
              .Add({}, prometheus::Histogram::BucketBoundaries{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
                                                               60, 120, 300, 600, 1800})),
      predictions_(CounterFamily(registry, "assay_predictions_total",
                                 "Predictions stored, by model, benchmark and verdict")),
      prompt_tokens_(CounterFamily(registry, "assay_prompt_tokens_total",
                                   "Tokens of the prompts of stored predictions")),
      cached_tokens_(CounterFamily(registry, "assay_prompt_tokens_cached_total",
                                   "Of those, the ones that a worker found in its cache")),
      generated_tokens_(CounterFamily(registry, "assay_generated_tokens_total",
                                      "Tokens that models generated in stored predictions")),
      programs_(CounterFamily(registry, "assay_sandbox_programs_total",
                              "Programs of models that were run, by outcome")),
      judgements_(CounterFamily(registry, "assay_judge_predictions_total",
                                "Ratings of answers by judges that are stored, by the judge")),
      judge_tokens_(
          CounterFamily(registry, "assay_judge_tokens_total",
                        "Tokens that ratings took, by the judge; kind is prompt or generated")) {
  // Series that alerts look at are there before the first event.
  for (const FailureKind kind :
       {FailureKind::kReported, FailureKind::kExpired, FailureKind::kReturned}) {
    ended_.Add({{"reason", NameOf(kind)}});
  }
  for (const CommitOutcome outcome :
       {CommitOutcome::kAccepted, CommitOutcome::kDuplicate, CommitOutcome::kStale}) {
    commits_.Add({{"outcome", NameOf(outcome)}});
  }
  commits_.Add({{"outcome", kRefused}});
  for (const char* outcome : {"passed", "failed", "timed_out"}) {
    programs_.Add({{"outcome", outcome}});
  }
}

void LeaseMetrics::Granted(int leases, absl::Duration took) {
  granted_.Increment(leases);
  grant_seconds_.Observe(absl::ToDoubleSeconds(took));
}

void LeaseMetrics::Committed(const ObservedCommit& commit) {
  commits_.Add({{"outcome", NameOf(commit.outcome)}}).Increment();
  commit_seconds_.Observe(absl::ToDoubleSeconds(commit.took));
  if (commit.outcome != CommitOutcome::kAccepted) return;
  if (commit.held.has_value()) shard_seconds_.Observe(absl::ToDoubleSeconds(*commit.held));
  std::map<std::string, int> verdicts;
  std::map<std::string, int> programs;
  double prompt = 0, cached = 0, generated = 0;
  for (const GradedItem& item : commit.items) {
    ++verdicts[std::string(VerdictName(item.score.verdict))];
    if (!item.prediction.program_outcome.empty()) {
      ++programs[ProgramOutcome(item.prediction.program_outcome)];
    }
    prompt += static_cast<double>(item.prediction.prompt_tokens);
    cached += static_cast<double>(item.prediction.cached_tokens);
    generated += static_cast<double>(GeneratedTokens(item.prediction));
  }
  const std::string name = models_.Of(commit.run.model_name);
  const std::string benchmark = benchmarks_.Of(commit.run.benchmark);
  for (const auto& [verdict, count] : verdicts) {
    predictions_.Add({{"model", name}, {"benchmark", benchmark}, {"verdict", verdict}})
        .Increment(count);
  }
  for (const auto& [outcome, count] : programs) {
    programs_.Add({{"outcome", outcome}}).Increment(count);
  }
  const std::map<std::string, std::string> model = {{"model", name}};
  prompt_tokens_.Add(model).Increment(prompt);
  cached_tokens_.Add(model).Increment(cached);
  generated_tokens_.Add(model).Increment(generated);
  if (commit.run.judged_run == 0) return;
  judgements_.Add(model).Increment(static_cast<double>(commit.items.size()));
  judge_tokens_.Add({{"model", name}, {"kind", "prompt"}}).Increment(prompt);
  judge_tokens_.Add({{"model", name}, {"kind", "generated"}}).Increment(generated);
}

void LeaseMetrics::Refused() { commits_.Add({{"outcome", kRefused}}).Increment(); }

void LeaseMetrics::Failed(FailureKind kind) { ended_.Add({{"reason", NameOf(kind)}}).Increment(); }

}  // namespace assay
