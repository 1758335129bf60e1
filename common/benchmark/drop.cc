#include "common/benchmark/drop.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/benchmark/data_text.h"
#include "common/benchmark/drop_file.h"
#include "common/benchmark/prompt_text.h"
#include "common/benchmark/python_random.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/single_file.h"

namespace assay {
namespace {

constexpr char kGroup[] = "drop";
constexpr char kF1Protocol[] = "drop-f1";
constexpr char kSpan[] = "span";
constexpr char kReferences[] = "references";

bool HasSpan(const Item& item) { return item.fields.count(kSpan) > 0; }

Item MakeItem(DropQuestion question) {
  Item item;
  item.id = absl::StrCat("drop/", question.name);
  item.group = kGroup;
  item.split = "test";
  item.fields["passage"] = std::move(question.passage);
  item.fields["question"] = std::move(question.question);
  if (!question.query_id.empty()) item.fields["query_id"] = std::move(question.query_id);
  const std::set<std::string> different(question.spans.begin(), question.spans.end());
  if (!question.references.empty()) {
    item.target = absl::StrJoin(question.references.front(), ", ");
    item.fields[kReferences] = nlohmann::json(question.references).dump();
  }
  if (different.size() == 1) {
    item.target = *different.begin();
    item.fields[kSpan] = item.target;
  }
  return item;
}

// Up to and with "Answer:".
std::string RenderQuestion(const Item& item) {
  return absl::StrCat(PythonStrip(FieldOf(item, "passage")), " ",
                      PythonStrip(FieldOf(item, "question")), "\nAnswer:");
}

}  // namespace

absl::string_view DropBenchmark::description() const {
  return "questions about passages, in one <name>.json such as drop_dataset_dev.json, or "
         "<name>.jsonl, plain or .gz";
}

const std::vector<ProtocolSpec>& DropBenchmark::protocols() const {
  static const auto* const protocols = new std::vector<ProtocolSpec>{
      {.name = "instructeval",
       .version = 1,
       .shots = 3,
       .request_type = RequestType::kGenerate,
       .max_input = 2048,
       .max_output = 8,
       .grader = "starts_with",
       .averaging = Averaging::kMicro,
       .choice_prefix = ""},
      {.name = kF1Protocol,
       .version = 1,
       .shots = 3,
       .request_type = RequestType::kGenerate,
       .max_input = 2048,
       .max_output = 32,
       .grader = "drop_f1",
       .averaging = Averaging::kMicro,
       .choice_prefix = "",
       .verdict_metric = "exact_match",
       .value_metric = "f1"},
  };
  return *protocols;
}

bool DropBenchmark::IsDataFile(absl::string_view path) const {
  const absl::string_view name = WithoutGzipSuffix(path);
  return !absl::StrContains(name, '/') && !absl::StartsWith(name, ".") &&
         (absl::EndsWith(name, ".json") || absl::EndsWith(name, ".jsonl"));
}

absl::StatusOr<std::vector<Item>> DropBenchmark::Parse(absl::Span<const SourceFile> files) const {
  ASSAY_ASSIGN_OR_RETURN(const SourceFile* file, SingleFile(*this, files));
  ASSAY_ASSIGN_OR_RETURN(std::vector<DropQuestion> questions, ParseDropFile(*file));
  std::vector<Item> items;
  items.reserve(questions.size());
  for (DropQuestion& question : questions) {
    Item& item = items.emplace_back(MakeItem(std::move(question)));
    item.ordinal = static_cast<int64_t>(items.size()) - 1;
  }
  return items;
}

absl::StatusOr<Selection> DropBenchmark::Select(const ProtocolSpec& protocol, int shots,
                                                absl::Span<const Item> group) const {
  if (shots < 0) {
    return absl::InvalidArgumentError(absl::StrCat("shots must be 0 or more, not ", shots));
  }
  std::vector<const Item*> with_span;
  for (const Item& item : group) {
    if (HasSpan(item)) with_span.push_back(&item);
  }
  const size_t count = static_cast<size_t>(shots);
  if (with_span.size() < count) {
    return absl::InvalidArgumentError(absl::StrCat("drop has ", with_span.size(),
                                                   " questions with one answer, and ", shots,
                                                   " shots are asked for"));
  }
  Selection selection;
  std::set<absl::string_view> passages;  // of the shots
  for (const size_t drawn : PythonRandom(0).Sample(with_span.size(), count)) {
    selection.shots.push_back(*with_span[drawn]);
    passages.insert(FieldOf(*with_span[drawn], "passage"));
  }
  const bool all = protocol.name == kF1Protocol;
  for (const Item& item : group) {
    const bool asked = all ? item.fields.count(kReferences) > 0 : HasSpan(item);
    if (asked && passages.count(FieldOf(item, "passage")) == 0) selection.items.push_back(item);
  }
  return selection;
}

std::string DropBenchmark::RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                                        absl::Span<const Item> shots) const {
  return RenderAfterShots(item, shots, RenderQuestion);
}

}  // namespace assay
