#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

static_assert(v1::PRECISION_FLOAT32 == static_cast<int>(Precision::kFloat32) + 1);
static_assert(v1::PRECISION_BFLOAT16 == static_cast<int>(Precision::kBFloat16) + 1);
static_assert(v1::PRECISION_INT8 == static_cast<int>(Precision::kInt8) + 1);
static_assert(v1::PRECISION_LLM_INT8 == static_cast<int>(Precision::kLlmInt8) + 1);
static_assert(v1::PROMPT_TEMPLATE_ALPACA == static_cast<int>(PromptTemplate::kAlpaca) + 1);
static_assert(v1::BOS_HANDLING_NEVER == static_cast<int>(BosHandling::kNever) + 1);
static_assert(v1::STATE_PENDING == static_cast<int>(State::kPending) + 1);
static_assert(v1::STATE_RUNNING == static_cast<int>(State::kRunning) + 1);
static_assert(v1::STATE_COMPLETED == static_cast<int>(State::kCompleted) + 1);
static_assert(v1::STATE_CANCELLED == static_cast<int>(State::kCancelled) + 1);
static_assert(v1::STATE_FAILED == static_cast<int>(State::kFailed) + 1);

// `otherwise` where earlier clients say nothing.
template <typename Domain, typename Proto>
absl::StatusOr<Domain> EnumOrDefault(absl::string_view field, Proto value, Domain otherwise,
                                     bool (*is_valid)(int)) {
  if (static_cast<int>(value) == 0) return otherwise;
  return EnumFromProto<Domain>(field, value, is_valid);
}

}  // namespace

v1::Precision ToProto(Precision precision) { return EnumToProto<v1::Precision>(precision); }

absl::StatusOr<Precision> FromProto(v1::Precision proto) {
  return EnumFromProto<Precision>("precision", proto, v1::Precision_IsValid);
}

v1::SamplingSettings ToProto(const SamplingSettings& sampling) {
  v1::SamplingSettings proto;
  if (sampling.temperature.has_value()) proto.set_temperature(*sampling.temperature);
  proto.set_top_p(sampling.top_p);
  proto.set_top_k(sampling.top_k);
  proto.set_seed(sampling.seed);
  proto.set_samples(sampling.samples);
  return proto;
}

absl::StatusOr<SamplingSettings> FromProto(const v1::SamplingSettings& proto) {
  SamplingSettings sampling;
  if (proto.has_temperature()) {
    ASSAY_RETURN_IF_ERROR(CheckNotNegative("SamplingSettings.temperature", proto.temperature()));
    sampling.temperature = proto.temperature();
  }
  if (proto.has_top_p()) sampling.top_p = proto.top_p();
  if (!(sampling.top_p > 0 && sampling.top_p <= 1)) {
    return FieldError("SamplingSettings.top_p",
                      absl::StrCat("must be above 0 and at most 1, got ", sampling.top_p));
  }
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("SamplingSettings.top_k", proto.top_k(), 0));
  sampling.top_k = proto.top_k();
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("SamplingSettings.seed", proto.seed(), 0));
  sampling.seed = proto.seed();
  if (proto.samples() < 0 || proto.samples() > kMostSamples) {
    return FieldError(
        "SamplingSettings.samples",
        absl::StrCat("must be between 1 and ", kMostSamples, ", got ", proto.samples()));
  }
  if (proto.samples() > 0) sampling.samples = proto.samples();
  return sampling;
}

v1::RunSettings ToProto(const RunSettings& settings) {
  v1::RunSettings proto;
  proto.set_protocol(settings.protocol);
  proto.set_protocol_version(settings.protocol_version);
  if (settings.shots >= 0) proto.set_shots(settings.shots);
  proto.set_precision(ToProto(settings.precision));
  proto.set_limit(settings.limit);
  proto.set_prompt_template(EnumToProto<v1::PromptTemplate>(settings.prompt_template));
  proto.set_system_prompt(settings.system_prompt);
  proto.set_bos(EnumToProto<v1::BosHandling>(settings.bos));
  *proto.mutable_sampling() = ToProto(settings.sampling);
  return proto;
}

absl::StatusOr<RunSettings> FromProto(const v1::RunSettings& proto) {
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("RunSettings.protocol_version", proto.protocol_version(), 0));
  if (proto.has_shots()) {
    ASSAY_RETURN_IF_ERROR(CheckAtLeast("RunSettings.shots", proto.shots(), 0));
  }
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("RunSettings.limit", proto.limit(), 0));
  RunSettings settings;
  settings.protocol = proto.protocol();
  settings.protocol_version = proto.protocol_version();
  settings.shots = proto.has_shots() ? proto.shots() : -1;
  ASSAY_ASSIGN_OR_RETURN(
      settings.precision,
      EnumFromProto<Precision>("RunSettings.precision", proto.precision(), v1::Precision_IsValid));
  settings.limit = proto.limit();
  ASSAY_ASSIGN_OR_RETURN(settings.prompt_template,
                         EnumOrDefault("RunSettings.prompt_template", proto.prompt_template(),
                                       PromptTemplate::kNone, v1::PromptTemplate_IsValid));
  settings.system_prompt = proto.system_prompt();
  ASSAY_ASSIGN_OR_RETURN(settings.bos,
                         EnumOrDefault("RunSettings.bos", proto.bos(), BosHandling::kDefault,
                                       v1::BosHandling_IsValid));
  ASSAY_ASSIGN_OR_RETURN(settings.sampling, FromProto(proto.sampling()));
  return settings;
}

v1::State ToProto(State state) { return EnumToProto<v1::State>(state); }

v1::RunSpec ToProto(const RunSpec& run) {
  v1::RunSpec proto;
  proto.set_run_id(run.run_id);
  proto.set_job_id(run.job_id);
  proto.set_benchmark(run.benchmark);
  proto.set_dataset_name(run.dataset_name);
  proto.set_dataset_sha256(run.dataset_sha256);
  *proto.mutable_settings() = ToProto(run.settings);
  proto.set_model_name(run.model_name);
  proto.set_judged_run(run.judged_run);
  proto.set_judged_model(run.judged_model);
  proto.set_benchmark_sha256(run.benchmark_sha256);
  return proto;
}

absl::StatusOr<RunSpec> FromProto(const v1::RunSpec& proto) {
  // Ids are 0 in a plan, where the run does not exist yet.
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("RunSpec.run_id", proto.run_id(), 0));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("RunSpec.job_id", proto.job_id(), 0));
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("RunSpec.benchmark", proto.benchmark()));
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("RunSpec.model_name", proto.model_name()));
  if (!proto.has_settings()) return FieldError("RunSpec.settings", "is missing");
  RunSpec run;
  run.run_id = proto.run_id();
  run.job_id = proto.job_id();
  run.benchmark = proto.benchmark();
  run.dataset_name = proto.dataset_name();
  run.dataset_sha256 = proto.dataset_sha256();
  ASSAY_ASSIGN_OR_RETURN(run.settings, FromProto(proto.settings()));
  run.model_name = proto.model_name();
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("RunSpec.judged_run", proto.judged_run(), 0));
  run.judged_run = proto.judged_run();
  run.judged_model = proto.judged_model();
  if (!proto.benchmark_sha256().empty()) {
    ASSAY_RETURN_IF_ERROR(CheckSha256("RunSpec.benchmark_sha256", proto.benchmark_sha256()));
  }
  run.benchmark_sha256 = proto.benchmark_sha256();
  return run;
}

v1::RunProgress ToProto(const RunProgress& run) {
  v1::RunProgress proto;
  *proto.mutable_spec() = ToProto(run.spec);
  proto.set_state(EnumToProto<v1::State>(run.state));
  proto.set_error(run.error);
  proto.set_engine(run.engine);
  proto.set_sandbox(run.sandbox);
  proto.set_items(run.items);
  proto.set_items_done(run.items_done);
  proto.set_items_failed(run.items_failed);
  proto.set_prompt_tokens(run.prompt_tokens);
  proto.set_cached_tokens(run.cached_tokens);
  proto.set_generated_tokens(run.generated_tokens);
  proto.set_grader(run.grader);
  proto.set_grader_version(run.grader_version);
  if (run.rescored != absl::InfinitePast()) SetTimestamp(run.rescored, proto.mutable_rescored());
  proto.set_origin_json(run.origin_json);
  proto.set_waiting_for(run.waiting_for);
  proto.set_items_reused(run.items_reused);
  proto.set_reused_tokens(run.reused_tokens);
  if (run.started != absl::InfinitePast()) SetTimestamp(run.started, proto.mutable_started());
  if (run.finished != absl::InfiniteFuture()) SetTimestamp(run.finished, proto.mutable_finished());
  return proto;
}

absl::StatusOr<RunProgress> FromProto(const v1::RunProgress& proto) {
  if (!proto.has_spec()) return FieldError("RunProgress.spec", "is missing");
  RunProgress run;
  ASSAY_ASSIGN_OR_RETURN(run.spec, FromProto(proto.spec()));
  ASSAY_ASSIGN_OR_RETURN(
      run.state, EnumFromProto<State>("RunProgress.state", proto.state(), v1::State_IsValid));
  run.error = proto.error();
  run.engine = proto.engine();
  run.sandbox = proto.sandbox();
  run.items = proto.items();
  run.items_done = proto.items_done();
  run.items_failed = proto.items_failed();
  run.prompt_tokens = proto.prompt_tokens();
  run.cached_tokens = proto.cached_tokens();
  run.generated_tokens = proto.generated_tokens();
  run.grader = proto.grader();
  run.grader_version = proto.grader_version();
  if (proto.has_rescored()) run.rescored = FromTimestamp(proto.rescored());
  run.origin_json = proto.origin_json();
  run.waiting_for = proto.waiting_for();
  run.items_reused = proto.items_reused();
  run.reused_tokens = proto.reused_tokens();
  if (proto.has_started()) run.started = FromTimestamp(proto.started());
  if (proto.has_finished()) run.finished = FromTimestamp(proto.finished());
  return run;
}

v1::JobProgress ToProto(const JobProgress& job) {
  v1::JobProgress proto;
  proto.set_job_id(job.job_id);
  proto.set_state(EnumToProto<v1::State>(job.state));
  if (job.submitted != absl::InfinitePast()) {
    SetTimestamp(job.submitted, proto.mutable_submitted());
  }
  for (const RunProgress& run : job.runs) *proto.add_runs() = ToProto(run);
  proto.set_paused(job.paused);
  proto.set_owner(job.owner);
  proto.set_priority(job.priority);
  proto.set_awaits_judges(job.awaits_judges);
  proto.set_judge_job(job.judge_job);
  proto.set_judge_error(job.judge_error);
  return proto;
}

absl::StatusOr<JobProgress> FromProto(const v1::JobProgress& proto) {
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("JobProgress.job_id", proto.job_id(), 1));
  JobProgress job;
  job.job_id = proto.job_id();
  ASSAY_ASSIGN_OR_RETURN(
      job.state, EnumFromProto<State>("JobProgress.state", proto.state(), v1::State_IsValid));
  if (proto.has_submitted()) job.submitted = FromTimestamp(proto.submitted());
  job.paused = proto.paused();
  job.owner = proto.owner();
  job.priority = proto.priority();
  for (const v1::RunProgress& run : proto.runs()) {
    ASSAY_ASSIGN_OR_RETURN(RunProgress converted, FromProto(run));
    job.runs.push_back(std::move(converted));
  }
  job.awaits_judges = proto.awaits_judges();
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("JobProgress.judge_job", proto.judge_job(), 0));
  job.judge_job = proto.judge_job();
  job.judge_error = proto.judge_error();
  return job;
}

}  // namespace assay
