// Options that say by whom and how answers are judged.
#ifndef ASSAY_CLIENT_COMMANDS_JUDGING_OPTIONS_H_
#define ASSAY_CLIENT_COMMANDS_JUDGING_OPTIONS_H_

#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "assay/v1/evaluation_service.pb.h"

namespace assay {

struct JudgingOptions {
  std::vector<std::string> judges;
  std::vector<std::string> criteria = {"relevance", "coherence"};
  std::vector<std::string> rubrics;
  std::string parser = "strict";

  // Sets judges, criteria and grader of `request`. Errors name the rubric's file and line.
  absl::Status AddTo(v1::JudgeJobRequest& request) const;
};

// Adds --judge and, with `prefix` behind the hyphens, criteria, rubric and parser.
std::shared_ptr<JudgingOptions> AddJudgingOptions(CLI::App* command, const std::string& prefix,
                                                  const std::string& judge_help);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_JUDGING_OPTIONS_H_
