// What a model said to an item, raw, so that it can be graded again without the model; and the
// verdict.
#ifndef ASSAY_COMMON_DOMAIN_PREDICTION_H_
#define ASSAY_COMMON_DOMAIN_PREDICTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// Why a generation ended. kNone: nothing was generated (a choice was scored).
enum class FinishReason { kNone, kStop, kLength, kContext };
absl::string_view FinishReasonName(FinishReason reason);  // "none", "stop", "length", "context"
absl::StatusOr<FinishReason> ParseFinishReason(absl::string_view name);

inline constexpr char kProgramPassed[] = "passed";

struct Prediction {
  std::string item_id;
  int sample_index = 0;
  std::string prompt;  // as rendered
  // Of the token ids, as little-endian int32; of a remote model, of the prompt's text.
  std::string prompt_sha256;
  int64_t prompt_tokens = 0;
  int64_t cached_tokens =
      0;  // of the prompt's, those whose KV was already there; not part of the result's identity
  int shots_used = 0;
  bool over_max_input =
      false;               // longer than the protocol's max_input with no shot at all; run as it is
  bool truncated = false;  // longer than the model's context; the front was cut
  std::string output;      // generated text, special tokens skipped
  std::vector<int32_t> output_token_ids;  // empty of a remote model, which tells none
  int64_t generated_tokens = 0;           // of a remote model, as its endpoint counts them
  FinishReason finish_reason = FinishReason::kNone;
  std::vector<double>
      choice_loglikelihoods;  // natural logarithm, in the order of the item's choices
  // Of protocols that make a program of the output: kProgramPassed when it ran to its end,
  // otherwise why not.
  std::string program_outcome;
  std::string
      error;  // not empty: the item could not be run, and why; everything else is then unset
  // 32 hexadecimal digits over all that the model was asked, to the last token and setting. Empty
  // of remote models, and of predictions from before it was kept.
  std::string request_digest = "";
  // The run that this was taken from instead of being computed anew; 0: it was computed.
  int64_t reused_run = 0;
};

// How many tokens the model generated.
int64_t GeneratedTokens(const Prediction& prediction);

// Only kCorrect is right; the others say why not, and count as items that are not right, except
// where there is no right at all (kRated, kUngraded).
enum class Verdict {
  kCorrect,
  kWrong,
  kError,       // the item could not be run or graded
  kUnanswered,  // nothing was said: the output is empty, or white space alone
  kUnparsable,  // something was said in which the grader finds no answer
  kRated,       // neither right nor wrong: `partial` is the place of a rating on its scale
  kUngraded,    // neither right nor wrong: an answer for judges or people to rate
};
// "correct", "wrong", "error", "unanswered", "unparsable", "rated", "ungraded"
absl::string_view VerdictName(Verdict verdict);
absl::StatusOr<Verdict> ParseVerdict(absl::string_view name);

struct Score {
  std::string grader;  // "starts_with"
  int grader_version = 1;
  Verdict verdict = Verdict::kWrong;
  std::string extracted;  // what was compared with the target
  // In [0, 1], of graders that tell more than right and wrong. Of ratings: common/domain/rating.h.
  std::optional<double> partial = std::nullopt;
  double value() const { return partial.value_or(verdict == Verdict::kCorrect ? 1.0 : 0.0); }
};

// What a metric's numbers are.
enum class MetricUnit {
  kShare,   // in [0, 1]
  kRating,  // from 1 to 5, of the items that have a rating
};

// A folded metric of a run: of one group, or over groups ("" is over all).
struct Metric {
  std::string name;   // "accuracy", "f1", "relevance"
  std::string group;  // "" | subject or task | "subcategory:math" | "category:STEM"
  double value = 0;   // NaN of ratings where there is none
  double standard_error = 0;
  int64_t items = 0;       // that `value` is the mean of
  int64_t errors = 0;      // items stored as an error; they count as wrong, but not among ratings
  int64_t unanswered = 0;  // so do these two
  int64_t unparsable = 0;
  // The 95% interval of `value`; the whole range of its unit where nothing is known.
  double low = 0;
  double high = 1;
  MetricUnit unit = MetricUnit::kShare;
  // The population's standard deviation. Of ratings only.
  std::optional<double> deviation = std::nullopt;
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_PREDICTION_H_
