#include "common/benchmark/mmlu.h"

#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/benchmark/group_name.h"
#include "common/benchmark/mmlu_categories.h"
#include "common/benchmark/mmlu_file.h"
#include "common/benchmark/python_text.h"

namespace assay {
namespace {

constexpr absl::string_view kLmEval = "lm-eval";
constexpr absl::string_view kHeader =
    "The following are multiple choice questions (with answers) about ";

// The subject of "dev/<subject>_dev.csv" or "test/<subject>_test.csv" when `split` is that folder;
// empty for other paths.
absl::string_view SubjectOfPath(absl::string_view path, absl::string_view split) {
  if (!absl::ConsumePrefix(&path, absl::StrCat(split, "/")) ||
      !absl::ConsumeSuffix(&path, absl::StrCat("_", split, ".csv")) ||
      absl::StrContains(path, '/')) {
    return {};
  }
  return path;
}

struct SubjectFiles {
  const SourceFile* dev = nullptr;
  const SourceFile* test = nullptr;
};

absl::Status AddFile(absl::string_view split, const SourceFile& file,
                     const SourceFile* SubjectFiles::*member,
                     std::map<std::string, SubjectFiles>* subjects) {
  const absl::string_view subject = SubjectOfPath(file.path, split);
  if (subject.empty()) return absl::OkStatus();
  ASSAY_RETURN_IF_ERROR(CheckGroupName(file.path, subject));
  const SourceFile*& slot = (*subjects)[std::string(subject)].*member;
  if (slot != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(file.path, ": the file is there twice"));
  }
  slot = &file;
  return absl::OkStatus();
}

absl::Status CheckComplete(const std::string& subject, const SubjectFiles& files) {
  if (files.dev != nullptr && files.test != nullptr) return absl::OkStatus();
  const absl::string_view there = files.dev == nullptr ? "test" : "dev";
  const absl::string_view missing = files.dev == nullptr ? "dev" : "test";
  return absl::InvalidArgumentError(absl::StrCat(there, "/", subject, "_", there,
                                                 ".csv: its other half, ", missing, "/", subject,
                                                 "_", missing, ".csv, is missing"));
}

const std::string& Field(const Item& item, const std::string& name) {
  static const std::string* const kEmpty = new std::string;
  const auto field = item.fields.find(name);
  return field == item.fields.end() ? *kEmpty : field->second;
}

// The field as pandas reads it, which is stored only where it differs.
const std::string& PandasField(const Item& item, const std::string& name) {
  const auto field = item.fields.find(name + kPandasSuffix);
  return field == item.fields.end() ? Field(item, name) : field->second;
}

// The question and its choices, up to and with "Answer:".
std::string RenderInstructEvalQuestion(const Item& item) {
  std::string text = PandasField(item, "question");
  for (const std::string& choice : item.choices) {
    absl::StrAppend(&text, "\n", choice, ". ", PandasField(item, choice));
  }
  return absl::StrCat(text, "\nAnswer:");
}

std::string RenderLmEvalQuestion(const Item& item) {
  std::string text(PythonStrip(Field(item, "question")));
  for (const std::string& choice : item.choices) {
    absl::StrAppend(&text, "\n", choice, ". ", Field(item, choice));
  }
  return absl::StrCat(text, "\nAnswer:");
}

}  // namespace

absl::string_view MmluBenchmark::description() const {
  return "four-way questions by subject, in test/<subject>_test.csv and dev/<subject>_dev.csv";
}

const std::vector<ProtocolSpec>& MmluBenchmark::protocols() const {
  static const auto* const protocols = new std::vector<ProtocolSpec>{
      {.name = "instructeval",
       .version = 1,
       .shots = 5,
       .request_type = RequestType::kGenerate,
       .max_input = 2048,
       .max_output = 2,
       .grader = "starts_with",
       .averaging = Averaging::kMicro,
       .choice_prefix = ""},
      // Like lm-evaluation-harness, which has no limit on prompts but the model's context.
      {.name = std::string(kLmEval),
       .version = 2,
       .shots = 5,
       .request_type = RequestType::kScoreChoices,
       .max_input = 1 << 20,
       .max_output = 0,
       .grader = "max_loglikelihood",
       .averaging = Averaging::kMicro,
       .choice_prefix = " "},
  };
  return *protocols;
}

bool MmluBenchmark::IsDataFile(absl::string_view path) const {
  return !SubjectOfPath(path, "dev").empty() || !SubjectOfPath(path, "test").empty();
}

absl::StatusOr<std::vector<Item>> MmluBenchmark::Parse(absl::Span<const SourceFile> files) const {
  std::map<std::string, SubjectFiles> subjects;
  for (const SourceFile& file : files) {
    ASSAY_RETURN_IF_ERROR(AddFile("dev", file, &SubjectFiles::dev, &subjects));
    ASSAY_RETURN_IF_ERROR(AddFile("test", file, &SubjectFiles::test, &subjects));
  }
  if (subjects.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no file of benchmark mmlu; expected ", description()));
  }
  std::vector<Item> items;
  for (const auto& [subject, pair] : subjects) {
    ASSAY_RETURN_IF_ERROR(CheckComplete(subject, pair));
    ASSAY_RETURN_IF_ERROR(AppendMmluFile(*pair.dev, subject, "dev", &items));
    ASSAY_RETURN_IF_ERROR(AppendMmluFile(*pair.test, subject, "test", &items));
  }
  return items;
}

absl::StatusOr<Selection> MmluBenchmark::Select(const ProtocolSpec& protocol, int shots,
                                                absl::Span<const Item> group) const {
  if (shots < 0) {
    return absl::InvalidArgumentError(absl::StrCat("shots must be 0 or more, not ", shots));
  }
  Selection selection;
  int examples = 0;
  for (const Item& item : group) {
    if (item.split == "test") {
      selection.items.push_back(item);
    } else if (examples++ < shots) {
      selection.shots.push_back(item);
    }
  }
  if (examples < shots) {
    return absl::InvalidArgumentError(
        absl::StrCat("mmlu subject ", group.empty() ? "" : group.front().group, " has ", examples,
                     " examples in its dev file, and ", shots, " shots are asked for"));
  }
  return selection;
}

std::string MmluBenchmark::RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                                        absl::Span<const Item> shots) const {
  const bool lm_eval = protocol.name == kLmEval;
  const auto render = lm_eval ? RenderLmEvalQuestion : RenderInstructEvalQuestion;
  // INSTRUCTEVAL puts a space before each word of the subject, the first one included.
  std::string prompt = absl::StrCat(kHeader, lm_eval ? "" : " ",
                                    absl::StrReplaceAll(item.group, {{"_", " "}}), ".\n\n");
  for (const Item& shot : shots) absl::StrAppend(&prompt, render(shot), " ", shot.target, "\n\n");
  return absl::StrCat(prompt, render(item));
}

std::vector<std::string> MmluBenchmark::ParentGroups(absl::string_view group) const {
  const MmluCategory* category = FindMmluCategory(group);
  if (category == nullptr) return {};
  return {absl::StrCat("subcategory:", category->subcategory),
          absl::StrCat("category:", category->category)};
}

}  // namespace assay
