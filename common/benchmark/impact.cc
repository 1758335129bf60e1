#include "common/benchmark/impact.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/impact_file.h"
#include "common/benchmark/prompt_text.h"
#include "common/benchmark/rubric.h"
#include "common/benchmark/single_file.h"

namespace assay {
namespace {

std::string WritingTask(const Item& item) {
  const absl::string_view definition = FieldOf(item, "definition");
  return absl::StrCat(definition, definition.empty() ? "" : " ", FieldOf(item, "prompt"));
}

ProtocolSpec JudgeProtocol(const std::string& criterion, const std::string& suffix,
                           const std::string& grader) {
  ProtocolSpec protocol;
  protocol.name = absl::StrCat("judge-", criterion, suffix);
  protocol.version = 1;
  protocol.shots = 0;
  protocol.request_type = RequestType::kGenerate;
  // The longest task and answer of "instructeval", and the rubric.
  protocol.max_input = 2048;
  protocol.max_output = 256;
  protocol.grader = grader;
  protocol.averaging = Averaging::kMicro;
  protocol.verdict_metric = "";
  protocol.value_metric = criterion;
  protocol.criterion = criterion;
  return protocol;
}

}  // namespace

absl::string_view ImpactBenchmark::description() const {
  return "writing tasks in categories, in one <name>.csv, .json or .jsonl with Category, "
         "Definition "
         "and Prompt, or of MT-bench's questions; plain or .gz";
}

const std::vector<ProtocolSpec>& ImpactBenchmark::protocols() const {
  static const auto* const protocols = new std::vector<ProtocolSpec>{
      {.name = "instructeval",
       .version = 1,
       .shots = 0,
       .request_type = RequestType::kGenerate,
       .max_input = 512,
       .max_output = 1024,
       .grader = "ungraded",
       .averaging = Averaging::kMicro,
       .choice_prefix = "",
       .verdict_metric = ""},
      JudgeProtocol("relevance", "", "judge_strict"),
      JudgeProtocol("coherence", "", "judge_strict"),
      JudgeProtocol("relevance", "-instructeval", "judge_instructeval"),
      JudgeProtocol("coherence", "-instructeval", "judge_instructeval"),
  };
  return *protocols;
}

bool ImpactBenchmark::IsDataFile(absl::string_view path) const { return IsImpactFile(path); }

absl::StatusOr<std::vector<Item>> ImpactBenchmark::Parse(absl::Span<const SourceFile> files) const {
  ASSAY_ASSIGN_OR_RETURN(const SourceFile* file, SingleFile(*this, files));
  return ReadImpactFile(*file);
}

absl::StatusOr<Selection> ImpactBenchmark::Select(const ProtocolSpec& protocol, int shots,
                                                  absl::Span<const Item> group) const {
  if (shots != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("impact has no examples, and ", shots, " shots are asked for; use 0"));
  }
  return Selection{{}, {group.begin(), group.end()}};
}

std::string ImpactBenchmark::RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                                          absl::Span<const Item> shots) const {
  std::string task = WritingTask(item);
  if (protocol.criterion.empty()) return task;
  // A rubric was checked when its run was submitted. What cannot be one any more is shown as it is,
  // which no judge takes for a question.
  absl::string_view text = FieldOf(item, kRubricField);
  if (text.empty()) text = DefaultRubric(protocol.criterion).value_or(absl::string_view());
  const absl::StatusOr<Rubric> rubric = Rubric::Parse("rubric", text);
  return rubric.ok() ? rubric->Render(task, FieldOf(item, kAnswerField)) : std::string(text);
}

}  // namespace assay
