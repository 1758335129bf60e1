#include "client/exchange/lm_eval_items.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/exchange/declared_items.h"
#include "common/base/status_macros.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/utf8.h"
#include "common/catalog/built_in.h"
#include "common/declaration/declared_benchmark.h"

namespace assay {
namespace {

// Between the parts of a key; no document holds it.
constexpr char kSeparator[] = "\x1f";

std::string FieldOf(const v1::Item& item, const std::string& name) {
  const auto found = item.fields().find(name);
  return found == item.fields().end() ? "" : std::string(PythonStrip(found->second));
}

absl::StatusOr<std::string> TextOf(const ExchangeJson& doc, const char* key) {
  const auto found = doc.find(key);
  if (found == doc.end() || !found->is_string()) {
    return absl::InvalidArgumentError(absl::StrCat("doc.", key, ": is no text"));
  }
  return std::string(PythonStrip(found->get_ref<const std::string&>()));
}

// "abstract_algebra" and "Abstract Algebra" are one subject.
std::string SubjectKey(absl::string_view subject) {
  std::string key;
  for (const char c : subject) key += c == ' ' || c == '-' ? '_' : absl::ascii_tolower(c);
  return key;
}

const ItemsDeclaration* DeclarationOf(const Benchmark& benchmark) {
  if (benchmark.source() == nullptr || benchmark.source()->built_in) return nullptr;
  const auto* declared = dynamic_cast<const DeclaredBenchmark*>(&benchmark);
  return declared == nullptr ? nullptr : &declared->declaration().items;
}

}  // namespace

std::string BenchmarkOfTask(absl::string_view task, absl::Span<const std::string> names) {
  std::string users;
  for (const std::string& name : names) {
    if (FindBenchmark(name).ok() || name.size() <= users.size()) continue;
    if (task == name || absl::StartsWith(task, name + "_")) users = name;
  }
  if (!users.empty()) return users;
  const auto is = [&task](absl::string_view name) {
    return task == name || absl::StartsWith(task, absl::StrCat(name, "_"));
  };
  if (is("mmlu") && !is("mmlu_pro") && !is("mmlu_redux")) return "mmlu";
  if (is("bbh") || absl::StartsWith(task, "leaderboard_bbh")) return "bbh";
  if (is("drop")) return "drop";
  if (is("humaneval") || is("human_eval")) return "human_eval";
  return "";
}

LmEvalItems::LmEvalItems(std::shared_ptr<const Benchmark> benchmark, std::vector<v1::Item> items)
    : benchmark_(std::move(benchmark)),
      name_(benchmark_->name()),
      declared_(DeclarationOf(*benchmark_)),
      items_(std::move(items)) {
  for (const v1::Item& item : items_) {
    if (item.split() == "test") by_key_[KeyOf(item)].push_back(&item);
  }
}

std::string LmEvalItems::KeyOf(const v1::Item& item) const {
  if (declared_ != nullptr) return DeclaredKey(*declared_, item);
  if (name_ == "mmlu") {
    std::string key = absl::StrCat(SubjectKey(item.group()), kSeparator, FieldOf(item, "question"));
    for (const std::string& label : item.choices()) {
      absl::StrAppend(&key, kSeparator, FieldOf(item, label));
    }
    return key;
  }
  if (name_ == "bbh") return FieldOf(item, "input");
  if (name_ == "drop") {
    return absl::StrCat(FieldOf(item, "passage"), kSeparator, FieldOf(item, "question"));
  }
  return FieldOf(item, "task_id");
}

absl::StatusOr<std::string> LmEvalItems::KeyOf(const ExchangeJson& doc) const {
  if (declared_ != nullptr) return DeclaredKey(*declared_, doc);
  if (name_ == "bbh") return TextOf(doc, "input");
  if (name_ == "human_eval") return TextOf(doc, "task_id");
  ASSAY_ASSIGN_OR_RETURN(const std::string question, TextOf(doc, "question"));
  if (name_ == "drop") {
    ASSAY_ASSIGN_OR_RETURN(const std::string passage, TextOf(doc, "passage"));
    return absl::StrCat(passage, kSeparator, question);
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string subject, TextOf(doc, "subject"));
  std::string key = absl::StrCat(SubjectKey(subject), kSeparator, question);
  const auto choices = doc.find("choices");
  if (choices == doc.end() || !choices->is_array()) {
    return absl::InvalidArgumentError("doc.choices: is no list");
  }
  for (const ExchangeJson& choice : *choices) {
    if (!choice.is_string()) return absl::InvalidArgumentError("doc.choices: is no list of texts");
    absl::StrAppend(&key, kSeparator, PythonStrip(choice.get_ref<const std::string&>()));
  }
  return key;
}

absl::StatusOr<const v1::Item*> LmEvalItems::Find(const ExchangeJson& doc) {
  if (!doc.is_object()) return absl::InvalidArgumentError("doc: is no object");
  ASSAY_ASSIGN_OR_RETURN(const std::string key, KeyOf(doc));
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the document is no item of the data set ", name_, ": ", Excerpt(key)));
  }
  if (found->second.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("the document is there twice: ", Excerpt(key)));
  }
  const v1::Item* item = found->second.front();
  found->second.pop_front();
  ASSAY_RETURN_IF_ERROR(CheckTarget(doc, *item));
  return item;
}

absl::Status LmEvalItems::CheckTarget(const ExchangeJson& doc, const v1::Item& item) const {
  if (declared_ != nullptr) return CheckDeclaredTarget(*declared_, doc, item);
  if (name_ == "mmlu") {
    const ExchangeJson answer = doc.value("answer", ExchangeJson());
    if (!answer.is_number_integer() || answer.get<int64_t>() < 0 ||
        answer.get<int64_t>() >= item.choices_size()) {
      return absl::InvalidArgumentError("doc.answer: is no choice's number");
    }
    if (item.choices(static_cast<int>(answer.get<int64_t>())) != item.target()) {
      return absl::InvalidArgumentError(
          absl::StrCat("doc.answer is not ours: item ", item.id(), " has ", item.target()));
    }
  } else if (name_ == "bbh") {
    ASSAY_ASSIGN_OR_RETURN(const std::string target, TextOf(doc, "target"));
    if (target != PythonStrip(item.target())) {
      return absl::InvalidArgumentError(
          absl::StrCat("doc.target is not ours: item ", item.id(), " has ", item.target()));
    }
  }
  return absl::OkStatus();
}

}  // namespace assay
