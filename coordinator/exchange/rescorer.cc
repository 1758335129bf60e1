#include "coordinator/exchange/rescorer.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/status_macros.h"
#include "common/scoring/grader_kind.h"

namespace assay {
namespace {

// The items that the outputs answer, with what a judge was shown beside them.
absl::StatusOr<std::vector<Item>> ItemsOf(const RunSpec& run, const Dataset& dataset,
                                          absl::Span<const StoredOutput> outputs,
                                          AnswerStore& answers) {
  std::vector<Item> items;
  for (const StoredOutput& output : outputs) {
    const Item* item = dataset.Find(output.ordinal);
    if (item == nullptr) {
      return absl::InternalError(
          absl::StrCat("the data set has no item of ordinal ", output.ordinal));
    }
    items.push_back(*item);
  }
  if (run.judged_run != 0) {
    ASSAY_RETURN_IF_ERROR(answers.AddAnswers(run, absl::MakeSpan(items)));
  }
  return items;
}

}  // namespace

absl::StatusOr<RescoredRun> Rescorer::RescoreRun(int64_t run_id, const std::string& grader) {
  ASSAY_ASSIGN_OR_RETURN(const RunSpec run, runs_->FindRun(run_id));
  return Rescore(run, grader);
}

absl::StatusOr<std::vector<RescoredRun>> Rescorer::RescoreJob(int64_t job_id,
                                                              const std::string& grader) {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<RunSpec> runs, runs_->RunsOfJob(job_id));
  ASSAY_RETURN_IF_ERROR(runs_->CheckEnded(job_id));
  std::vector<RescoredRun> rescored;
  for (const RunSpec& run : runs) {
    ASSAY_ASSIGN_OR_RETURN(RescoredRun one, Rescore(run, grader));
    rescored.push_back(std::move(one));
  }
  return rescored;
}

absl::StatusOr<RescoredRun> Rescorer::Rescore(const RunSpec& run, const std::string& name) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const ProtocolSpec> protocol,
                         catalog_->ProtocolOf(run));
  const bool is_own = name.empty() || name == protocol->grader;
  GraderSpec spec = GraderOf(*protocol);
  if (!is_own) {
    spec.name = name;
    spec.parameters.clear();
  }
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Grader> grader, MakeGrader(spec));
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset,
                         cache_->Get(run.benchmark, run.dataset_sha256));
  const auto grade =
      [&](absl::Span<const StoredOutput> outputs) -> absl::StatusOr<std::vector<Score>> {
    ASSAY_ASSIGN_OR_RETURN(const std::vector<Item> items,
                           ItemsOf(run, *dataset, outputs, *answers_));
    std::vector<Score> scores;
    for (size_t i = 0; i < outputs.size(); ++i) {
      scores.push_back(grader->Grade(items[i], outputs[i].prediction));
      if (!is_own && scores.back().verdict == Verdict::kError &&
          outputs[i].prediction.error.empty()) {
        return absl::FailedPreconditionError(absl::StrCat(
            "grader ", grader->name(), " cannot grade what run ", run.run_id, " has for item ",
            items[i].id, " (protocol ", protocol->name, "); nothing was changed"));
      }
    }
    return scores;
  };
  RescoredRun rescored;
  rescored.grader = {std::string(grader->name()), grader->version()};
  ASSAY_ASSIGN_OR_RETURN(rescored.rescoring, runs_->Rescore(run.run_id, rescored.grader, grade));
  return rescored;
}

}  // namespace assay
