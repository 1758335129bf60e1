#include "common/benchmark/human_eval.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/data_text.h"
#include "common/benchmark/json_records.h"
#include "common/benchmark/prompt_text.h"
#include "common/benchmark/single_file.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

constexpr char kGroup[] = "human_eval";
constexpr char kStarCoder[] = "instructeval-starcoder";
constexpr char kStarChat[] = "instructeval-starchat";
constexpr char kLmEval[] = "lm-eval";
constexpr char kRequest[] =
    "Please complete the following Python code without providing any additional tasks such as "
    "testing or explanations\n";

bool IsTaskId(absl::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '/';
  });
}

// It becomes part of a program.
bool IsPythonName(absl::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

absl::StatusOr<Item> ReadProblem(absl::string_view path, const JsonNode& line) {
  Item item;
  item.group = kGroup;
  item.split = "test";
  for (const char* field : {"task_id", "prompt", "entry_point", "test"}) {
    ASSAY_ASSIGN_OR_RETURN(item.fields[field], JsonTextMember(path, line, "the line", field));
  }
  const std::string& id = item.fields["task_id"];
  if (!IsTaskId(id)) {
    return JsonError(path, line,
                     absl::StrCat("the task_id is ", Excerpt(id),
                                  "; use letters, digits, \"_\", \"-\" and \"/\" only"));
  }
  if (!IsPythonName(item.fields["entry_point"])) {
    return JsonError(path, line,
                     absl::StrCat("the entry_point is ", Excerpt(item.fields["entry_point"]),
                                  " where it must be the name of a function"));
  }
  item.id = absl::StrCat("human_eval/", id);
  if (line.Find("canonical_solution") != nullptr) {
    ASSAY_ASSIGN_OR_RETURN(item.target,
                           JsonTextMember(path, line, "the line", "canonical_solution"));
  }
  return item;
}

}  // namespace

absl::string_view HumanEvalBenchmark::description() const {
  return "Python functions to complete, in one <name>.jsonl such as HumanEval.jsonl.gz, plain or "
         ".gz";
}

const std::vector<ProtocolSpec>& HumanEvalBenchmark::protocols() const {
  static const auto* const protocols = [] {
    const ProtocolSpec instructeval = {.name = "instructeval",
                                       .version = 1,
                                       .shots = 0,
                                       .request_type = RequestType::kGenerate,
                                       .max_input = 1360,
                                       .max_output = 512,
                                       .grader = "human_eval",
                                       .averaging = Averaging::kMicro,
                                       .choice_prefix = "",
                                       .program = ProgramKind::kHumanEval,
                                       .verdict_metric = "pass@1"};
    ProtocolSpec sampled = instructeval;
    sampled.name = "instructeval-sampled";
    sampled.temperatures = {{1, 0.1}, {10, 0.6}, {100, 0.8}};
    ProtocolSpec starcoder = instructeval;
    starcoder.name = kStarCoder;
    ProtocolSpec starchat = instructeval;
    starchat.name = kStarChat;
    ProtocolSpec chatglm = instructeval;
    chatglm.name = "instructeval-chatglm";
    chatglm.program = ProgramKind::kHumanEvalChatGlm;
    chatglm.grader = "human_eval_chatglm";
    // Task "humaneval", version 1.0, of lm-evaluation-harness 0.4.13, which has no limit on prompts
    // but the model's context.
    ProtocolSpec lm_eval = instructeval;
    lm_eval.name = kLmEval;
    lm_eval.max_input = 1 << 20;
    lm_eval.max_output = 1024;
    lm_eval.stop_texts = {"\nclass", "\ndef", "\n#", "\nif", "\nprint"};
    lm_eval.program = ProgramKind::kHumanEvalWhole;
    lm_eval.grader = "human_eval_whole";
    return new std::vector<ProtocolSpec>{instructeval, sampled, starcoder,
                                         starchat,     chatglm, lm_eval};
  }();
  return *protocols;
}

bool HumanEvalBenchmark::IsDataFile(absl::string_view path) const {
  const absl::string_view name = WithoutGzipSuffix(path);
  return !absl::StrContains(name, '/') && !absl::StartsWith(name, ".") &&
         absl::EndsWith(name, ".jsonl");
}

absl::StatusOr<std::vector<Item>> HumanEvalBenchmark::Parse(
    absl::Span<const SourceFile> files) const {
  ASSAY_ASSIGN_OR_RETURN(const SourceFile* file, SingleFile(*this, files));
  std::vector<Item> items;
  std::set<std::string> ids;
  const auto add = [&](const JsonRecord& record) -> absl::Status {
    ASSAY_ASSIGN_OR_RETURN(Item item, ReadProblem(file->path, record.value));
    if (!ids.insert(item.id).second) {
      return JsonError(file->path, record.value,
                       absl::StrCat("the item ", item.id, " is there twice"));
    }
    item.ordinal = static_cast<int64_t>(items.size());
    items.push_back(std::move(item));
    return absl::OkStatus();
  };
  ASSAY_RETURN_IF_ERROR(ForEachLine(*file, {}, [&](int64_t line, absl::string_view text) {
    return ForEachJsonRecord(file->path, text, JsonRecords::kWhole, add, line);
  }));
  if (items.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(file->path, ": the file has no problems"));
  }
  return items;
}

absl::StatusOr<Selection> HumanEvalBenchmark::Select(const ProtocolSpec& protocol, int shots,
                                                     absl::Span<const Item> group) const {
  if (shots != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("human_eval has no examples, and ", shots, " shots are asked for; use 0"));
  }
  return Selection{{}, {group.begin(), group.end()}};
}

std::string HumanEvalBenchmark::RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                                             absl::Span<const Item> shots) const {
  std::string prompt(FieldOf(item, "prompt"));
  if (protocol.name == kLmEval) return prompt;
  if (protocol.name == kStarCoder) {
    return absl::StrCat("<fim_prefix>", prompt, "<fim_suffix><fim_middle>");
  }
  if (protocol.name == kStarChat) {
    return absl::StrCat("<|system|>\n<|end|>\n<|user|>", kRequest, prompt,
                        "<|end|>\n<|assistant|>");
  }
  return absl::StrCat(kRequest, prompt);
}

}  // namespace assay
