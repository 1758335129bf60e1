#include "common/scoring/grader.h"

#include <array>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/scoring/drop_f1.h"
#include "common/scoring/grader_kind.h"
#include "common/scoring/hhh.h"
#include "common/scoring/human_eval.h"
#include "common/scoring/judge_graders.h"
#include "common/scoring/max_loglikelihood.h"
#include "common/scoring/starts_with.h"
#include "common/scoring/ungraded.h"

namespace assay {

absl::StatusOr<const Grader*> FindGrader(absl::string_view name) {
  static const std::array<const Grader*, 10> graders = {
      new DropF1Grader,
      new HhhGrader,
      new HumanEvalGrader,
      new HumanEvalGrader(ProgramKind::kHumanEvalChatGlm),
      new HumanEvalGrader(ProgramKind::kHumanEvalWhole),
      new JudgeInstructEvalGrader,
      new JudgeStrictGrader,
      new MaxLoglikelihoodGrader,
      new StartsWithGrader,
      new UngradedGrader};
  for (const Grader* grader : graders) {
    if (grader->name() == name) return grader;
  }
  if (const Grader* grader = FindDefaultGrader(name); grader != nullptr) return grader;
  std::set<std::string> names;
  for (const Grader* grader : graders) names.emplace(grader->name());
  for (const GraderKind& kind : GraderKinds()) names.insert(kind.name);
  return absl::NotFoundError(
      absl::StrCat("unknown grader \"", name, "\"; there are: ", absl::StrJoin(names, ", ")));
}

}  // namespace assay
