#include "client/commands/judging_options.h"

#include <map>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/benchmark/rubric.h"

namespace assay {
namespace {

// The texts of the rubrics by criterion, each checked.
absl::StatusOr<std::map<std::string, std::string>> ReadRubrics(const JudgingOptions& options) {
  std::map<std::string, std::string> rubrics;
  for (const std::string& option : options.rubrics) {
    std::string criterion, path = option;
    for (const std::string& name : options.criteria) {
      if (absl::StartsWith(option, name + "=")) {
        criterion = name;
        path = option.substr(name.size() + 1);
      }
    }
    if (criterion.empty() && options.criteria.size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("rubric ", option, ": of which criterion? Write ", options.criteria.front(),
                       "=FILE, or name one criterion"));
    }
    if (criterion.empty()) criterion = options.criteria.front();
    ASSAY_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
    ASSAY_RETURN_IF_ERROR(Rubric::Parse(path, file.bytes()).status());
    if (!rubrics.emplace(criterion, std::string(file.bytes())).second) {
      return absl::InvalidArgumentError(absl::StrCat("there are two rubrics for ", criterion));
    }
  }
  return rubrics;
}

}  // namespace

absl::Status JudgingOptions::AddTo(v1::JudgeJobRequest& request) const {
  request.mutable_judges()->Assign(judges.begin(), judges.end());
  ASSAY_ASSIGN_OR_RETURN(const auto texts, ReadRubrics(*this));
  for (const std::string& name : criteria) {
    v1::JudgeCriterion* const criterion = request.add_criteria();
    criterion->set_name(name);
    if (const auto rubric = texts.find(name); rubric != texts.end()) {
      criterion->set_rubric(rubric->second);
    }
  }
  request.set_grader(absl::StrCat("judge_", parser));
  return absl::OkStatus();
}

std::shared_ptr<JudgingOptions> AddJudgingOptions(CLI::App* command, const std::string& prefix,
                                                  const std::string& judge_help) {
  auto options = std::make_shared<JudgingOptions>();
  CLI::Option* const judge = command->add_option("--judge", options->judges, judge_help)
                                 ->delimiter(',')
                                 ->type_name("M")
                                 ->expected(1, 100);
  CLI::Option* const criteria =
      command->add_option("--" + prefix + "criteria", options->criteria, "What is rated")
          ->delimiter(',')
          ->type_name("C")
          ->expected(1, 10)
          ->capture_default_str();
  CLI::Option* const rubric =
      command
          ->add_option("--" + prefix + "rubric", options->rubrics,
                       "What judges are shown instead of our text: FILE for a single criterion, or "
                       "CRITERION=FILE")
          ->type_name("[C=]FILE")
          ->expected(1, 10);
  CLI::Option* const parser =
      command
          ->add_option("--" + prefix + "parser", options->parser,
                       "How replies are read: strict (one rating, or the review is unparsable) or "
                       "instructeval (the last digit, and 1 for want of one)")
          ->check(CLI::IsMember({"strict", "instructeval"}))
          ->capture_default_str();
  if (!prefix.empty()) {
    for (CLI::Option* const option : {criteria, rubric, parser}) option->needs(judge);
  }
  return options;
}

}  // namespace assay
