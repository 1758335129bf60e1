// Which of our items a document of lm-eval is.
#ifndef ASSAY_CLIENT_EXCHANGE_LM_EVAL_ITEMS_H_
#define ASSAY_CLIENT_EXCHANGE_LM_EVAL_ITEMS_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "assay/v1/evaluation_service.pb.h"
#include "client/exchange/columns.h"
#include "common/benchmark/benchmark.h"
#include "common/declaration/declaration.h"

namespace assay {

// The benchmark that a task of lm-eval is of, by its name: "mmlu_astronomy" is of mmlu. A user's is
// one of `names`, with the task's name or what it begins with. Empty when it is of none.
std::string BenchmarkOfTask(absl::string_view task, absl::Span<const std::string> names);

// Finds items by their content. Not thread-safe.
class LmEvalItems {
 public:
  // `benchmark` is one that BenchmarkOfTask gives. Examples are left out.
  LmEvalItems(std::shared_ptr<const Benchmark> benchmark, std::vector<v1::Item> items);
  LmEvalItems(const LmEvalItems&) = delete;

  // The item with the document's content: of mmlu question, choices and subject; of bbh the input;
  // of drop passage and question; of human_eval the task_id; of a user's benchmark the columns that
  // its declaration takes. White space around texts does not count. Of items that are alike, the
  // next in order. InvalidArgument for a document of another form, of no item, of an item that was
  // found before, or with another answer than ours.
  absl::StatusOr<const v1::Item*> Find(const ExchangeJson& doc);

 private:
  absl::StatusOr<std::string> KeyOf(const ExchangeJson& doc) const;
  std::string KeyOf(const v1::Item& item) const;

  absl::Status CheckTarget(const ExchangeJson& doc, const v1::Item& item) const;

  const std::shared_ptr<const Benchmark> benchmark_;
  const std::string name_;
  const ItemsDeclaration* const declared_;  // null: not a user's benchmark
  const std::vector<v1::Item> items_;
  std::map<std::string, std::deque<const v1::Item*>> by_key_;
};

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_LM_EVAL_ITEMS_H_
