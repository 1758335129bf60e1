// Ratings of answers, out of what judges wrote about them.
#ifndef ASSAY_COMMON_SCORING_JUDGE_GRADERS_H_
#define ASSAY_COMMON_SCORING_JUDGE_GRADERS_H_

#include "common/scoring/grader.h"

namespace assay {

// Of an item that was asked together with the answer that is judged (fields "answer" and
// "answer_error", common/benchmark/impact.h). Verdict::kRated with the rating's place on its scale
// as `partial` and the rating as `extracted`; kError where there was no answer because its item
// could not be run.

// kUnparsable for a review that does not say one rating (ReadRating, judge_reply.h); kUnanswered,
// whatever the review, for an answer that is empty but for white space.
class JudgeStrictGrader : public Grader {
 public:
  absl::string_view name() const override { return "judge_strict"; }
  int version() const override { return 1; }
  Score Grade(const Item& item, const Prediction& prediction) const override;
  absl::string_view verdict_metric() const override { return ""; }
  absl::string_view value_metric() const override { return "rating"; }
};

// Every review is a rating (ReadInstructEvalRating).
class JudgeInstructEvalGrader : public Grader {
 public:
  absl::string_view name() const override { return "judge_instructeval"; }
  int version() const override { return 1; }
  Score Grade(const Item& item, const Prediction& prediction) const override;
  absl::string_view verdict_metric() const override { return ""; }
  absl::string_view value_metric() const override { return "rating"; }
};

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_JUDGE_GRADERS_H_
