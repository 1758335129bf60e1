#include "common/benchmark/bbh.h"

#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/benchmark/bbh_file.h"
#include "common/benchmark/group_name.h"
#include "common/benchmark/prompt_text.h"

namespace assay {
namespace {

// The task of "<task>.json"; empty for other paths.
absl::string_view TaskOfPath(absl::string_view path) {
  if (absl::StrContains(path, '/') || !absl::ConsumeSuffix(&path, ".json")) return {};
  return path;
}

std::string RenderQuestion(const Item& item) {
  return absl::StrCat(FieldOf(item, "input"), "\nAnswer:");
}

}  // namespace

absl::string_view BbhBenchmark::description() const {
  return "tasks with short free-text answers, in <task>.json";
}

const std::vector<ProtocolSpec>& BbhBenchmark::protocols() const {
  static const auto* const protocols = new std::vector<ProtocolSpec>{
      {.name = "instructeval",
       .version = 1,
       .shots = 3,
       .request_type = RequestType::kGenerate,
       .max_input = 2048,
       .max_output = 32,
       .grader = "starts_with",
       .averaging = Averaging::kMacro,
       .choice_prefix = ""},
  };
  return *protocols;
}

bool BbhBenchmark::IsDataFile(absl::string_view path) const { return !TaskOfPath(path).empty(); }

absl::StatusOr<std::vector<Item>> BbhBenchmark::Parse(absl::Span<const SourceFile> files) const {
  std::map<absl::string_view, const SourceFile*> tasks;
  for (const SourceFile& file : files) {
    const absl::string_view task = TaskOfPath(file.path);
    if (task.empty()) continue;
    ASSAY_RETURN_IF_ERROR(CheckGroupName(file.path, task));
    if (!tasks.emplace(task, &file).second) {
      return absl::InvalidArgumentError(absl::StrCat(file.path, ": the task is there twice"));
    }
  }
  if (tasks.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no file of benchmark bbh; expected ", description()));
  }
  std::vector<Item> items;
  for (const auto& [task, file] : tasks) {
    ASSAY_ASSIGN_OR_RETURN(std::vector<BbhExample> examples, ParseBbhFile(*file));
    for (size_t i = 0; i < examples.size(); ++i) {
      Item item;
      item.id = absl::StrCat("bbh/", task, "/", i);
      item.group = std::string(task);
      item.split = "test";
      item.ordinal = static_cast<int64_t>(items.size());
      item.fields["input"] = std::move(examples[i].input);
      item.target = std::move(examples[i].target);
      items.push_back(std::move(item));
    }
  }
  return items;
}

absl::StatusOr<Selection> BbhBenchmark::Select(const ProtocolSpec& protocol, int shots,
                                               absl::Span<const Item> group) const {
  if (shots < 0) {
    return absl::InvalidArgumentError(absl::StrCat("shots must be 0 or more, not ", shots));
  }
  const size_t count = static_cast<size_t>(shots);
  if (group.size() < count) {
    return absl::InvalidArgumentError(
        absl::StrCat("bbh task ", group.empty() ? "" : group.front().group, " has ", group.size(),
                     " examples, and ", shots, " shots are asked for"));
  }
  return Selection{{group.begin(), group.begin() + count}, {group.begin() + count, group.end()}};
}

std::string BbhBenchmark::RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                                       absl::Span<const Item> shots) const {
  return RenderAfterShots(item, shots, RenderQuestion);
}

}  // namespace assay
