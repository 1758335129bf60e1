#include "coordinator/store/rescore_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/score_rows.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr int kPage = 1000;

constexpr char kSelectRuns[] =
    "SELECT %s FROM runs r JOIN datasets d USING (dataset_id) WHERE %s ORDER BY r.run_id";
constexpr char kOpenRuns[] =
    "SELECT run_id, state FROM runs WHERE job_id = $1 AND state IN ('pending', 'running') "
    "ORDER BY run_id LIMIT 1";
// In the order of all that locks: a run's groups before the run.
constexpr char kLockGroups[] =
    "SELECT 1 FROM run_groups WHERE run_id = $1 ORDER BY group_name FOR UPDATE";
constexpr char kLockRun[] =
    "SELECT %s, r.state, r.dataset_id, r.grader, r.grader_version "
    "FROM runs r JOIN datasets d USING (dataset_id) WHERE r.run_id = $1 FOR UPDATE OF r";

// With the score by the grader that has been the run's so far.
constexpr char kOutputs[] =
    "SELECT p.item_ordinal, p.sample_index, p.prompt_tokens, p.cached_tokens, p.shots_used, "
    "  p.over_max_input, p.truncated, p.output, p.output_token_ids, p.finish_reason, "
    "  p.choice_loglikelihoods, p.error, p.program_outcome, p.generated_tokens, i.item_id, "
    "  s.verdict, s.partial "
    "FROM predictions p "
    "JOIN items i ON i.dataset_id = $2 AND i.ordinal = p.item_ordinal "
    "LEFT JOIN scores s ON s.run_id = p.run_id AND s.item_ordinal = p.item_ordinal "
    "  AND s.sample_index = p.sample_index AND s.grader = $3 "
    "WHERE p.run_id = $1 AND (p.item_ordinal, p.sample_index) > ($4::integer, $5::integer) "
    "ORDER BY p.item_ordinal, p.sample_index LIMIT $6";
constexpr char kForget[] =
    "DELETE FROM scores WHERE run_id = $1 AND grader = $2 "
    "  AND (item_ordinal, sample_index) >= ($3::integer, $4::integer) "
    "  AND (item_ordinal, sample_index) <= ($5::integer, $6::integer)";
constexpr char kSetGrader[] =
    "UPDATE runs SET grader = $2, grader_version = $3, rescored = clock_timestamp() "
    "WHERE run_id = $1";

absl::StatusOr<StoredOutput> ReadOutput(const pqxx::row& row) {
  StoredOutput output;
  Prediction& p = output.prediction;
  int i = 0;
  output.ordinal = row[i++].as<int64_t>();
  p.sample_index = row[i++].as<int>();
  p.prompt_tokens = row[i++].as<int64_t>();
  p.cached_tokens = row[i++].as<int64_t>();
  p.shots_used = row[i++].as<int>();
  p.over_max_input = row[i++].as<bool>();
  p.truncated = row[i++].as<bool>();
  p.output = DecodeBytes(row[i++].c_str());
  for (const int64_t id : DecodeIntegers(row[i++].c_str())) {
    p.output_token_ids.push_back(static_cast<int32_t>(id));
  }
  ASSAY_ASSIGN_OR_RETURN(p.finish_reason, ParseFinishReason(row[i++].c_str()));
  p.choice_loglikelihoods = DecodeDoubles(row[i++].c_str());
  p.error = row[i++].c_str();
  p.program_outcome = row[i++].c_str();
  p.generated_tokens = row[i++].as<int64_t>();
  p.item_id = row[i++].c_str();
  return output;
}
constexpr int kPreviousColumn = 15;

// Whether the row has a score by the previous grader that says the same as `score`.
absl::StatusOr<bool> SaysTheSame(const pqxx::row& row, const Score& score) {
  if (row[kPreviousColumn].is_null()) return false;
  Score previous;
  ASSAY_ASSIGN_OR_RETURN(previous.verdict, ParseVerdict(row[kPreviousColumn].c_str()));
  if (!row[kPreviousColumn + 1].is_null()) previous.partial = row[kPreviousColumn + 1].as<double>();
  return previous.verdict == score.verdict && previous.value() == score.value();
}

// The run as it is, locked until the transaction ends, and its data set.
struct LockedRun {
  Rescoring rescoring;
  int64_t dataset_id = 0;
};

absl::Status NotEnded(int64_t run_id, absl::string_view state) {
  return absl::FailedPreconditionError(
      absl::StrCat("run ", run_id, " is ", state,
                   "; a run can be graded again when it has ended or was cancelled"));
}

absl::StatusOr<LockedRun> LockEndedRun(pqxx::work& tx, int64_t run_id) {
  tx.exec_params(kLockGroups, run_id);
  const pqxx::result rows = tx.exec_params(absl::StrFormat(kLockRun, kRunSpecColumns), run_id);
  if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no run ", run_id));
  LockedRun run;
  ASSAY_ASSIGN_OR_RETURN(run.rescoring.spec, ReadRunSpec(rows[0], 0));
  int i = kRunSpecColumnCount;
  ASSAY_ASSIGN_OR_RETURN(const State state, ParseState(rows[0][i++].c_str()));
  if (state == State::kPending || state == State::kRunning) {
    return NotEnded(run_id, StateName(state));
  }
  run.dataset_id = rows[0][i++].as<int64_t>();
  run.rescoring.previous.name = rows[0][i++].c_str();
  run.rescoring.previous.version = rows[0][i++].as<int>();
  return run;
}

// Grades a page and stores its scores.
absl::Status GradePage(pqxx::work& tx, const pqxx::result& rows, const GraderIdentity& grader,
                       const GradeOutputs& grade, Rescoring& rescoring) {
  const int64_t run_id = rescoring.spec.run_id;
  std::vector<StoredOutput> outputs;
  for (const auto& row : rows) {
    ASSAY_ASSIGN_OR_RETURN(StoredOutput output, ReadOutput(row));
    outputs.push_back(std::move(output));
  }
  ASSAY_ASSIGN_OR_RETURN(std::vector<Score> scores, grade(outputs));
  if (scores.size() != outputs.size()) return absl::InternalError("not a score for each output");
  std::vector<ScoreRow> score_rows;
  for (size_t i = 0; i < outputs.size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(const bool same, SaysTheSame(rows[static_cast<int>(i)], scores[i]));
    rescoring.changed += same ? 0 : 1;
    score_rows.push_back(
        {run_id, outputs[i].ordinal, outputs[i].prediction.sample_index, &scores[i]});
  }
  tx.exec_params(kForget, run_id, grader.name, score_rows.front().ordinal,
                 score_rows.front().sample_index, score_rows.back().ordinal,
                 score_rows.back().sample_index);
  CopyScores(tx, score_rows);
  rescoring.predictions += static_cast<int64_t>(outputs.size());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RunSpec> RescoreStore::FindRun(int64_t run_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<RunSpec> {
    const pqxx::result rows =
        tx.exec_params(absl::StrFormat(kSelectRuns, kRunSpecColumns, "r.run_id = $1"), run_id);
    if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no run ", run_id));
    return ReadRunSpec(rows[0], 0);
  });
}

absl::StatusOr<std::vector<RunSpec>> RescoreStore::RunsOfJob(int64_t job_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<RunSpec>> {
    std::vector<RunSpec> runs;
    for (const auto& row :
         tx.exec_params(absl::StrFormat(kSelectRuns, kRunSpecColumns, "r.job_id = $1"), job_id)) {
      ASSAY_ASSIGN_OR_RETURN(RunSpec run, ReadRunSpec(row, 0));
      runs.push_back(std::move(run));
    }
    if (runs.empty()) return absl::NotFoundError(absl::StrCat("there is no job ", job_id));
    return runs;
  });
}

absl::Status RescoreStore::CheckEnded(int64_t job_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    const pqxx::result open = tx.exec_params(kOpenRuns, job_id);
    if (open.empty()) return absl::OkStatus();
    return NotEnded(open[0][0].as<int64_t>(), open[0][1].c_str());
  });
}

absl::StatusOr<Rescoring> RescoreStore::Rescore(int64_t run_id, const GraderIdentity& grader,
                                                const GradeOutputs& grade) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<Rescoring> {
    ASSAY_ASSIGN_OR_RETURN(LockedRun run, LockEndedRun(tx, run_id));
    Rescoring& rescoring = run.rescoring;
    int64_t ordinal = -1;
    int sample_index = -1;
    while (true) {
      const pqxx::result rows = tx.exec_params(
          kOutputs, run_id, run.dataset_id, rescoring.previous.name, ordinal, sample_index, kPage);
      if (rows.empty()) break;
      ordinal = rows.back()[0].as<int64_t>();
      sample_index = rows.back()[1].as<int>();
      ASSAY_RETURN_IF_ERROR(GradePage(tx, rows, grader, grade, rescoring));
    }
    tx.exec_params(kSetGrader, run_id, grader.name, grader.version);
    RecountRun(tx, run_id);
    RecordEvent(tx, {.kind = "run_rescored",
                     .job_id = rescoring.spec.job_id,
                     .run_id = run_id,
                     .message = absl::StrCat(grader.name, " version ", grader.version)});
    return rescoring;
  });
}

}  // namespace assay
