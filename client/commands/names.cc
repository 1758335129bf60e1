#include "client/commands/names.h"

#include "absl/strings/string_view.h"
#include "client/output/text.h"
#include "common/domain/prediction.h"
#include "common/domain/run.h"

namespace assay {
namespace {

// The domain's enumerators are in the order of the protocol buffers', which have "unspecified"
// before them.
template <typename Domain, typename Proto>
std::string Named(Proto value, Proto last, absl::string_view (*name)(Domain)) {
  if (value < 1 || value > last) return "unknown";
  return std::string(name(static_cast<Domain>(static_cast<int>(value) - 1)));
}

}  // namespace

std::string NameOf(v1::State state) { return Named(state, v1::STATE_FAILED, StateName); }

std::string NameOf(v1::Precision precision) {
  return Named(precision, v1::PRECISION_LLM_INT8, PrecisionName);
}

std::string NameOf(v1::PromptTemplate prompt_template) {
  if (prompt_template == v1::PROMPT_TEMPLATE_UNSPECIFIED) return "none";
  return Named(prompt_template, v1::PROMPT_TEMPLATE_ALPACA, PromptTemplateName);
}

std::string NameOf(v1::BosHandling bos) {
  if (bos == v1::BOS_HANDLING_UNSPECIFIED) return "default";
  return Named(bos, v1::BOS_HANDLING_NEVER, BosHandlingName);
}

std::string NameOf(v1::Verdict verdict) {
  return Named(verdict, v1::VERDICT_UNGRADED, VerdictName);
}

std::string NameOf(v1::FinishReason reason) {
  return Named(reason, v1::FINISH_REASON_CONTEXT, FinishReasonName);
}

Cell StateCell(v1::State state) {
  const Tone tone = state == v1::STATE_COMPLETED                                ? Tone::kGood
                    : state == v1::STATE_FAILED || state == v1::STATE_CANCELLED ? Tone::kBad
                                                                                : Tone::kPlain;
  return Cell(NameOf(state), NameOf(state), tone);
}

Cell VerdictCell(v1::Verdict verdict) {
  const Tone tone = verdict == v1::VERDICT_CORRECT                                    ? Tone::kGood
                    : verdict == v1::VERDICT_RATED || verdict == v1::VERDICT_UNGRADED ? Tone::kPlain
                                                                                      : Tone::kBad;
  return Cell(NameOf(verdict), NameOf(verdict), tone);
}

Cell TimeCell(bool is_set, const google::protobuf::Timestamp& time, absl::TimeZone zone) {
  if (!is_set) return Cell(Json(), "-");
  const absl::Time value = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  return Cell(absl::FormatTime(absl::RFC3339_sec, value, absl::UTCTimeZone()),
              HumanTime(value, zone));
}

}  // namespace assay
