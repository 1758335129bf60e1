// Any bytes as samples that lm-eval writes: each line is refused, or its log-likelihoods are
// numbers, and its document is found among our items no more than once, or refused.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "client/exchange/lm_eval_items.h"
#include "client/exchange/lm_eval_sample.h"
#include "common/catalog/built_in.h"
#include "common/declaration/declared_benchmark.h"

namespace {

using assay::v1::Item;

// What the seeds' documents are of.
const char kDeclaration[] = R"(
name: sums
version: 1
description: sums
data: {files: "*.jsonl", format: jsonl}
items:
  fields: {story: story, asked: question.text}
  choices: {texts: options}
  target: {column: answer, is: index}
protocols:
  - {name: a, request: score_choices, prompt: "{story} {asked}\n{options}", grader: max_loglikelihood}
)";

Item MakeItem(const std::map<std::string, std::string>& fields, const std::string& group,
              const std::vector<std::string>& choices, const std::string& target) {
  Item item;
  item.set_id("item");
  item.set_group(group);
  item.set_split("test");
  item.set_target(target);
  for (const auto& [name, text] : fields) (*item.mutable_fields())[name] = text;
  for (const std::string& choice : choices) item.add_choices(choice);
  return item;
}

struct Known {
  std::shared_ptr<const assay::Benchmark> benchmark;
  std::vector<Item> items;
};

std::vector<Known> MakeKnown() {
  const auto built_in = [](const char* name) {
    return assay::Unowned(assay::FindBenchmark(name).value());
  };
  return {
      {built_in("mmlu"),
       {MakeItem({{"question", "2 + 2?"}, {"A", "3"}, {"B", "4"}, {"C", "5"}, {"D", "6"}}, "sums",
                 {"A", "B", "C", "D"}, "B")}},
      {built_in("bbh"), {MakeItem({{"input", "not True is"}}, "boolean_expressions", {}, "False")}},
      {built_in("drop"),
       {MakeItem({{"passage", "Ada has 2 pens."}, {"question", "How many pens?"}}, "drop", {},
                 "2")}},
      {built_in("human_eval"), {MakeItem({{"task_id", "Sample/0"}}, "human_eval", {}, "")}},
      {assay::DeclaredBenchmark::Read("sums.yaml", kDeclaration).value(),
       {MakeItem({{"story", "Ada has 2 pens."}, {"asked", "How many?"}, {"A", "1"}, {"B", "2"}},
                 "sums", {"A", "B"}, "B")}}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const known = new std::vector<Known>(MakeKnown());
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::deque<assay::LmEvalItems> finders;
  for (const Known& one : *known) finders.emplace_back(one.benchmark, one.items);
  std::vector<int> found(finders.size());
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::StatusOr<assay::LmEvalSample> sample = assay::ReadLmEvalSample(line);
    if (!sample.ok()) {
      // Bad input, and nothing else.
      if (sample.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
      continue;
    }
    if (sample->outputs.empty() == sample->loglikelihoods.empty()) std::abort();
    for (const double value : sample->loglikelihoods) {
      if (std::isnan(value)) std::abort();
    }
    if (!(sample->value >= 0 && sample->value <= 1)) std::abort();
    for (size_t i = 0; i < finders.size(); ++i) {
      const auto item = finders[i].Find(sample->doc);
      if (item.ok() && ++found[i] > 1) std::abort();
      if (!item.ok() && item.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    }
  }
  return 0;
}
