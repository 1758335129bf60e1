#include <utility>

#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"

namespace assay {
namespace {

static_assert(v1::PRECISION_FLOAT32 == static_cast<int>(Precision::kFloat32) + 1);
static_assert(v1::PRECISION_BFLOAT16 == static_cast<int>(Precision::kBFloat16) + 1);
static_assert(v1::PRECISION_INT8 == static_cast<int>(Precision::kInt8) + 1);
static_assert(v1::STATE_PENDING == static_cast<int>(State::kPending) + 1);
static_assert(v1::STATE_RUNNING == static_cast<int>(State::kRunning) + 1);
static_assert(v1::STATE_COMPLETED == static_cast<int>(State::kCompleted) + 1);
static_assert(v1::STATE_CANCELLED == static_cast<int>(State::kCancelled) + 1);
static_assert(v1::STATE_FAILED == static_cast<int>(State::kFailed) + 1);

void SetTimestamp(absl::Time time, google::protobuf::Timestamp* proto) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  proto->set_seconds(seconds);
  proto->set_nanos(
      static_cast<int>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& proto) {
  return absl::FromUnixSeconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

}  // namespace

v1::Precision ToProto(Precision precision) { return EnumToProto<v1::Precision>(precision); }

absl::StatusOr<Precision> FromProto(v1::Precision proto) {
  return EnumFromProto<Precision>("precision", proto, v1::Precision_IsValid);
}

v1::RunSettings ToProto(const RunSettings& settings) {
  v1::RunSettings proto;
  proto.set_protocol(settings.protocol);
  proto.set_protocol_version(settings.protocol_version);
  if (settings.shots >= 0) proto.set_shots(settings.shots);
  proto.set_precision(ToProto(settings.precision));
  proto.set_limit(settings.limit);
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
  return settings;
}

v1::RunSpec ToProto(const RunSpec& run) {
  v1::RunSpec proto;
  proto.set_run_id(run.run_id);
  proto.set_job_id(run.job_id);
  proto.set_benchmark(run.benchmark);
  proto.set_dataset_name(run.dataset_name);
  proto.set_dataset_sha256(run.dataset_sha256);
  *proto.mutable_settings() = ToProto(run.settings);
  proto.set_model_name(run.model_name);
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
  return run;
}

v1::RunProgress ToProto(const RunProgress& run) {
  v1::RunProgress proto;
  *proto.mutable_spec() = ToProto(run.spec);
  proto.set_state(EnumToProto<v1::State>(run.state));
  proto.set_error(run.error);
  proto.set_engine(run.engine);
  proto.set_items(run.items);
  proto.set_items_done(run.items_done);
  proto.set_items_failed(run.items_failed);
  proto.set_prompt_tokens(run.prompt_tokens);
  proto.set_cached_tokens(run.cached_tokens);
  proto.set_generated_tokens(run.generated_tokens);
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
  run.items = proto.items();
  run.items_done = proto.items_done();
  run.items_failed = proto.items_failed();
  run.prompt_tokens = proto.prompt_tokens();
  run.cached_tokens = proto.cached_tokens();
  run.generated_tokens = proto.generated_tokens();
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
  return proto;
}

absl::StatusOr<JobProgress> FromProto(const v1::JobProgress& proto) {
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("JobProgress.job_id", proto.job_id(), 1));
  JobProgress job;
  job.job_id = proto.job_id();
  ASSAY_ASSIGN_OR_RETURN(
      job.state, EnumFromProto<State>("JobProgress.state", proto.state(), v1::State_IsValid));
  if (proto.has_submitted()) job.submitted = FromTimestamp(proto.submitted());
  for (const v1::RunProgress& run : proto.runs()) {
    ASSAY_ASSIGN_OR_RETURN(RunProgress converted, FromProto(run));
    job.runs.push_back(std::move(converted));
  }
  return job;
}

}  // namespace assay
