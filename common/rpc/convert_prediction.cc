#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "common/rpc/take_prediction.h"

namespace assay {
namespace {

static_assert(v1::FINISH_REASON_NONE == static_cast<int>(FinishReason::kNone) + 1);
static_assert(v1::FINISH_REASON_STOP == static_cast<int>(FinishReason::kStop) + 1);
static_assert(v1::FINISH_REASON_LENGTH == static_cast<int>(FinishReason::kLength) + 1);
static_assert(v1::FINISH_REASON_CONTEXT == static_cast<int>(FinishReason::kContext) + 1);
static_assert(v1::VERDICT_CORRECT == static_cast<int>(Verdict::kCorrect) + 1);
static_assert(v1::VERDICT_WRONG == static_cast<int>(Verdict::kWrong) + 1);
static_assert(v1::VERDICT_ERROR == static_cast<int>(Verdict::kError) + 1);
static_assert(v1::VERDICT_UNANSWERED == static_cast<int>(Verdict::kUnanswered) + 1);
static_assert(v1::VERDICT_UNPARSABLE == static_cast<int>(Verdict::kUnparsable) + 1);
static_assert(v1::VERDICT_RATED == static_cast<int>(Verdict::kRated) + 1);
static_assert(v1::VERDICT_UNGRADED == static_cast<int>(Verdict::kUngraded) + 1);
static_assert(v1::METRIC_UNIT_RATING == static_cast<int>(MetricUnit::kRating) + 1);

bool IsRequestDigest(const std::string& text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

v1::Prediction ToProto(const Prediction& prediction) {
  v1::Prediction proto;
  proto.set_item_id(prediction.item_id);
  proto.set_sample_index(prediction.sample_index);
  proto.set_prompt(prediction.prompt);
  proto.set_prompt_sha256(prediction.prompt_sha256);
  proto.set_prompt_tokens(prediction.prompt_tokens);
  proto.set_cached_tokens(prediction.cached_tokens);
  proto.set_shots_used(prediction.shots_used);
  proto.set_over_max_input(prediction.over_max_input);
  proto.set_truncated(prediction.truncated);
  proto.set_output(prediction.output);
  proto.mutable_output_token_ids()->Add(prediction.output_token_ids.begin(),
                                        prediction.output_token_ids.end());
  proto.set_finish_reason(EnumToProto<v1::FinishReason>(prediction.finish_reason));
  proto.mutable_choice_loglikelihoods()->Add(prediction.choice_loglikelihoods.begin(),
                                             prediction.choice_loglikelihoods.end());
  proto.set_error(prediction.error);
  proto.set_program_outcome(prediction.program_outcome);
  proto.set_generated_tokens(prediction.generated_tokens);
  proto.set_request_digest(prediction.request_digest);
  proto.set_reused_run(prediction.reused_run);
  return proto;
}

absl::StatusOr<Prediction> TakePrediction(v1::Prediction& proto) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("Prediction.item_id", proto.item_id()));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("Prediction.sample_index", proto.sample_index(), 0));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("Prediction.prompt_tokens", proto.prompt_tokens(), 0));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("Prediction.cached_tokens", proto.cached_tokens(), 0));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("Prediction.shots_used", proto.shots_used(), 0));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("Prediction.generated_tokens", proto.generated_tokens(), 0));
  if (proto.error().empty()) {
    ASSAY_RETURN_IF_ERROR(CheckSha256("Prediction.prompt_sha256", proto.prompt_sha256()));
  }
  for (int i = 0; i < proto.choice_loglikelihoods_size(); ++i) {
    if (std::isnan(proto.choice_loglikelihoods(i))) {
      return FieldError(absl::StrCat("Prediction.choice_loglikelihoods[", i, "]"),
                        "is not a number");
    }
  }
  if (!proto.request_digest().empty() && !IsRequestDigest(proto.request_digest())) {
    return FieldError("Prediction.request_digest", "is not 32 hexadecimal digits");
  }
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("Prediction.reused_run", proto.reused_run(), 0));
  Prediction prediction;
  ASSAY_ASSIGN_OR_RETURN(
      prediction.finish_reason,
      EnumFromProto<FinishReason>("Prediction.finish_reason", proto.finish_reason(),
                                  v1::FinishReason_IsValid));
  prediction.item_id = std::move(*proto.mutable_item_id());
  prediction.sample_index = proto.sample_index();
  prediction.prompt = std::move(*proto.mutable_prompt());
  prediction.prompt_sha256 = std::move(*proto.mutable_prompt_sha256());
  prediction.prompt_tokens = proto.prompt_tokens();
  prediction.cached_tokens = proto.cached_tokens();
  prediction.shots_used = proto.shots_used();
  prediction.over_max_input = proto.over_max_input();
  prediction.truncated = proto.truncated();
  prediction.output = std::move(*proto.mutable_output());
  prediction.output_token_ids.assign(proto.output_token_ids().begin(),
                                     proto.output_token_ids().end());
  prediction.choice_loglikelihoods.assign(proto.choice_loglikelihoods().begin(),
                                          proto.choice_loglikelihoods().end());
  // Most predictions have none of these, and mutable_ would make them.
  if (!proto.error().empty()) prediction.error = std::move(*proto.mutable_error());
  prediction.program_outcome = proto.program_outcome();
  prediction.generated_tokens = proto.generated_tokens();
  prediction.request_digest = proto.request_digest();
  prediction.reused_run = proto.reused_run();
  return prediction;
}

absl::StatusOr<Prediction> FromProto(const v1::Prediction& proto) {
  v1::Prediction copy = proto;
  return TakePrediction(copy);
}

v1::Score ToProto(const Score& score) {
  v1::Score proto;
  proto.set_grader(score.grader);
  proto.set_grader_version(score.grader_version);
  proto.set_verdict(EnumToProto<v1::Verdict>(score.verdict));
  proto.set_extracted(score.extracted);
  if (score.partial.has_value()) proto.set_partial(*score.partial);
  return proto;
}

absl::StatusOr<Score> FromProto(const v1::Score& proto) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("Score.grader", proto.grader()));
  Score score;
  score.grader = proto.grader();
  score.grader_version = proto.grader_version();
  ASSAY_ASSIGN_OR_RETURN(
      score.verdict, EnumFromProto<Verdict>("Score.verdict", proto.verdict(), v1::Verdict_IsValid));
  score.extracted = proto.extracted();
  if (proto.has_partial()) {
    if (!(proto.partial() >= 0 && proto.partial() <= 1)) {
      return FieldError("Score.partial", "must be between 0 and 1");
    }
    score.partial = proto.partial();
  }
  return score;
}

v1::Metric ToProto(const Metric& metric) {
  v1::Metric proto;
  proto.set_name(metric.name);
  proto.set_group(metric.group);
  proto.set_value(metric.value);
  proto.set_standard_error(metric.standard_error);
  proto.set_items(metric.items);
  proto.set_errors(metric.errors);
  proto.set_unanswered(metric.unanswered);
  proto.set_unparsable(metric.unparsable);
  proto.set_low(metric.low);
  proto.set_high(metric.high);
  proto.set_unit(EnumToProto<v1::MetricUnit>(metric.unit));
  if (metric.deviation.has_value()) proto.set_deviation(*metric.deviation);
  return proto;
}

absl::StatusOr<Metric> FromProto(const v1::Metric& proto) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("Metric.name", proto.name()));
  Metric metric;
  metric.name = proto.name();
  metric.group = proto.group();
  metric.value = proto.value();
  metric.standard_error = proto.standard_error();
  metric.items = proto.items();
  metric.errors = proto.errors();
  metric.unanswered = proto.unanswered();
  metric.unparsable = proto.unparsable();
  if (proto.has_low()) metric.low = proto.low();
  if (proto.has_high()) metric.high = proto.high();
  // Earlier coordinators tell none.
  if (proto.unit() != v1::METRIC_UNIT_UNSPECIFIED) {
    ASSAY_ASSIGN_OR_RETURN(metric.unit, EnumFromProto<MetricUnit>("Metric.unit", proto.unit(),
                                                                  v1::MetricUnit_IsValid));
  }
  if (proto.has_deviation()) metric.deviation = proto.deviation();
  return metric;
}

}  // namespace assay
