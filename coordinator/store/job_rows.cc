#include "coordinator/store/job_rows.h"

#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"

namespace assay {
namespace {

constexpr char kInsertJob[] =
    "INSERT INTO jobs (submission_key, submission_sha256, owner, priority, traceparent) "
    "VALUES (nullif($1, ''), CASE WHEN $1 <> '' THEN $2 END, $3, $4, nullif($5, '')) "
    "RETURNING job_id";
constexpr char kInsertRun[] =
    "INSERT INTO runs (job_id, model_name, dataset_id, dataset_name, protocol, protocol_version, "
    "  shots, precision_name, item_limit, manifest, estimated_tokens, items, prompt_template, "
    "  system_prompt, bos, temperature, top_p, top_k, seed, samples, grader, grader_version, "
    "  benchmark_sha256, judged_run, rubric, runs_programs, may_cut, reuse, reuse_key, "
    "  estimated_device_seconds, estimate_basis) "
    "SELECT $1::bigint, $2, dataset_id, $3, $4, $5::integer, $6::integer, $7, $8::bigint, "
    "$9::json, "
    "  $10::bigint, $11::bigint, $14, $15, $16, $17::double precision, $18::double precision, "
    "  $19::integer, $20::bigint, $21::integer, "
    "  $9::json->'protocol'->>'grader', ($9::json->'protocol'->>'grader_version')::integer, "
    "  nullif($22, ''), nullif($23::bigint, 0), $24, $25::boolean, $26::boolean, "
    "  $27::boolean, nullif($28, ''), $29::double precision, $30 "
    "FROM datasets WHERE benchmark = $12 AND sha256 = $13 RETURNING run_id";
// Waits for a removal that is under way.
constexpr char kHoldModel[] =
    "SELECT 1 FROM models WHERE name = $1 AND removed IS NULL FOR KEY SHARE";

absl::StatusOr<int64_t> InsertRun(pqxx::work& tx, int64_t job_id, const NewRun& run) {
  int64_t items = 0;
  for (const auto& shard : run.shards) items += static_cast<int64_t>(shard.size());
  items *= run.spec.settings.sampling.samples;
  const RunSettings& settings = run.spec.settings;
  if (tx.exec_params(kHoldModel, run.spec.model_name).empty()) {
    return absl::NotFoundError(
        absl::StrCat("there is no model \"", run.spec.model_name, "\" any more"));
  }
  const pqxx::result inserted = tx.exec_params(
      kInsertRun, job_id, run.spec.model_name, run.spec.dataset_name, settings.protocol,
      settings.protocol_version, settings.shots, std::string(PrecisionName(settings.precision)),
      settings.limit, run.manifest_json, run.estimated_tokens, items, run.spec.benchmark,
      run.spec.dataset_sha256, std::string(PromptTemplateName(settings.prompt_template)),
      settings.system_prompt, std::string(BosHandlingName(settings.bos)),
      settings.sampling.temperature.value_or(0), settings.sampling.top_p, settings.sampling.top_k,
      settings.sampling.seed, settings.sampling.samples, run.spec.benchmark_sha256,
      run.spec.judged_run, run.rubric, run.runs_programs, run.may_cut, run.reuse, run.reuse_key,
      run.estimated_device_seconds, run.estimate_basis);
  if (inserted.empty()) {
    return absl::NotFoundError(absl::StrCat("there is no dataset of ", run.spec.benchmark,
                                            " with sha256 ", run.spec.dataset_sha256));
  }
  return inserted[0][0].as<int64_t>();
}

}  // namespace

absl::StatusOr<int64_t> InsertJob(pqxx::work& tx, absl::Span<const NewRun> runs,
                                  const Submission& submission) {
  const auto job_id =
      tx.exec_params1(kInsertJob, submission.key, submission.request_sha256,
                      PlainText(submission.owner), submission.priority, submission.traceparent)[0]
          .as<int64_t>();
  std::vector<int64_t> run_ids;
  for (const NewRun& run : runs) {
    ASSAY_ASSIGN_OR_RETURN(const int64_t run_id, InsertRun(tx, job_id, run));
    run_ids.push_back(run_id);
  }
  const std::vector<std::string> columns = {"run_id", "item_ordinals"};
  pqxx::stream_to stream(tx, "shards", columns);
  for (size_t i = 0; i < runs.size(); ++i) {
    for (const auto& shard : runs[i].shards) {
      stream << std::make_tuple(run_ids[i], EncodeArray(shard));
    }
  }
  stream.complete();
  RecordEvent(
      tx,
      {.kind = "job_submitted", .job_id = job_id, .message = absl::StrCat(runs.size(), " runs")});
  return job_id;
}

}  // namespace assay
